/* SPDX-License-Identifier: BSD-3-Clause */
/* What elements with IPv6 headers (RFC 8200) share. */
#ifndef SLUICE_NF_APPS_ELEMENT_IP6_IP6HDR_H
#define SLUICE_NF_APPS_ELEMENT_IP6_IP6HDR_H

#include "nf-apps/click/element.h"
#include "nf-apps/click/inet.h"

#define NF_IP6HDR_LEN 40

#define NF_IP6HDR_HOPOPT   0
#define NF_IP6HDR_ROUTING  43
#define NF_IP6HDR_FRAGMENT 44
#define NF_IP6HDR_DSTOPT   60

/* The marked header if all of it is in the packet, else NULL. */
UK_INLINE struct nf_ip6_hdr *nf_ip6hdr_of(const struct uk_netbuf *p)
{
	uint8_t *at = nf_packet_l3(p);

	return at != NULL && nf_packet_left(p, at) >= NF_IP6HDR_LEN
		       ? (struct nf_ip6_hdr *)(void *)at
		       : NULL;
}

/* The header begins at `at`. */
UK_INLINE void nf_ip6hdr_mark(struct uk_netbuf *p, const uint8_t *at)
{
	nf_packet_set_l3(p, at);
	nf_packet_set_l4(p, at + NF_IP6HDR_LEN);
}

UK_INLINE unsigned nf_ip6hdr_version(const struct nf_ip6_hdr *h)
{
	return *(const uint8_t *)h >> 4;
}

UK_INLINE uint8_t nf_ip6hdr_class(const struct nf_ip6_hdr *h)
{
	return (uint8_t)(nf_inet_ntoh32(h->vtf) >> 20);
}

/* Version 6 with a traffic class. */
UK_INLINE nf_be32 nf_ip6hdr_vtf(uint8_t class)
{
	return nf_inet_hton32(6u << 28 | (uint32_t) class << 20);
}

UK_INLINE bool nf_ip6hdr_is_zero(const uint8_t addr[16])
{
	uint64_t v[2];

	memcpy(v, addr, sizeof(v));
	return (v[0] | v[1]) == 0;
}

UK_INLINE bool nf_ip6hdr_is_multicast(const uint8_t addr[16])
{
	return addr[0] == 0xff;
}

UK_INLINE uint8_t *nf_ip6hdr_dst_anno(const struct uk_netbuf *p)
{
	return nf_packet_anno(p)->user + NF_ANNO_DST_IP;
}

/* What an "each" function returns for a packet that output 1 is for. */
UK_INLINE int nf_ip6hdr_reject(const struct nf_element *e, unsigned reason)
{
	return e->nb_out > 1 ? 1 : NF_DROP(reason);
}

/* The checksum of what follows the header: `len` bytes of `proto`; 0 if it is right. */
UK_INLINE nf_be16 nf_ip6hdr_csum(
	const struct nf_ip6_hdr *h, uint8_t proto, const void *data, uint32_t len)
{
	return nf_inet_fold(nf_inet_sum(data, len, nf_inet_pseudo6(h->src, h->dst, proto, len)));
}

/*
 * Where the upper-layer header is, behind extension headers: bytes from `h` on, of the `left`
 * that there are. *proto: what it is; *is_later: it is a fragment without that header. 0: the
 * packet ends before, or something is wrong with it.
 */
uint32_t nf_ip6hdr_upper(const struct nf_ip6_hdr *h, uint32_t left, uint8_t *proto, bool *is_later);

#endif
