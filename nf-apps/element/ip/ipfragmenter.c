/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPFragmenter(MTU [, HONOR_DF, VERBOSE, keyword HEADROOM])
 *
 * Cuts IP packets of more than MTU bytes into fragments (RFC 791, 3.2), which leave by output 0 in
 * their order. Others pass unchanged. A packet that must not be fragmented leaves unchanged by
 * output 1, usually to an ICMPError(..., unreachable, needfrag), or is dropped if there is none;
 * so does one with an MTU of no use. The fragments have the packet's annotations. What stands
 * before the IP header stays with the first fragment only: strip it before.
 *
 *	MTU       bytes of an IP packet, at least 8
 *	HONOR_DF  boolean: false cuts packets whose DF bit is set, too; as their identification
 *	          need not be unique (RFC 6864), they get a random one. Default true
 *	VERBOSE   boolean: report each packet that can not be cut, not just the first 5. Default
 *	          false
 *	HEADROOM  bytes of room before the fragments. Default: as in a received packet
 *
 * Ports: 1 input; 1 or 2 outputs; all push. Packets have their IP header marked.
 * Handlers: drops (r): packets that could not be cut; fragments (r): fragments made.
 * Drops: fragmentation needed; bad length: of the IP packet; no buffer.
 *
 *	... -> f :: IPFragmenter(1400) -> ...;
 *	f[1] -> ICMPError(10.0.0.1, unreachable, needfrag, PMTU 1400) -> ...
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/ipopt.h"
#include "nf-apps/element/ip/ipsay.h"

enum { IPFRAGMENTER_NEEDED, IPFRAGMENTER_LENGTH, IPFRAGMENTER_NO_BUFFER };

#define IPFRAGMENTER_MTU_MIN      8u
#define IPFRAGMENTER_TOLD_MAX     5u
#define IPFRAGMENTER_HEADROOM_MAX 1024u

struct ipfragmenter_conf {
	uint32_t mtu, headroom;
	bool honor_df, verbose;
};

struct ipfragmenter_state {
	uint64_t nb_drops, nb_fragments;
};

/* Packets on their way to output 0. */
struct ipfragmenter_out {
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t n;
};

/* One packet that is being cut. */
struct ipfragmenter_work {
	struct uk_netbuf *p;
	struct nf_ip4 *ip;
	uint32_t hlen, len; /* header; all of the payload */
	struct nf_ip4 rest; /* header of the fragments behind the first */
	uint8_t opt[NF_IPOPT_MAX];
	uint32_t optlen;
};

static int ipfragmenter_configure(struct nf_element *e, struct nf_args *a)
{
	struct ipfragmenter_conf *c = e->conf;

	c->honor_df = true;
	nf_args_u32(a, "MTU", NF_ARGS_POS | NF_ARGS_MUST, &c->mtu);
	nf_args_bool(a, "HONOR_DF", NF_ARGS_POS, &c->honor_df);
	nf_args_bool(a, "VERBOSE", NF_ARGS_POS, &c->verbose);
	nf_args_u32(a, "HEADROOM", 0, &c->headroom);
	if (c->mtu < IPFRAGMENTER_MTU_MIN && a->nb_errors == 0)
		nf_args_error(a, "MTU must be at least %u", IPFRAGMENTER_MTU_MIN);
	if (c->headroom > IPFRAGMENTER_HEADROOM_MAX)
		nf_args_error(a, "HEADROOM: at most %u", IPFRAGMENTER_HEADROOM_MAX);
	return nf_args_end(a);
}

static void ipfragmenter_take_state(struct nf_element *e, struct nf_element *old)
{
	struct ipfragmenter_state *s = e->state, *was = old->state;

	s->nb_drops += was->nb_drops;
	s->nb_fragments += was->nb_fragments;
}

static void ipfragmenter_add(
	struct nf_element *e, struct ipfragmenter_out *out, struct uk_netbuf *p)
{
	out->v[out->n++] = p;
	if (out->n == UK_BURST_MAX) {
		nf_element_emit(e, 0, out->v, out->n);
		out->n = 0;
	}
}

/* The packet can not be cut. */
static void ipfragmenter_needed(
	struct nf_element *e, const struct ipfragmenter_conf *c, struct uk_netbuf *p)
{
	struct ipfragmenter_state *s = e->state;
	const struct nf_ip4 *ip = nf_ip4_hdr(p);
	char src[NF_ADDR_IP4_LEN], dst[NF_ADDR_IP4_LEN];

	if (c->verbose || s->nb_drops < IPFRAGMENTER_TOLD_MAX)
		nf_ipsay(e, "MTU %u: can not fragment %s > %s len=%u", c->mtu,
			nf_addr_print_ip4(ip->src, src), nf_addr_print_ip4(ip->dst, dst), p->len);
	s->nb_drops++;
	if (e->nb_out > 1)
		nf_element_emit_one(e, 1, p);
	else
		nf_element_drop_one(e, IPFRAGMENTER_NEEDED, p);
}

/* The fragment of `len` payload bytes from `off` on, not the first. NULL: no buffer. */
static struct uk_netbuf *ipfragmenter_rest(struct nf_element *e, const struct ipfragmenter_conf *c,
	const struct ipfragmenter_work *w, uint32_t off, uint32_t len)
{
	uint32_t hlen = NF_IP4_HLEN + w->optlen;
	struct uk_netbuf *q = nf_packet_alloc(&e->core->pools, c->headroom, hlen + len);
	uint16_t bits = nf_inet_ntoh16(w->rest.off);
	struct nf_ip4 *ip;

	if (q == NULL)
		return NULL;
	*nf_packet_anno(q) = *nf_packet_anno(w->p);
	ip = (struct nf_ip4 *)(void *)q->data;
	*ip = w->rest;
	memcpy(ip + 1, w->opt, w->optlen);
	memcpy(q->data + hlen, (const uint8_t *)w->ip + w->hlen + off, len);
	/* the last one is followed by more if the packet was */
	if (off + len < w->len)
		bits |= NF_IP_MF;
	ip->off = nf_inet_hton16((uint16_t)(bits + off / 8));
	ip->len = nf_inet_hton16((uint16_t)(hlen + len));
	nf_ip4_set_csum(ip, hlen);
	nf_ip4_mark(q, q->data, hlen);
	return q;
}

