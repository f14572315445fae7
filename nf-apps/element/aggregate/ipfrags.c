/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments that wait for the first one of their datagram. Packets between the same two hosts never
 * overtake each other. */
#include <string.h>
#include "nf-apps/element/aggregate/ipflows.h"

enum { IPFRAGS_DROP };      /* the element's reason: no flow */
enum { IPFRAGS_KNOWN = 1 }; /* uk_netbuf.reserved of a held packet that has its number */

static void ipfrags_emit_port(struct nf_ipfrags_out *o, unsigned port)
{
	for (uint16_t at = 0, n; at < o->nb[port]; at = (uint16_t)(at + n)) {
		n = (uint16_t)(o->nb[port] - at);
		n = n < UK_BURST_MAX ? n : UK_BURST_MAX;
		if (port < o->e->nb_out)
			nf_element_emit(o->e, port, o->v[port] + at, n);
		else
			nf_element_drop(o->e, IPFRAGS_DROP, o->v[port] + at, n);
	}
}

void nf_ipfrags_emit(struct nf_ipfrags_out *o)
{
	ipfrags_emit_port(o, 0);
	ipfrags_emit_port(o, 1);
}

void nf_ipfrags_add(struct nf_ipfrags_out *o, unsigned port, struct uk_netbuf *p)
{
	p->reserved = 0;
	o->v[port][o->nb[port]++] = p;
}

/* The held packets were checked to have a whole IP header. */
static const struct nf_ip4 *ipfrags_ip(const struct uk_netbuf *p)
{
	return (const struct nf_ip4 *)(const void *)nf_packet_l3(p);
}

static bool ipfrags_same_pair(const struct nf_ip4 *x, const struct nf_ip4 *y)
{
	return (x->src == y->src && x->dst == y->dst) || (x->src == y->dst && x->dst == y->src);
}

static struct nf_ipfrags_id *ipfrags_place(const struct nf_ipflows *s, const struct nf_ip4 *ip)
{
	uint32_t h = (ip->src ^ ip->dst * 0x9e3779b1u ^ (uint32_t)ip->id << 16 ^ ip->proto) *
		     0x85ebca6bu;

	return (struct nf_ipfrags_id *)(uintptr_t)&s->ids[h >> 24 & (NF_IPFRAGS_IDS - 1)];
}

void nf_ipfrags_first(struct nf_ipflows *s, const struct nf_ip4 *ip, uint32_t aggregate,
	uint8_t paint, uint64_t now_ns)
{
	*ipfrags_place(s, ip) = (struct nf_ipfrags_id){ .src = ip->src,
		.dst = ip->dst,
		.id = ip->id,
		.proto = ip->proto,
		.paint = paint,
		.aggregate = aggregate,
		.at_ns = now_ns };
}

int nf_ipfrags_later(
	const struct nf_ipflows *s, const struct nf_ip4 *ip, uint64_t now_ns, uint32_t *aggregate)
{
	const struct nf_ipfrags_id *f = ipfrags_place(s, ip);

	if (f->at_ns == 0 || f->src != ip->src || f->dst != ip->dst || f->id != ip->id ||
		f->proto != ip->proto || (now_ns > f->at_ns && now_ns - f->at_ns > s->fragment_ns))
		return -1;
	*aggregate = f->aggregate;
	return f->paint;
}

bool nf_ipfrags_waits(const struct nf_ipflows *s, const struct nf_ip4 *ip)
{
	for (uint32_t i = 0; i < s->nb_held; i++) {
		if (ipfrags_same_pair(ipfrags_ip(s->held[i]), ip))
			return true;
	}
	return false;
}

void nf_ipfrags_hold(struct nf_ipflows *s, struct nf_ipfrags_out *o, struct uk_netbuf *p,
	bool known, uint64_t now_ns)
{
	if (s->nb_held == NF_IPFRAGS_HELD) { /* the oldest has waited for long enough */
		nf_ipfrags_add(o, s->held[0]->reserved == IPFRAGS_KNOWN ? 0 : 1, s->held[0]);
		s->nb_held--;
		memmove(s->held, s->held + 1, s->nb_held * sizeof(*s->held));
		memmove(s->held_ns, s->held_ns + 1, s->nb_held * sizeof(*s->held_ns));
	}
	p->reserved = known ? IPFRAGS_KNOWN : 0;
	s->held_ns[s->nb_held] = now_ns;
	s->held[s->nb_held++] = p;
}

/* Looks for the number of a held one. */
static bool ipfrags_learn(struct nf_ipflows *s, struct uk_netbuf *p, uint64_t now_ns)
{
	uint32_t aggregate;
	int paint;

	if (p->reserved == IPFRAGS_KNOWN)
		return true;
	paint = nf_ipfrags_later(s, ipfrags_ip(p), now_ns, &aggregate);
	if (paint < 0)
		return false;
	nf_packet_set_anno_u32(p, NF_ANNO_AGGREGATE, aggregate);
	nf_packet_set_anno_u8(p, NF_ANNO_PAINT, (uint8_t)paint);
	p->reserved = IPFRAGS_KNOWN;
	return true;
}

void nf_ipfrags_release(struct nf_ipflows *s, struct nf_ipfrags_out *o, uint64_t now_ns, bool all)
{
	uint32_t nb = 0;

	for (uint32_t i = 0; i < s->nb_held; i++) {
		struct uk_netbuf *p = s->held[i];
		uint64_t came = s->held_ns[i];
		bool known = ipfrags_learn(s, p, now_ns), stuck = false;

		for (uint32_t k = 0; k < nb && !all; k++)
			stuck |= ipfrags_same_pair(ipfrags_ip(s->held[k]), ipfrags_ip(p));
		if (known && !stuck)
			nf_ipfrags_add(o, 0, p);
		else if (all || (now_ns > came && now_ns - came > s->fragment_ns))
			nf_ipfrags_add(o, known ? 0 : 1, p);
		else {
			s->held_ns[nb] = came;
			s->held[nb++] = p;
		}
	}
	s->nb_held = nb;
}
