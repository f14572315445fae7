/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include "nf-apps/kvs/net_part.h"

/* Bytes of the usual request in front of its UDP payload. */
#define USUAL_LEN (NF_ETHER_LEN + NF_NET_IP4_LEN + NF_NET_UDP_LEN)

static const char *const net_names[] = {
	[NF_NET_REQUESTS] = "requests",
	[NF_NET_ARP] = "arp",
	[NF_NET_ND] = "nd",
	[NF_NET_ECHO] = "echo",
	[NF_NET_UNREACH] = "unreach",
	[NF_NET_RST] = "rst",
	[NF_NET_HEARD] = "heard",
	[NF_NET_MALFORMED] = "malformed",
	[NF_NET_OTHER_MAC] = "other_mac",
	[NF_NET_OTHER_TYPE] = "other_type",
	[NF_NET_OTHER_ADDRESS] = "other_address",
	[NF_NET_BAD_SOURCE] = "bad_source",
	[NF_NET_BAD_IP_CSUM] = "bad_ip_csum",
	[NF_NET_BAD_CSUM] = "bad_csum",
	[NF_NET_FRAGMENT] = "fragment",
	[NF_NET_OPTIONS] = "options",
	[NF_NET_LOOP] = "loop",
	[NF_NET_LONG] = "long",
	[NF_NET_QUIET] = "quiet",
	[NF_NET_LIMITED] = "limited",
	[NF_NET_ANSWERS] = "answers",
	[NF_NET_MORE] = "more",
	[NF_NET_NO_BUFFERS] = "no_buffers",
	[NF_NET_CONFLICTS] = "conflicts",
};

/* Anything that is not the usual request. */
static __attribute__((noinline)) enum nf_net_count net_other(
	struct nf_net *n, struct nf_net_frame *f)
{
	struct nf_net_pkt p = { .f = f, .l2_len = NF_ETHER_LEN };
	const struct nf_ether *e = (const void *)f->data;
	uint16_t type;

	if (f->len < NF_ETHER_LEN || f->len > f->room)
		return NF_NET_MALFORMED;
	p.group = e->dst[0] & 1;
	if (!p.group && memcmp(e->dst, n->mac, sizeof(n->mac)) != 0)
		return NF_NET_OTHER_MAC;
	type = nf_inet_ntoh16(e->type);
	if (type == NF_ETHERTYPE_VLAN) {
		p.l2_len += NF_ETHER_VLAN_LEN;
		if (f->len < p.l2_len)
			return NF_NET_MALFORMED;
		type = nf_inet_get16(f->data + p.l2_len - 2);
	}
	p.l3 = f->data + p.l2_len;
	p.l3_len = f->len - p.l2_len;
	if (type == NF_ETHERTYPE_IP)
		return nf_net_ip4(n, &p);
	if (type == NF_ETHERTYPE_IP6)
		return nf_net_ip6(n, &p);
	return type == NF_ETHERTYPE_ARP ? nf_net_arp(n, &p) : NF_NET_OTHER_TYPE;
}

/*
 * The usual request: IPv4 without options, not a fragment, for this port, from an address outside of the special ones,
 * all lengths and checksums right. Whatever else comes takes the long way, which finds out why.
 */
UK_INLINE bool net_is_usual(const struct nf_net *n, const struct nf_net_frame *f)
{
	const struct nf_ether *e = (const void *)f->data;
	const struct nf_ip4 *ip = (const void *)(f->data + NF_ETHER_LEN);
	const struct nf_udp *udp = (const void *)(f->data + NF_ETHER_LEN + NF_NET_IP4_LEN);
	uint32_t len, udp_len;

	if (f->len < USUAL_LEN || f->len > f->room ||
		e->type != __builtin_bswap16(NF_ETHERTYPE_IP) ||
		memcmp(e->dst, n->mac, sizeof(n->mac)) != 0)
		return false;
	len = nf_inet_ntoh16(ip->len);
	udp_len = nf_inet_ntoh16(udp->len);
	if (ip->vhl != 0x45 || nf_inet_ip4_is_fragment(ip) || ip->proto != NF_IP_UDP ||
		ip->dst != n->ip4 || udp->dport != n->port || len > f->len - NF_ETHER_LEN ||
		udp_len < NF_NET_UDP_LEN || udp_len + NF_NET_IP4_LEN > len)
		return false;
	if ((uint8_t)(ip->src & 0xff) - 1u >= 223 || (ip->src & 0xff) == 127 || ip->src == n->ip4 ||
		nf_net_loops(n, udp->sport) || nf_inet_fold(nf_net_sum20(ip)) != 0)
		return false;
	if (udp->csum == 0 || (f->flags & NF_NET_F_CHECKED))
		return true;
	return nf_inet_fold(nf_inet_sum(udp, udp_len,
		       nf_inet_pseudo4(ip->src, ip->dst, NF_IP_UDP, (uint16_t)udp_len))) == 0;
}

