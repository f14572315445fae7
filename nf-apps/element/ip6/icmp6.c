/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/ip6/icmp6.h"

const uint8_t nf_icmp6_all_nodes[16] = { 0xff, 0x02, [15] = 1 };

void nf_icmp6_group_ether(const uint8_t group[16], uint8_t eth[6])
{
	eth[0] = eth[1] = 0x33;
	memcpy(eth + 2, group + 12, 4);
}

void nf_icmp6_solicited_node(const uint8_t addr[16], uint8_t group[16])
{
	static const uint8_t head[13] = { 0xff, 0x02, [11] = 0x01, [12] = 0xff };

	memcpy(group, head, sizeof(head));
	memcpy(group + 13, addr + 13, 3);
}

void nf_icmp6_nd_write(uint8_t *at, const struct nf_icmp6_nd_args *n)
{
	struct nf_icmp6_nd_frame f = { .ether.type = nf_inet_hton16(NF_ETHERTYPE_IP6),
		.ip.vtf = nf_ip6hdr_vtf(0),
		.ip.len = nf_inet_hton16(NF_ICMP6_ND_LEN),
		.ip.next = NF_IP_ICMP6,
		.ip.hlim = NF_ICMP6_ND_HLIM,
		.nd.icmp.type = n->type,
		.nd.icmp.info = nf_inet_hton32(n->flags),
		.nd.opt_type = n->type == NF_ICMP6_SOLICIT ? 1 : 2,
		.nd.opt_len = 1 };

	memcpy(f.ether.dst, n->eth_dst, 6);
	memcpy(f.ether.src, n->eth_src, 6);
	memcpy(f.ip.src, n->src, 16);
	memcpy(f.ip.dst, n->dst, 16);
	memcpy(f.nd.target, n->target, 16);
	memcpy(f.nd.eth, n->eth, 6);
	f.nd.icmp.csum = nf_ip6hdr_csum(&f.ip, NF_IP_ICMP6, &f.nd, NF_ICMP6_ND_LEN);
	memcpy(at, &f, sizeof(f));
}

/* Options from `at` on: *eth is the address in the one of type `want`. False: they are malformed.
 */
static bool icmp6_options(const uint8_t *at, uint32_t left, uint8_t want, const uint8_t **eth)
{
	*eth = NULL;
	while (left >= 8) {
		uint32_t len = at[1] * 8u;

		if (len == 0 || len > left)
			return false;
		if (at[0] == want && *eth == NULL)
			*eth = at + 2;
		at += len;
		left -= len;
	}
	return left == 0;
}

const struct nf_icmp6_nd_frame *nf_icmp6_nd_read(
	const struct uk_netbuf *p, uint8_t type, const uint8_t **eth)
{
	const struct nf_icmp6_nd_frame *f = (const struct nf_icmp6_nd_frame *)(const void *)p->data;
	uint32_t len;

	if (p->len < NF_ETHER_LEN + NF_IP6HDR_LEN + NF_ICMP6_ND_LEN_MIN ||
		f->ether.type != nf_inet_hton16(NF_ETHERTYPE_IP6) ||
		nf_ip6hdr_version(&f->ip) != 6 || f->ip.next != NF_IP_ICMP6 ||
		f->ip.hlim != NF_ICMP6_ND_HLIM || f->nd.icmp.type != type || f->nd.icmp.code != 0)
		return NULL;
	len = nf_inet_ntoh16(f->ip.len);
	if (len < NF_ICMP6_ND_LEN_MIN || len > p->len - NF_ETHER_LEN - NF_IP6HDR_LEN ||
		nf_ip6hdr_is_multicast(f->nd.target) ||
		nf_ip6hdr_csum(&f->ip, NF_IP_ICMP6, &f->nd, len) != 0)
		return NULL;
	if (!icmp6_options((const uint8_t *)&f->nd + NF_ICMP6_ND_LEN_MIN, len - NF_ICMP6_ND_LEN_MIN,
		    type == NF_ICMP6_SOLICIT ? 1 : 2, eth))
		return NULL;
	if (type == NF_ICMP6_SOLICIT && nf_ip6hdr_is_zero(f->ip.src))
		return *eth == NULL && nf_ip6hdr_is_multicast(f->ip.dst) ? f : NULL;
	if (type == NF_ICMP6_ADVERT && nf_ip6hdr_is_multicast(f->ip.dst) &&
		(f->nd.icmp.info & nf_inet_hton32(NF_ICMP6_ADVERT_SOLICITED)) != 0)
		return NULL;
	return f;
}
