/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv6 (RFC 8200): its addresses and extension headers. */
#include "nf-apps/kvs/net_part.h"

#define NEXT_HOP      0
#define NEXT_ROUTING  43
#define NEXT_FRAGMENT 44
#define NEXT_DEST     60
#define NEXT_NONE     59
#define EXT_MAX       8 /* headers: more than anybody sends */

static bool ip6_is_loopback(const uint8_t a[16])
{
	static const uint8_t loopback[16] = { [15] = 1 };

	return memcmp(a, loopback, sizeof(loopback)) == 0;
}

static bool ip6_is_ours(const struct nf_net *n, const uint8_t a[16])
{
	int i = nf_net_nd_find(n, a);

	return i >= 0 && n->addrs6[i].state == NF_NET_ADDR_VALID;
}

/* All nodes (RFC 4291, 2.7.1), or the group of one of our addresses. */
static bool ip6_is_our_group(const struct nf_net *n, const uint8_t a[16])
{
	static const uint8_t all_nodes[16] = { 0xff, 2, [15] = 1 };

	if (memcmp(a, all_nodes, sizeof(all_nodes)) == 0)
		return true;
	for (unsigned i = 0; i < NF_NET_ADDRS6; i++) {
		if (n->addrs6[i].state != NF_NET_ADDR_NONE &&
			memcmp(a, n->addrs6[i].group, 16) == 0)
			return true;
	}
	return false;
}

/* Options of a hop-by-hop or destination header; unknown ones are skipped where the highest bits allow that (4.2). */
static bool ip6_options_ok(const uint8_t *o, uint32_t len)
{
	for (uint32_t i = 2; i < len;) {
		if (o[i] == 0) {
			i++;
			continue;
		}
		if (len - i < 2 || o[i + 1] > len - i - 2)
			return false;
		if (o[i] >> 6 != 0)
			return false;
		i += 2u + o[i + 1];
	}
	return true;
}

/* One extension header of `len` bytes at o. NF_NET_REQUESTS: over it. */
static enum nf_net_count ip6_ext(uint8_t kind, const uint8_t *o, uint32_t len)
{
	if (kind == NEXT_FRAGMENT) /* one that is all of it is a whole packet (RFC 6946) */
		return (nf_inet_get16(o + 2) & 0xfff9) == 0 ? NF_NET_REQUESTS : NF_NET_FRAGMENT;
	if (kind == NEXT_ROUTING)
		return o[3] == 0 ? NF_NET_REQUESTS : NF_NET_OPTIONS;
	return ip6_options_ok(o, len) ? NF_NET_REQUESTS : NF_NET_OPTIONS;
}

/* Goes behind all extension headers: l4, l4_len; *next: what is there; *at: the field that says so. */
static enum nf_net_count ip6_upper(struct nf_net_pkt *p, uint8_t *next, uint32_t *at)
{
	uint32_t off = NF_NET_IP6_LEN, len;

	*at = offsetof(struct nf_ip6_hdr, next);
	for (unsigned i = 0; i < EXT_MAX; i++) {
		enum nf_net_count c;
		const uint8_t *o = p->l3 + off;

		if (*next != NEXT_ROUTING && *next != NEXT_FRAGMENT && *next != NEXT_DEST &&
			(*next != NEXT_HOP || i > 0)) {
			p->l4 = p->l3 + off;
			p->l4_len = p->l3_len - off;
			return NF_NET_REQUESTS;
		}
		if (p->l3_len - off < 8)
			return NF_NET_MALFORMED;
		len = *next == NEXT_FRAGMENT ? 8 : 8 + 8u * o[1];
		if (len > p->l3_len - off)
			return NF_NET_MALFORMED;
		c = ip6_ext(*next, o, len);
		if (c != NF_NET_REQUESTS)
			return c;
		*at = off;
		*next = o[0];
		off += len;
	}
	return NF_NET_OPTIONS;
}

static enum nf_net_count ip6_check(struct nf_net *n, struct nf_net_pkt *p)
{
	const struct nf_ip6_hdr *h = (const void *)p->l3;
	uint32_t len;

	if (p->l3_len < NF_NET_IP6_LEN || nf_inet_ntoh32(h->vtf) >> 28 != 6)
		return NF_NET_MALFORMED;
	len = nf_inet_ntoh16(h->len);
	if (len > p->l3_len - NF_NET_IP6_LEN)
		return NF_NET_MALFORMED;
	p->l3_len = NF_NET_IP6_LEN + len;
	p->unicast = !p->group && ip6_is_ours(n, h->dst);
	if (!p->unicast && !ip6_is_our_group(n, h->dst) && nf_net_nd_find(n, h->dst) < 0)
		return NF_NET_OTHER_ADDRESS;
	/* what comes from our own address may tell that somebody else has it, too (net_nd.c) */
	if (h->src[0] == 0xff || ip6_is_loopback(h->src) ||
		(h->next != NF_IP_ICMP6 && nf_net_nd_find(n, h->src) >= 0))
		return NF_NET_BAD_SOURCE;
	return NF_NET_REQUESTS;
}

enum nf_net_count nf_net_ip6(struct nf_net *n, struct nf_net_pkt *p)
{
	const struct nf_ip6_hdr *h = (const void *)p->l3;
	enum nf_net_count c;
	uint8_t next;
	uint32_t at;

	p->is6 = true;
	c = ip6_check(n, p);
	if (c != NF_NET_REQUESTS)
		return c;
	next = h->next;
	c = ip6_upper(p, &next, &at);
	if (c != NF_NET_REQUESTS)
		return c;
	if (next == NF_IP_ICMP6)
		return nf_net_icmp6(n, p, h->hlim);
	if (nf_net_is_zero16(h->src)) /* nobody to answer */
		return NF_NET_BAD_SOURCE;
	if (next == NF_IP_UDP)
		return nf_net_udp(n, p);
	if (next == NF_IP_TCP)
		return nf_net_tcp(n, p);
	return next == NEXT_NONE ? NF_NET_QUIET : nf_net_icmp_protocol(n, p, at);
}