UK_INLINE enum nf_net_count net_usual(struct nf_net *n, struct nf_net_frame *f)
{
	struct nf_net_pkt p = { .f = f, .l2_len = NF_ETHER_LEN, .l3 = f->data + NF_ETHER_LEN };
	struct nf_udp *udp = (void *)(p.l3 + NF_NET_IP4_LEN);

	return nf_net_request(n, &p, udp, nf_inet_ntoh16(udp->len) - NF_NET_UDP_LEN);
}

/* The ports turned round, and the length; the checksum is 0 or left to the device, or filled in by the caller. */
UK_INLINE void net_udp_put(struct nf_udp *to, const struct nf_udp *request, uint32_t len)
{
	nf_be16 sport = request->sport, dport = request->dport;

	to->sport = dport;
	to->dport = sport;
	to->len = nf_inet_hton16((uint16_t)(len + NF_NET_UDP_LEN));
	to->csum = 0;
}

/* A sum of 0 is sent as all ones (RFC 768). */
UK_INLINE void net_udp_csum(const struct nf_net *n, struct nf_net_frame *f, struct nf_udp *udp,
	uint32_t len, uint64_t pseudo)
{
	nf_be16 csum;

	if (n->offload) {
		udp->csum = (nf_be16)~nf_inet_fold(pseudo);
		f->flags = NF_NET_F_PARTIAL;
		f->csum_start = (uint16_t)((uint8_t *)udp - f->data);
		f->csum_offset = offsetof(struct nf_udp, csum);
		return;
	}
	csum = nf_inet_fold(nf_inet_sum(udp, len + NF_NET_UDP_LEN, pseudo));
	udp->csum = csum == 0 ? 0xffff : csum;
}

/* The usual answer: everything stays in its place. */
UK_INLINE void net_answer_usual(const struct nf_net *n, const struct nf_net_req *r, uint32_t len)
{
	struct nf_net_frame *f = r->f;
	struct nf_ether *e = (void *)f->data;
	struct nf_ip4 *ip = (void *)r->l3;
	struct nf_udp *udp = r->udp;
	uint32_t udp_len = len + NF_NET_UDP_LEN;
	nf_be32 peer = ip->src;

	memcpy(e->dst, e->src, sizeof(e->dst));
	memcpy(e->src, n->mac, sizeof(e->src));
	nf_net_ip4_put(ip, ip->tos, udp_len + NF_NET_IP4_LEN, NF_IP_UDP, n->ip4, peer);
	net_udp_put(udp, udp, len);
	f->flags = 0;
	if (r->csum)
		net_udp_csum(n, f, udp, len,
			nf_inet_pseudo4(
				ip->src, ip->dst, NF_IP_UDP, (uint16_t)(len + NF_NET_UDP_LEN)));
	f->len = USUAL_LEN + len;
}

/* Headers for `len` bytes of an answer that lie behind `udp`, somewhere in frame f. */
static void net_answer(
	struct nf_net_req *r, struct nf_net_frame *f, struct nf_udp *udp, uint32_t len)
{
	const struct nf_net_pkt p = { .f = r->f, .l3 = r->l3, .l2_len = r->l2_len, .is6 = r->is6 };
	struct nf_net_back b;
	uint64_t pseudo;
	uint32_t udp_len = len + NF_NET_UDP_LEN;

	nf_net_back(r->n, &p, &b);
	net_udp_put(udp, r->udp, len);
	nf_net_back_put(f, &b, (uint8_t *)udp, udp_len, NF_IP_UDP);
	if (!r->csum)
		return;
	if (r->is6) {
		pseudo = nf_inet_pseudo6(b.src, b.dst, NF_IP_UDP, udp_len);
	} else {
		nf_be32 src, dst;

		memcpy(&src, b.src, sizeof(src));
		memcpy(&dst, b.dst, sizeof(dst));
		pseudo = nf_inet_pseudo4(src, dst, NF_IP_UDP, (uint16_t)udp_len);
	}
	net_udp_csum(r->n, f, udp, len, pseudo);
}

static uint32_t net_head_len(const struct nf_net_req *r)
{
	return r->l2_len + (r->is6 ? NF_NET_IP6_LEN : NF_NET_IP4_LEN) + NF_NET_UDP_LEN;
}

