/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4 (RFC 791, RFC 1122) and UDP (RFC 768), the long way: everything but the usual request. */
#include "nf-apps/kvs/net_part.h"

#define OPT_END  0
#define OPT_NOP  1
#define OPT_LSRR 131
#define OPT_SSRR 137

/* Addresses that no host can have: "this" network, loopback, multicast, reserved (RFC 1122, 3.2.1.3), our own, our network's ends. */
static bool ip4_source_bad(const struct nf_net *n, nf_be32 src)
{
	uint8_t first = (uint8_t)(src & 0xff);
	nf_be32 host = src & ~n->ip4_mask;

	if (first == 0 || first == 127 || first >= 224 || src == n->ip4)
		return true;
	/* networks of two or one address have no broadcast address (RFC 3021) */
	return (src & n->ip4_mask) == (n->ip4 & n->ip4_mask) && nf_inet_ntoh32(~n->ip4_mask) > 1 &&
	       (host == ~n->ip4_mask || host == 0);
}

/* Options are skipped and not sent back; who wants to choose the way of the answer by a source route is not answered. */
static bool ip4_options_ok(const uint8_t *o, uint32_t len)
{
	for (uint32_t i = 0; i < len && o[i] != OPT_END;) {
		if (o[i] == OPT_NOP) {
			i++;
			continue;
		}
		if (o[i] == OPT_LSRR || o[i] == OPT_SSRR || len - i < 2 || o[i + 1] < 2 ||
			o[i + 1] > len - i)
			return false;
		i += o[i + 1];
	}
	return true;
}

static enum nf_net_count ip4_check(struct nf_net *n, struct nf_net_pkt *p)
{
	const struct nf_ip4 *ip = (const void *)p->l3;
	uint32_t hlen, len;

	if (p->l3_len < NF_NET_IP4_LEN || ip->vhl >> 4 != 4)
		return NF_NET_MALFORMED;
	hlen = nf_inet_ip4_hlen(ip);
	len = nf_inet_ntoh16(ip->len);
	if (hlen < NF_NET_IP4_LEN || hlen > len || len > p->l3_len)
		return NF_NET_MALFORMED;
	if (nf_inet_ip4_csum(ip, hlen) != 0)
		return NF_NET_BAD_IP_CSUM;
	if (p->group || n->ip4 == 0 || ip->dst != n->ip4)
		return NF_NET_OTHER_ADDRESS;
	if (ip4_source_bad(n, ip->src))
		return NF_NET_BAD_SOURCE;
	if (nf_inet_ip4_is_fragment(ip))
		return NF_NET_FRAGMENT;
	if (!ip4_options_ok(p->l3 + NF_NET_IP4_LEN, hlen - NF_NET_IP4_LEN))
		return NF_NET_OPTIONS;
	p->l3_len = len;
	p->l4 = p->l3 + hlen;
	p->l4_len = len - hlen;
	p->unicast = true;
	return NF_NET_REQUESTS;
}

enum nf_net_count nf_net_ip4(struct nf_net *n, struct nf_net_pkt *p)
{
	enum nf_net_count c = ip4_check(n, p);

	if (c != NF_NET_REQUESTS)
		return c;
	switch (((const struct nf_ip4 *)(const void *)p->l3)->proto) {
	case NF_IP_UDP:
		return nf_net_udp(n, p);
	case NF_IP_TCP:
		return nf_net_tcp(n, p);
	case NF_IP_ICMP:
		return nf_net_icmp4(n, p);
	default:
		return nf_net_icmp_protocol(n, p, 0);
	}
}

enum nf_net_count nf_net_udp(struct nf_net *n, struct nf_net_pkt *p)
{
	struct nf_udp *udp = (void *)p->l4;
	uint32_t len;

	if (p->l4_len < NF_NET_UDP_LEN)
		return NF_NET_MALFORMED;
	len = nf_inet_ntoh16(udp->len);
	if (len < NF_NET_UDP_LEN || len > p->l4_len)
		return NF_NET_MALFORMED;
	if (udp->csum == 0 && p->is6)
		return NF_NET_BAD_CSUM;
	if (udp->csum != 0 && !(p->f->flags & NF_NET_F_CHECKED) &&
		nf_net_l4_csum(p, NF_IP_UDP, len) != 0)
		return NF_NET_BAD_CSUM;
	if (!p->unicast)
		return NF_NET_OTHER_ADDRESS;
	if (udp->dport != n->port)
		return nf_net_icmp_port(n, p);
	if (nf_net_loops(n, udp->sport))
		return NF_NET_LOOP;
	return nf_net_request(n, p, udp, len - NF_NET_UDP_LEN);
}
