/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/route/test/fuzz_packet.h"
#include "nf-apps/element/ip6/icmp6.h"

#define FUZZ_IP4_LEN 20u
#define SECONDS_NS   1000000000ull

static const uint8_t fuzz_net[15] = { 0x20, 0x01, 0x0d, 0xb8 };

/* One of a few addresses: 2001:db8::X, a group of them, ::ffff:1.0.0.X, or as it was. */
static void fuzz_address(uint8_t *at, uint8_t what)
{
	if ((what & 0x30) == 0x30)
		return;
	memset(at, 0, 16);
	at[15] = what & 7;
	if ((what & 0x30) == 0x00) {
		memcpy(at, fuzz_net, 4);
	} else if ((what & 0x30) == 0x10) {
		memcpy(at, "\xff\x02\0\0\0\0\0\0\0\0\0\1\xff", 13);
	} else {
		memcpy(at + 10, "\xff\xff\1", 3);
	}
}

/* Makes an IPv6 packet of what is there, and neighbour discovery if `how` says so. */
static void fuzz_ip6(uint8_t *at, uint32_t len, uint8_t how, uint8_t src, uint8_t dst)
{
	struct nf_ip6_hdr *ip = (struct nf_ip6_hdr *)(void *)at;
	uint8_t *data = at + sizeof(*ip);

	if (len < sizeof(*ip) + 8)
		return;
	len -= (uint32_t)sizeof(*ip);
	at[0] = (uint8_t)(0x60 | (at[0] & 15));
	ip->len = nf_inet_hton16((uint16_t)len);
	fuzz_address(ip->src, src);
	if ((how & 0x40) != 0) /* of the same kind */
		dst = (uint8_t)((src & 0x30) | (dst & 7));
	fuzz_address(ip->dst, dst);
	if ((how & 1) != 0) {
		ip->next = NF_IP_ICMP6;
		ip->hlim = 255;
		data[0] = (how & 2) != 0 ? NF_ICMP6_SOLICIT : NF_ICMP6_ADVERT;
		data[1] = 0;
		if (len >= 24)
			fuzz_address(data + 8, how >> 2);
	}
	if ((how & 6) == 2 && len >= 8 + sizeof(*ip)) { /* an error */
		ip->next = NF_IP_ICMP6;
		data[0] &= 7;
		fuzz_ip6(data + 8, len - 8, how >> 3, dst, src);
	}
	if (ip->next == NF_IP_ICMP6 && (how & 0x80) == 0) {
		uint16_t csum;

		data[2] = data[3] = 0;
		csum = nf_ip6hdr_csum(ip, NF_IP_ICMP6, data, len);
		memcpy(data + 2, &csum, sizeof(csum));
	}
}

/* An IPv4 packet; the checksum of ICMP is right. */
static void fuzz_ip4(uint8_t *at, uint32_t len, uint8_t how)
{
	static const uint8_t errors[4] = { 3, 11, 12, 8 };
	struct nf_ip4 *ip = (struct nf_ip4 *)(void *)at;
	uint32_t hlen = (how & 1) != 0 ? FUZZ_IP4_LEN + (how >> 1 & 3) * 4u : FUZZ_IP4_LEN;

	if (len < hlen + 8)
		return;
	ip->vhl = (uint8_t)(0x40 | hlen >> 2);
	ip->len = nf_inet_hton16((uint16_t)len);
	if ((how & 8) != 0)
		ip->off = 0;
	if ((how & 16) != 0)
		ip->proto = (how & 32) != 0 ? NF_IP_ICMP : NF_IP_UDP;
	if (ip->proto == NF_IP_ICMP && len >= hlen + 8 + FUZZ_IP4_LEN && (how & 64) != 0) {
		at[hlen] = errors[at[hlen] & 3];
		fuzz_ip4(at + hlen + 8, len - hlen - 8, how >> 2);
	}
	if (ip->proto == NF_IP_ICMP) {
		uint16_t csum;

		at[hlen + 2] = at[hlen + 3] = 0;
		csum = nf_inet_csum(at + hlen, len - hlen);
		memcpy(at + hlen + 2, &csum, sizeof(csum));
	}
	ip->csum = 0;
	ip->csum = nf_inet_csum(ip, hlen);
}

static void fuzz_arp(uint8_t *at, uint32_t len, uint8_t how, uint8_t src, uint8_t dst)
{
	struct nf_arp *arp = (struct nf_arp *)(void *)at;

	if (len < sizeof(*arp))
		return;
	arp->hw = nf_inet_hton16(1);
	arp->proto = nf_inet_hton16(NF_ETHERTYPE_IP);
	arp->hw_len = 6;
	arp->proto_len = 4;
	arp->op = nf_inet_hton16(how & 3);
	arp->sender_ip = nf_inet_hton32(0x01000000 | (src & 7));
	arp->target_ip = nf_inet_hton32(0x01000000 | (dst & 7));
}

static void fuzz_frame(
	uint8_t *at, uint32_t len, uint8_t kind, uint8_t how, uint8_t src, uint8_t dst)
{
	static const uint16_t types[4] = { NF_ETHERTYPE_ARP, NF_ETHERTYPE_IP6, NF_ETHERTYPE_IP,
		NF_ETHERTYPE_VLAN };

	if (len < NF_ETHER_LEN)
		return;
	at[0] = (how & 0x40) != 0 ? 0xff : 2;
	if ((how & 0x20) != 0)
		memset(at + 1, at[0] == 2 ? dst & 3 : 0xff, 5);
	memset(at + 6, 2 + (src & 1), 6);
	nf_inet_put16(at + 12, types[kind]);
	if (kind == 0)
		fuzz_arp(at + NF_ETHER_LEN, len - NF_ETHER_LEN, how, src, dst);
	else if (kind == 1)
		fuzz_ip6(at + NF_ETHER_LEN, len - NF_ETHER_LEN, how, src, dst);
	else if (kind == 2)
		fuzz_ip4(at + NF_ETHER_LEN, len - NF_ETHER_LEN, how);
}

struct uk_netbuf *fuzz_packet(struct fuzz_input *in, struct nf_packet_pools *pools)
{
	uint8_t kind = fuzz_in8(in), how = fuzz_in8(in), src = fuzz_in8(in), dst = fuzz_in8(in);
	uint32_t len = fuzz_in8(in) * ((kind & 0x80) != 0 ? 16u : 1u);
	struct uk_netbuf *p = nf_packet_alloc(pools, src & 31, len);

	if (p == NULL)
		return NULL;
	for (uint32_t i = 0; i < len; i++)
		p->data[i] = i < 256 ? fuzz_in8(in) : (uint8_t)i;
	if ((kind & 7) < 4)
		fuzz_frame(p->data, len, kind & 3, how, src, dst);
	else if ((kind & 7) == 4)
		fuzz_ip6(p->data, len, how, src, dst);
	else if ((kind & 7) == 5)
		fuzz_ip4(p->data, len, how);
	if ((kind & 8) != 0 && len > 0) {
		nf_packet_set_l3(p, p->data + ((kind & 16) != 0 ? 0 : dst % len));
		nf_packet_set_l4(p, p->data + src % len);
	}
	fuzz_address(nf_ip6hdr_dst_anno(p), dst);
	if ((kind & 0x60) == 0x20)
		nf_packet_set_dst_ip(p, nf_inet_hton32(0x01000000 | (dst & 7)));
	nf_packet_anno(p)->time_ns = (kind & 0x40) != 0 ? src * SECONDS_NS : 0;
	nf_packet_anno(p)->type = src >> 6;
	return p;
}