/* nf_kvs_dgram.more */
static void *net_more(void *arg, uint8_t **data, uint32_t *room)
{
	struct nf_net_req *r = arg;
	struct nf_net *n = r->n;
	uint32_t head = net_head_len(r), most = r->is6 ? n->dgram_max6 : n->dgram_max4;
	void *buffer = n->ops->get(n->ops_arg);
	struct nf_net_frame f;

	if (buffer == NULL) {
		n->counts[NF_NET_NO_BUFFERS]++;
		return NULL;
	}
	n->ops->look(n->ops_arg, buffer, &f);
	UK_ASSERT(f.room > head);
	*data = f.data + head;
	*room = f.room - head < most ? f.room - head : most;
	return buffer;
}

/* nf_kvs_dgram.sent; the headers of the request still stand. */
static void net_sent(void *arg, void *buffer, uint32_t len)
{
	struct nf_net_req *r = arg;
	struct nf_net *n = r->n;
	struct nf_net_frame f;

	n->ops->look(n->ops_arg, buffer, &f);
	f.len = 0;
	f.flags = 0;
	if (len > 0) {
		net_answer(r, &f, (void *)(f.data + net_head_len(r) - NF_NET_UDP_LEN), len);
		n->counts[NF_NET_MORE]++;
	}
	n->ops->put(n->ops_arg, &f);
}

/* The store does its work; answers get their headers. */
static void net_work(struct nf_net *n)
{
	nf_kvs_dgrams(n->kvs, n->dgrams, n->nb_reqs);
	for (unsigned i = 0; i < n->nb_reqs; i++) {
		struct nf_net_req *r = &n->reqs[i];
		uint32_t len = n->dgrams[i].len;

		n->counts[NF_NET_ANSWERS] += len > 0;
		if (UK_UNLIKELY(len == 0)) {
			r->f->len = 0;
		} else if (UK_LIKELY(!r->is6 && (uint8_t *)r->udp ==
							r->f->data + USUAL_LEN - NF_NET_UDP_LEN)) {
			net_answer_usual(n, r, len);
		} else {
			r->f->flags = 0;
			net_answer(r, r->f, r->udp, len);
		}
	}
}

void nf_net_burst(struct nf_net *n, struct nf_net_frame v[], unsigned nb, uint64_t now_ns)
{
	UK_ASSERT(nb <= NF_NET_BURST_MAX);
	n->nb_reqs = 0;
	n->now_ns = now_ns;
	for (unsigned i = 0; i < nb; i++) {
		enum nf_net_count c = UK_LIKELY(net_is_usual(n, &v[i])) ? net_usual(n, &v[i])
									: net_other(n, &v[i]);

		n->counts[c]++;
		if (UK_UNLIKELY(c >= NF_NET_HEARD))
			v[i].len = 0;
	}
	if (n->nb_reqs > 0)
		net_work(n);
}

void nf_net_timers(struct nf_net *n, uint64_t now_ns)
{
	n->now_ns = now_ns;
	if (now_ns >= n->announce_ns)
		nf_net_arp_announce(n);
	nf_net_nd_timers(n);
}

/* No limit where the longest answer fits: requests may come in frames larger than our MTU. */
static uint32_t net_dgram_max(uint32_t mtu, uint32_t ip_len)
{
	uint32_t most = mtu - ip_len - NF_NET_UDP_LEN;

	return most < NF_KVS_DGRAM_MAX ? most : UINT32_MAX;
}

struct nf_net *nf_net_create(const struct nf_net_conf *conf)
{
	struct nf_net *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	memcpy(n->mac, conf->mac, sizeof(n->mac));
	n->port = nf_inet_hton16(conf->port);
	n->ip4 = conf->ip4;
	n->ip4_mask = conf->ip4_mask;
	n->dgram_max4 = net_dgram_max(conf->mtu, NF_NET_IP4_LEN);
	n->dgram_max6 = net_dgram_max(conf->mtu, NF_NET_IP6_LEN);
	n->offload = conf->offload;
	n->kvs = conf->kvs;
	n->ops = conf->ops;
	n->ops_arg = conf->ops_arg;
	n->announce_ns = conf->ip4 != 0 ? 0 : UINT64_MAX;
	for (unsigned i = 0; i < NF_NET_BURST_MAX; i++) {
		n->reqs[i].n = n;
		n->dgrams[i].more = net_more;
		n->dgrams[i].sent = net_sent;
		n->dgrams[i].arg = &n->reqs[i];
	}
	nf_net_nd_start(n, conf->ip6);
	return n;
}

void nf_net_destroy(struct nf_net *n)
{
	free(n);
}

const uint64_t *nf_net_counts(const struct nf_net *n)
{
	return n->counts;
}

const char *nf_net_count_name(unsigned i)
{
	return i < NF_NET_NB_COUNTS ? net_names[i] : NULL;
}