/* All fragments but the first, linked by next. False: no buffer, and there are none. */
static bool ipfragmenter_rests(struct nf_element *e, const struct ipfragmenter_conf *c,
	const struct ipfragmenter_work *w, uint32_t off, struct uk_netbuf **head)
{
	uint32_t most = (c->mtu - NF_IP4_HLEN - w->optlen) & ~7u;
	struct uk_netbuf **at = head;

	for (*head = NULL; off < w->len; off += most) {
		uint32_t left = w->len - off;

		*at = ipfragmenter_rest(e, c, w, off, left < most ? left : most);
		if (*at == NULL) {
			if (*head != NULL)
				uk_netbuf_free(*head);
			return false;
		}
		at = &(*at)->next;
	}
	return true;
}

static void ipfragmenter_cut(struct nf_element *e, const struct ipfragmenter_conf *c,
	struct ipfragmenter_out *out, struct ipfragmenter_work *w, uint32_t first)
{
	struct ipfragmenter_state *s = e->state;
	struct uk_netbuf *q, *next;

	if ((w->ip->off & nf_inet_hton16(NF_IP_DF)) != 0) {
		w->ip->id = (nf_be16)nf_core_random(e->core);
		w->ip->off &= (nf_be16)~nf_inet_hton16(NF_IP_DF);
	}
	w->rest = *w->ip;
	w->optlen = nf_ipopt_copy(w->ip, w->hlen, w->opt);
	w->rest.vhl = (uint8_t)(0x40 | (NF_IP4_HLEN + w->optlen) / 4);
	if (!ipfragmenter_rests(e, c, w, first, &q)) {
		nf_element_drop_one(e, IPFRAGMENTER_NO_BUFFER, w->p);
		return;
	}
	w->ip->len = nf_inet_hton16((uint16_t)(w->hlen + first));
	w->ip->off |= nf_inet_hton16(NF_IP_MF);
	nf_ip4_set_csum(w->ip, w->hlen);
	nf_packet_take(w->p, w->len - first);
	s->nb_fragments++;
	ipfragmenter_add(e, out, w->p);
	for (; q != NULL; q = next) {
		next = q->next;
		q->next = NULL;
		s->nb_fragments++;
		ipfragmenter_add(e, out, q);
	}
}

static void ipfragmenter_large(struct nf_element *e, const struct ipfragmenter_conf *c,
	struct ipfragmenter_out *out, struct uk_netbuf *p)
{
	struct ipfragmenter_work w = { .p = p };
	uint32_t iplen, end = nf_ip4_end(p), first;

	w.ip = nf_ip4_hdr_whole(p, &w.hlen);
	iplen = w.ip != NULL ? nf_inet_ntoh16(w.ip->len) : 0;
	/* the last fragment of a datagram has to end below 64 KiB */
	if (w.ip == NULL || iplen < w.hlen || iplen > end - p->l3_off ||
		(nf_inet_ntoh16(w.ip->off) & NF_IP_OFFSET) * 8u + iplen > NF_IP4_LEN_MAX + w.hlen) {
		nf_element_drop_one(e, IPFRAGMENTER_LENGTH, p);
		return;
	}
	if ((uint8_t *)w.ip < p->data) { /* a stripped header comes back */
		p->data = (uint8_t *)w.ip;
		p->len = end - p->l3_off;
	}
	nf_packet_take(p, end - p->l3_off - iplen); /* what is behind the IP packet */
	w.len = iplen - w.hlen;
	first = c->mtu > w.hlen ? (c->mtu - w.hlen) & ~7u : 0;
	if (iplen <= c->mtu)
		ipfragmenter_add(e, out, p);
	else if (first < 8 || (c->honor_df && (w.ip->off & nf_inet_hton16(NF_IP_DF)) != 0))
		ipfragmenter_needed(e, c, p);
	else
		ipfragmenter_cut(e, c, out, &w, first);
}

static void ipfragmenter_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	const struct ipfragmenter_conf *c = e->conf;
	struct ipfragmenter_out out = { .n = 0 };

	for (uint16_t i = 0; i < n; i++) {
		if (UK_LIKELY(nf_ip4_hdr(v[i]) != NULL && nf_ip4_left(v[i]) <= c->mtu))
			ipfragmenter_add(e, &out, v[i]);
		else
			ipfragmenter_large(e, c, &out, v[i]);
	}
	nf_element_emit(e, 0, out.v, out.n);
}

const struct nf_class nf_ipfragmenter = {
	.name = "IPFragmenter",
	.ports = "1/1-2",
	.processing = "h/h",
	.conf_size = sizeof(struct ipfragmenter_conf),
	.state_size = sizeof(struct ipfragmenter_state),
	.configure = ipfragmenter_configure,
	.push = ipfragmenter_push,
	.drops = (const char *const[]){ "fragmentation needed", "bad length", "no buffer", NULL },
	.handlers = (const struct nf_handler[]){ NF_HANDLER_U64("drops", struct ipfragmenter_state,
							 nb_drops),
		NF_HANDLER_U64("fragments", struct ipfragmenter_state, nb_fragments),
		{ .name = NULL } },
	.take_state = ipfragmenter_take_state,
};
