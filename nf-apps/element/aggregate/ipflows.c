/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "nf-apps/element/aggregate/ipflows.h"

#define IPFLOWS_LOOKS      4u /* flows that each new one looks at for some that are over */
#define IPFLOWS_LOOKS_FULL 64u

static struct nf_ipflows_flow *ipflows_flow(const struct nf_ipflows *s, uint32_t entry)
{
	return nf_steparray_item(
		&s->flows.entries, entry, NF_FLOWTABLE_SHIFT, sizeof(struct nf_ipflows_flow));
}

static bool ipflows_is_over(
	const struct nf_ipflows *s, const struct nf_ipflows_flow *f, uint64_t now_ns)
{
	uint64_t most = f->key.proto == NF_IP_UDP ? s->udp_ns
			: f->over == 3            ? s->tcp_done_ns
						  : s->tcp_ns;

	return now_ns > f->last_ns && now_ns - f->last_ns > most;
}

static void ipflows_reap(struct nf_ipflows *s, uint64_t now_ns, uint32_t looks)
{
	for (uint32_t i = 0; i < looks && i < s->flows.nb_fresh; i++) {
		const struct nf_ipflows_flow *f;

		s->hand = s->hand + 1 < s->flows.nb_fresh ? s->hand + 1 : 0;
		f = ipflows_flow(s, s->hand);
		if (f->key.used && ipflows_is_over(s, f, now_ns)) {
			(void)nf_flowtable_unlink(&s->flows, s->hand, 0);
			nf_flowtable_put(&s->flows, s->hand);
		}
	}
}

static struct nf_ipflows_flow *ipflows_new(
	struct nf_ipflows *s, const struct nf_ipflows_key *key, uint64_t now_ns)
{
	uint32_t entry = NF_FLOWTABLE_NONE;
	struct nf_ipflows_flow *f;

	ipflows_reap(
		s, now_ns, s->flows.nb_entries < s->capacity ? IPFLOWS_LOOKS : IPFLOWS_LOOKS_FULL);
	if (s->flows.nb_entries < s->capacity)
		entry = nf_flowtable_alloc(&s->flows);
	if (entry == NF_FLOWTABLE_NONE) {
		s->nb_full++;
		return NULL;
	}
	f = ipflows_flow(s, entry);
	f->key = *key;
	if (nf_flowtable_link(&s->flows, entry, 0))
		return f;
	nf_flowtable_put(&s->flows, entry);
	s->nb_full++;
	return NULL;
}

/* Key of the packet; returns whether it comes from b. */
static bool ipflows_key(const struct nf_ip4 *ip, const uint8_t ports[4], struct nf_ipflows_key *key)
{
	uint32_t src = ip->src, dst = ip->dst;
	uint16_t sport, dport;
	bool from_b;

	memcpy(&sport, ports, 2);
	memcpy(&dport, ports + 2, 2);
	from_b = src != dst ? src > dst : sport > dport;
	*key = (struct nf_ipflows_key){ .a = from_b ? dst : src,
		.b = from_b ? src : dst,
		.a_port = from_b ? dport : sport,
		.b_port = from_b ? sport : dport,
		.proto = ip->proto,
		.used = 1 };
	return from_b;
}

int nf_ipflows_find(struct nf_ipflows *s, const struct nf_ip4 *ip, const uint8_t ports[4],
	uint8_t flags, uint64_t now_ns, bool make, uint32_t *aggregate)
{
	struct nf_ipflows_key key;
	bool from_b = ipflows_key(ip, ports, &key);
	uint32_t ref = nf_flowtable_find(&s->flows, &key);
	struct nf_ipflows_flow *f = ref != NF_FLOWTABLE_NONE ? ipflows_flow(s, ref >> 1) : NULL;
	uint8_t paint;

	if (!make && (f == NULL || ipflows_is_over(s, f, now_ns)))
		return -1;
	/* after both FINs, a SYN is the next connection between these ports */
	if (f == NULL || ipflows_is_over(s, f, now_ns) ||
		(make && f->over == 3 && (flags & (NF_TCP_SYN | NF_TCP_ACK)) == NF_TCP_SYN)) {
		if (f == NULL)
			f = ipflows_new(s, &key, now_ns);
		if (f == NULL)
			return -1;
		f->aggregate = s->next++;
		f->reverse = from_b;
		f->over = 0;
	}
	paint = f->reverse != from_b;
	*aggregate = f->aggregate;
	if (!make)
		return paint;
	f->last_ns = now_ns;
	if (flags & NF_TCP_RST)
		f->over = 3;
	else if (flags & NF_TCP_FIN)
		f->over |= (uint8_t)(1u << paint);
	return paint;
}
