/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet path of rewriters for TCP and UDP: IPRewriter, TCPRewriter and UDPRewriter are this
 * with constants. A burst goes through three loops: headers are read, keys hashed and buckets asked
 * for; tags compared and entries asked for; flows checked and packets rewritten.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_RWPUSH_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_RWPUSH_H

#include "nf-apps/element/rewrite/rwbase.h"

/* TCP's state: two bits each, by direction. */
#define NF_RWPUSH_DONE_BOTH 3u
#define NF_RWPUSH_DATA_BOTH 12u
/* UDP's: twice the packets until there were three, and whether there was a reply. */
#define NF_RWPUSH_UDP_MANY 6u

#define NF_RWPUSH_DCCP 33 /* RFC 4340: ports where UDP's are, the checksum at 6 */

enum nf_rwpush_kind {
	NF_RWPUSH_TCP,     /* TCP only */
	NF_RWPUSH_UDP,     /* UDP, TCP and DCCP, all as if UDP */
	NF_RWPUSH_TCP_UDP, /* both, each its own way */
};

/* Header bytes that a protocol's packet must have; 0: it is none of this rewriter's. */
UK_INLINE uint32_t nf_rwpush_need(enum nf_rwpush_kind kind, uint8_t proto)
{
	if (proto == NF_IP_TCP)
		return kind == NF_RWPUSH_UDP ? 18 : 20;
	if (kind != NF_RWPUSH_TCP && proto == NF_IP_UDP)
		return 8;
	return kind == NF_RWPUSH_UDP && proto == NF_RWPUSH_DCCP ? 8 : 0;
}

/* The IPv4 header of p with the whole header, or NULL. *left: bytes from there to the packet's end.
 */
UK_INLINE struct nf_ip4 *nf_rwpush_ip(const struct uk_netbuf *p, uint32_t *hlen, uint32_t *left)
{
	uint32_t end = uk_netbuf_headroom(p) + p->len;
	struct nf_ip4 *ip = (struct nf_ip4 *)(void *)(p->buf + p->l3_off);

	if (UK_UNLIKELY(p->l3_off + 28u > end))
		return NULL;
	*hlen = 20;
	*left = end - p->l3_off;
	if (UK_LIKELY(ip->vhl == 0x45))
		return ip;
	*hlen = nf_inet_ip4_hlen(ip);
	return ip->vhl >> 4 == 4 && *hlen >= 20 && *hlen + 8 <= *left ? ip : NULL;
}

/* The key of a first fragment of a protocol of ours; false: not for us. */
UK_INLINE bool nf_rwpush_key(const struct uk_netbuf *p, enum nf_rwpush_kind kind, uint8_t owner,
	struct nf_rwkey *k, uint8_t **l4)
{
	uint32_t hlen = 0, left = 0, need;
	struct nf_ip4 *ip = nf_rwpush_ip(p, &hlen, &left);
	uint64_t addrs, rest;
	uint32_t ports;

	if (UK_UNLIKELY(ip == NULL || !nf_inet_ip4_is_first(ip)))
		return false;
	need = nf_rwpush_need(kind, ip->proto);
	if (UK_UNLIKELY(need == 0 || hlen + need > left))
		return false;
	*l4 = (uint8_t *)ip + hlen;
	memcpy(&addrs, &ip->src, 8);
	memcpy(&ports, *l4, 4);
	rest = ports | (uint64_t)ip->proto << 32 | (uint64_t)owner << 40;
	memcpy(k, &addrs, 8);
	memcpy((uint8_t *)k + 8, &rest, 8);
	return true;
}

/* RFC 1624, equation 3, with the difference known. */
UK_INLINE nf_be16 nf_rwpush_csum(nf_be16 csum, uint16_t delta)
{
	uint32_t sum = (uint16_t)~csum + (uint32_t)delta;

	return (nf_be16) ~(sum + (sum >> 16));
}

/* Addresses of the header and its checksum. */
UK_INLINE void nf_rwpush_addrs(struct nf_ip4 *ip, const struct nf_rwflow *f, unsigned dir)
{
	uint64_t addrs;

	memcpy(&addrs, &f->key[!dir].src, 8);
	addrs = addrs >> 32 | addrs << 32;
	memcpy(&ip->src, &addrs, 8);
	ip->csum = nf_rwpush_csum(ip->csum, f->ip_delta ^ (uint16_t)-dir);
}

