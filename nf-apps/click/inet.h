/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Headers as they lie in a packet, and the Internet checksum. All fields wider than a byte are in
 * network order (be16, be32); structures are packed: they may lie at any address.
 */
#ifndef SLUICE_NF_APPS_CLICK_INET_H
#define SLUICE_NF_APPS_CLICK_INET_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "plat-kvm/defs.h"

typedef uint16_t nf_be16;
typedef uint32_t nf_be32;

UK_INLINE uint16_t nf_inet_ntoh16(nf_be16 v)
{
	return __builtin_bswap16(v);
}

UK_INLINE nf_be16 nf_inet_hton16(uint16_t v)
{
	return __builtin_bswap16(v);
}

UK_INLINE uint32_t nf_inet_ntoh32(nf_be32 v)
{
	return __builtin_bswap32(v);
}

UK_INLINE nf_be32 nf_inet_hton32(uint32_t v)
{
	return __builtin_bswap32(v);
}

UK_INLINE uint16_t nf_inet_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

UK_INLINE uint32_t nf_inet_get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap32(v);
}

UK_INLINE void nf_inet_put16(uint8_t *p, uint16_t v)
{
	v = __builtin_bswap16(v);
	memcpy(p, &v, sizeof(v));
}

UK_INLINE void nf_inet_put32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof(v));
}

#define NF_ETHER_LEN                 14
#define NF_ETHER_VLAN_LEN            4
#define NF_ETHERTYPE_IP              0x0800
#define NF_ETHERTYPE_ARP             0x0806
#define NF_ETHERTYPE_VLAN            0x8100
#define NF_ETHERTYPE_QINQ            0x88a8
#define NF_ETHERTYPE_IP6             0x86dd
#define NF_ETHERTYPE_PPPOE_DISCOVERY 0x8863
#define NF_ETHERTYPE_PPPOE_SESSION   0x8864

struct nf_ether {
	uint8_t dst[6], src[6];
	nf_be16 type;
} UK_PACKED;

/* RFC 826, for Ethernet and IPv4. */
struct nf_arp {
	nf_be16 hw, proto;
	uint8_t hw_len, proto_len;
	nf_be16 op; /* 1 request, 2 reply */
	uint8_t sender_hw[6];
	nf_be32 sender_ip;
	uint8_t target_hw[6];
	nf_be32 target_ip;
} UK_PACKED;

#define NF_IP_MF     0x2000
#define NF_IP_DF     0x4000
#define NF_IP_OFFSET 0x1fff

enum {
	NF_IP_ICMP = 1,
	NF_IP_IPIP = 4,
	NF_IP_TCP = 6,
	NF_IP_UDP = 17,
	NF_IP_IP6 = 41,
	NF_IP_GRE = 47,
	NF_IP_ICMP6 = 58,
	NF_IP_SCTP = 132
};

/* RFC 791 */
struct nf_ip4 {
	uint8_t vhl; /* version << 4 | words of header */
	uint8_t tos;
	nf_be16 len, id, off; /* off: flags and fragment offset / 8 */
	uint8_t ttl, proto;
	nf_be16 csum;
	nf_be32 src, dst;
} UK_PACKED;

/* RFC 8200 */
struct nf_ip6_hdr {
	nf_be32 vtf; /* version, class, flow */
	nf_be16 len; /* of the payload */
	uint8_t next, hlim;
	uint8_t src[16], dst[16];
} UK_PACKED;

#define NF_TCP_FIN 0x01
#define NF_TCP_SYN 0x02
#define NF_TCP_RST 0x04
#define NF_TCP_PSH 0x08
#define NF_TCP_ACK 0x10
#define NF_TCP_URG 0x20

/* RFC 9293 */
struct nf_tcp {
	nf_be16 sport, dport;
	nf_be32 seq, ack;
	uint8_t off; /* words of header << 4 */
	uint8_t flags;
	nf_be16 win, csum, urp;
} UK_PACKED;

/* RFC 768 */
struct nf_udp {
	nf_be16 sport, dport, len, csum;
} UK_PACKED;

/* RFC 792, RFC 4443 */
struct nf_icmp {
	uint8_t type, code;
	nf_be16 csum;
	nf_be16 id, seq; /* of echo; else: unused, pointer, gateway */
} UK_PACKED;

UK_INLINE unsigned nf_inet_ip4_hlen(const struct nf_ip4 *ip)
{
	return (ip->vhl & 15u) * 4;
}

UK_INLINE bool nf_inet_ip4_is_first(const struct nf_ip4 *ip)
{
	return (ip->off & __builtin_bswap16(NF_IP_OFFSET)) == 0;
}

UK_INLINE bool nf_inet_ip4_is_fragment(const struct nf_ip4 *ip)
{
	return (ip->off & __builtin_bswap16(NF_IP_OFFSET | NF_IP_MF)) != 0;
}

/*
 * The Internet checksum (RFC 1071) as running sums: 64-bit sums of 16-bit words in memory order,
 * folded at the end. nf_inet_sum adds `len` bytes; an odd last byte counts as if a 0 followed.
 */
UK_INLINE uint64_t nf_inet_sum(const void *data, uint32_t len, uint64_t sum)
{
	const uint8_t *p = data;
	uint32_t w;
	uint16_t h = 0;

	for (; len >= 4; len -= 4, p += 4) {
		memcpy(&w, p, 4);
		sum += w;
	}
	if (len >= 2) {
		memcpy(&h, p, 2);
		sum += h;
		p += 2;
		len -= 2;
	}
	if (len)
		sum += *p;
	return sum;
}

/* Folds and complements: what goes into the packet, as it lies in memory. */
UK_INLINE nf_be16 nf_inet_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (nf_be16)~sum;
}

UK_INLINE nf_be16 nf_inet_csum(const void *data, uint32_t len)
{
	return nf_inet_fold(nf_inet_sum(data, len, 0));
}

/* Of an IPv4 header of `hlen` bytes with its checksum field in it: 0 if it is right. */
UK_INLINE nf_be16 nf_inet_ip4_csum(const struct nf_ip4 *ip, unsigned hlen)
{
	return nf_inet_csum(ip, hlen);
}

/* Pseudo header of UDP and TCP over IPv4; `len` of the segment in host order. */
UK_INLINE uint64_t nf_inet_pseudo4(nf_be32 src, nf_be32 dst, uint8_t proto, uint16_t len)
{
	return (uint64_t)src + dst + ((uint32_t)proto << 8) + __builtin_bswap16(len);
}

/* The same over IPv6 (RFC 8200, 8.1). */
UK_INLINE uint64_t nf_inet_pseudo6(
	const uint8_t src[16], const uint8_t dst[16], uint8_t proto, uint32_t len)
{
	return nf_inet_sum(src, 16,
		nf_inet_sum(dst, 16, (uint64_t)__builtin_bswap32(len) + ((uint32_t)proto << 24)));
}

/* Incremental update (RFC 1624, equation 3) when a 16-bit word changes from `was` to `is`. */
UK_INLINE nf_be16 nf_inet_csum_adjust16(nf_be16 csum, nf_be16 was, nf_be16 is)
{
	uint32_t sum = (uint16_t)~csum + (uint32_t)(uint16_t)~was + is;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (nf_be16)~sum;
}

UK_INLINE nf_be16 nf_inet_csum_adjust32(nf_be16 csum, nf_be32 was, nf_be32 is)
{
	uint64_t sum = (uint64_t)(uint16_t)~csum + (uint32_t)~was + is;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (nf_be16)~sum;
}

#endif
