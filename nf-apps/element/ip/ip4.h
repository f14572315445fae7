/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IPv4 header of a packet, as the elements of this folder take it from the network header
 * position. The position may lie before the packet's data (a stripped header): it is the buffer
 * that bounds it. Packet path, no calls.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP_IP4_H
#define SLUICE_NF_APPS_ELEMENT_IP_IP4_H

#include "nf-apps/click/inet.h"
#include "nf-apps/click/packet.h"

#define NF_IP4_HLEN      20u /* bytes, without options */
#define NF_IP4_HLEN_MAX  60u
#define NF_IP4_LEN_MAX   65535u
#define NF_IP4_VHL       0x45 /* version 4, no options */
#define NF_IP4_ECN_MASK  3u
#define NF_IP4_MULTICAST 0xe0 /* first byte, of 224.0.0.0/4 */

/* Bytes from the buffer's start to the end of the packet. */
UK_INLINE uint32_t nf_ip4_end(const struct uk_netbuf *p)
{
	return uk_netbuf_headroom(p) + p->len;
}

/* The header, of which the first 20 bytes are there. NULL: no position, or the packet is too short.
 */
UK_INLINE struct nf_ip4 *nf_ip4_hdr(const struct uk_netbuf *p)
{
	if (UK_UNLIKELY(p->l3_off == UK_NETBUF_NO_OFF || p->l3_off + NF_IP4_HLEN > nf_ip4_end(p)))
		return NULL;
	return (struct nf_ip4 *)(void *)(p->buf + p->l3_off);
}

/* Bytes from the header to the end of the packet; nf_ip4_hdr said that there is one. */
UK_INLINE uint32_t nf_ip4_left(const struct uk_netbuf *p)
{
	return nf_ip4_end(p) - p->l3_off;
}

/* The header with all its options, `*hlen` bytes. NULL: it is not there, or says it is too short.
 */
UK_INLINE struct nf_ip4 *nf_ip4_hdr_whole(const struct uk_netbuf *p, uint32_t *hlen)
{
	struct nf_ip4 *ip = nf_ip4_hdr(p);

	if (UK_UNLIKELY(ip == NULL))
		return NULL;
	*hlen = nf_inet_ip4_hlen(ip);
	return UK_LIKELY(*hlen >= NF_IP4_HLEN && *hlen <= nf_ip4_left(p)) ? ip : NULL;
}

/* Says that the header is `hlen` bytes at `at`. */
UK_INLINE void nf_ip4_mark(struct uk_netbuf *p, const uint8_t *at, uint32_t hlen)
{
	p->l3_off = (uint16_t)(at - p->buf);
	p->l4_off = (uint16_t)(at - p->buf + hlen);
}

UK_INLINE bool nf_ip4_is_multicast(nf_be32 addr)
{
	return (addr & 0xf0) == NF_IP4_MULTICAST; /* the first byte in memory is the lowest */
}

/* The second byte of the header (RFC 2474, RFC 3168) becomes `tos`. */
UK_INLINE void nf_ip4_set_tos(struct nf_ip4 *ip, uint8_t tos)
{
	nf_be16 was = nf_inet_hton16((uint16_t)(ip->vhl << 8 | ip->tos));
	nf_be16 is = nf_inet_hton16((uint16_t)(ip->vhl << 8 | tos));

	ip->csum = nf_inet_csum_adjust16(ip->csum, was, is);
	ip->tos = tos;
}

/* One hop less. RFC 1624, section 4: the checksum grows by 0x0100, and 0xffff does not occur. */
UK_INLINE void nf_ip4_dec_ttl(struct nf_ip4 *ip)
{
	uint32_t sum = ip->csum + (uint32_t)nf_inet_hton16(0x0100);

	ip->csum = (nf_be16)(sum + (sum >= 0xffff));
	ip->ttl--;
}

/* The checksum of a header of `hlen` bytes, made new. */
UK_INLINE void nf_ip4_set_csum(struct nf_ip4 *ip, uint32_t hlen)
{
	ip->csum = 0;
	ip->csum = nf_inet_csum(ip, hlen);
}

/* The checksum of a UDP datagram of `len` bytes at `l4` whose checksum field is 0. What comes out
 * as 0 is sent as 0xffff: 0 says that there is none (RFC 768). */
UK_INLINE nf_be16 nf_ip4_udp_csum(const struct nf_ip4 *ip, const void *l4, uint16_t len)
{
	nf_be16 sum = nf_inet_fold(
		nf_inet_sum(l4, len, nf_inet_pseudo4(ip->src, ip->dst, ip->proto, len)));

	return sum != 0 ? sum : 0xffff;
}

/* True if the segment's checksum, which is in it, is right. */
UK_INLINE bool nf_ip4_l4_csum_ok(const struct nf_ip4 *ip, const void *l4, uint16_t len)
{
	return nf_inet_fold(nf_inet_sum(
		       l4, len, nf_inet_pseudo4(ip->src, ip->dst, ip->proto, len))) == 0;
}

#endif