UK_INLINE void nf_rwpush_ports(uint8_t *l4, const struct nf_rwflow *f, unsigned dir)
{
	uint32_t ports;

	memcpy(&ports, &f->key[!dir].sport, 4);
	ports = ports >> 16 | ports << 16;
	memcpy(l4, &ports, 4);
}

/* UDP: 0 is "no checksum" and stays; a sum of 0 is written as 0xffff (RFC 768). */
UK_INLINE void nf_rwpush_udp_csum(struct nf_udp *udp, uint16_t delta)
{
	nf_be16 csum;

	if (udp->csum == 0)
		return;
	csum = nf_rwpush_csum(udp->csum, delta);
	udp->csum = csum != 0 ? csum : 0xffff;
}

UK_INLINE void nf_rwpush_l4_csum(uint8_t *l4, uint8_t proto, uint16_t delta)
{
	struct nf_tcp *tcp = (struct nf_tcp *)(void *)l4;
	struct nf_udp *udp = (struct nf_udp *)(void *)l4;

	if (proto == NF_IP_UDP)
		nf_rwpush_udp_csum(udp, delta);
	else if (proto == NF_IP_TCP)
		tcp->csum = nf_rwpush_csum(tcp->csum, delta);
	else
		udp->csum = nf_rwpush_csum(udp->csum, delta);
}

UK_INLINE unsigned nf_rwpush_tcp_class(unsigned state)
{
	if ((state & NF_RWPUSH_DONE_BOTH) == NF_RWPUSH_DONE_BOTH)
		return 2;
	return (state & NF_RWPUSH_DATA_BOTH) == NF_RWPUSH_DATA_BOTH ? 1 : 0;
}

UK_INLINE unsigned nf_rwpush_udp_class(unsigned state)
{
	return state > NF_RWPUSH_UDP_MANY ? 1 : 0;
}

UK_INLINE unsigned nf_rwpush_udp_state(unsigned state, unsigned dir)
{
	state |= dir;
	return state < NF_RWPUSH_UDP_MANY ? state + 2 : state;
}

/* FIN in both directions or RST ends a flow; data or SYN make it live again. */
UK_INLINE unsigned nf_rwpush_tcp_state(
	unsigned state, const struct nf_ip4 *ip, const struct nf_tcp *tcp, unsigned dir)
{
	bool data = nf_inet_ip4_hlen(ip) + (tcp->off >> 4) * 4u < nf_inet_ntoh16(ip->len);

	if (UK_UNLIKELY(tcp->flags & NF_TCP_RST))
		state |= NF_RWPUSH_DONE_BOTH;
	else if (UK_UNLIKELY(tcp->flags & NF_TCP_FIN))
		state |= 1u << dir;
	else if (data || (tcp->flags & NF_TCP_SYN))
		state &= ~(1u << dir);
	return data ? state | 4u << dir : state;
}

/* Rare: the flow's state is another one, perhaps its class as well. */
void nf_rwpush_change(struct nf_rwbase *rw, uint32_t entry, unsigned state, unsigned class_nr);

/* Rewrites one packet of a flow and notes its time. Returns its output. */
UK_INLINE int nf_rwpush_apply(struct nf_rwbase *rw, const struct nf_rwconf *c,
	enum nf_rwpush_kind kind, uint32_t ref, uint32_t now, struct uk_netbuf *p, uint8_t *l4)
{
	struct nf_ip4 *ip = (struct nf_ip4 *)(void *)(p->buf + p->l3_off);
	struct nf_rwflow *f = nf_rwset_flow(rw->set, ref >> 1);
	unsigned dir = ref & 1, was = f->age.user[NF_RWFLOW_STATE], state;
	bool tcp = kind == NF_RWPUSH_TCP || (kind == NF_RWPUSH_TCP_UDP && ip->proto == NF_IP_TCP);

	nf_rwpush_addrs(ip, f, dir);
	nf_rwpush_ports(l4, f, dir);
	nf_rwpush_l4_csum(
		l4, kind == NF_RWPUSH_TCP ? NF_IP_TCP : ip->proto, f->l4_delta ^ (uint16_t)-dir);
	if (tcp) {
		state = nf_rwpush_tcp_state(was, ip, (const struct nf_tcp *)(void *)l4, dir);
		if (UK_UNLIKELY(f->seq != 0))
			nf_rwseq_apply(nf_rwset_seq(rw->set, f), dir, (struct nf_tcp *)(void *)l4,
				(uint32_t)(p->data + p->len - l4));
	} else {
		state = nf_rwpush_udp_state(was, dir);
	}
	f->age.last = now;
	if (UK_UNLIKELY(state != was))
		nf_rwpush_change(rw, ref >> 1, state,
			tcp ? nf_rwpush_tcp_class(state)
			    : nf_rwpush_udp_class(state) + (kind == NF_RWPUSH_TCP_UDP ? 3 : 0));
	if (c->dst_anno)
		nf_packet_set_dst_ip(p, ip->dst);
	if (c->reply_anno && dir)
		nf_packet_set_anno_u8(p, c->reply_at, f->age.user[NF_RWFLOW_ANNO]);
	return f->out[dir];
}

/* A packet that has no key goes on only where the input lets everything pass. */
UK_INLINE int nf_rwpush_other(const struct nf_rwbase *rw, unsigned port)
{
	const struct nf_rwinput *in = &rw->input[port];

	return in->kind == NF_RWBASE_PASS ? in->out[0] : NF_DROP(NF_RWBASE_NOT_FOR_US);
}

/* Without a flow so far, or with one that may be gone since. Returns NF_KEPT with *ref, or its way.
 */
int nf_rwpush_find(struct nf_rwbase *rw, const struct nf_rwconf *c, unsigned port,
	const struct nf_rwkey *k, struct uk_netbuf *p, uint32_t *ref);

UK_INLINE void nf_rwpush_emit(
	struct nf_element *e, struct uk_netbuf **v, const int16_t to[], uint16_t n, int differ)
{
	if (UK_LIKELY(differ == 0 && to[0] >= 0))
		nf_element_emit(e, (unsigned)to[0], v, n);
	else
		nf_element_spread(e, v, to, n);
}

UK_INLINE void nf_rwpush(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n,
	enum nf_rwpush_kind kind)
{
	struct nf_rwbase *rw = e->state;
	const struct nf_rwconf *c = e->conf;
	const struct nf_flowtable *t = &rw->set->flows;
	const struct nf_flowtable_bucket *b[UK_BURST_MAX];
	struct nf_rwkey key[UK_BURST_MAX];
	uint64_t hash[UK_BURST_MAX], changes = t->changes;
	uint8_t *l4[UK_BURST_MAX];
	uint32_t ref[UK_BURST_MAX], now = nf_rwset_now(e->core);
	int16_t to[UK_BURST_MAX];
	int differ = 0;

	to[0] = 0;
	for (uint16_t i = 0; i < n; i++) {
		b[i] = NULL;
		if (UK_UNLIKELY(!nf_rwpush_key(v[i], kind, rw->owner, &key[i], &l4[i])))
			continue;
		hash[i] = nf_flowtable_hash(t, &key[i], sizeof(key[i]));
		b[i] = nf_flowtable_bucket(t, hash[i]);
		__builtin_prefetch(b[i]);
	}
	for (uint16_t i = 0; i < n; i++) {
		ref[i] = UK_LIKELY(b[i] != NULL) ? nf_flowtable_guess(b[i], hash[i])
						 : NF_FLOWTABLE_NONE;
		if (UK_LIKELY(ref[i] != NF_FLOWTABLE_NONE))
			__builtin_prefetch(nf_rwset_flow(rw->set, ref[i] >> 1));
	}
	for (uint16_t i = 0; i < n; i++) {
		int way = NF_KEPT;

		if (UK_UNLIKELY(b[i] == NULL))
			way = nf_rwpush_other(rw, port);
		else if (UK_UNLIKELY(ref[i] == NF_FLOWTABLE_NONE || changes != t->changes ||
				     !nf_flowtable_check(nf_rwset_flow(rw->set, ref[i] >> 1),
					     ref[i], &key[i], sizeof(key[i]))))
			way = nf_rwpush_find(rw, c, port, &key[i], v[i], &ref[i]);
		if (UK_LIKELY(way == NF_KEPT))
			way = nf_rwpush_apply(rw, c, kind, ref[i], now, v[i], l4[i]);
		to[i] = (int16_t)way;
		differ |= to[i] ^ to[0];
	}
	nf_rwpush_emit(e, v, to, n, differ);
}

#endif
