/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Headers in front of packets, for the Encap elements. Packet path, inlined.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP_IP4ENCAP_H
#define SLUICE_NF_APPS_ELEMENT_IP_IP4ENCAP_H

#include "nf-apps/element/ip/ip4.h"

enum { NF_IP4ENCAP_TOO_LONG, NF_IP4ENCAP_NO_ROOM };
/* For a class' drops, in the order of the numbers above. */
#define NF_IP4ENCAP_DROPS "too long for IP", "no room for headers", NULL

/* What one header has that another has not. */
struct nf_ip4encap {
	nf_be32 src, dst;
	uint16_t id;
	uint8_t proto, ttl;
};

/* Makes `n` bytes of room in front, IP header included. -1, or the reason why not. */
UK_INLINE int nf_ip4encap_room(struct uk_netbuf *p, uint32_t n)
{
	if (UK_UNLIKELY(p->len > NF_IP4_LEN_MAX - n))
		return NF_IP4ENCAP_TOO_LONG;
	return UK_LIKELY(nf_packet_push(p, n)) ? -1 : NF_IP4ENCAP_NO_ROOM;
}

/* Writes the IP header over the first 20 bytes and marks it. */
UK_INLINE struct nf_ip4 *nf_ip4encap_header(struct uk_netbuf *p, const struct nf_ip4encap *h)
{
	struct nf_ip4 *ip = (struct nf_ip4 *)(void *)p->data;

	*ip = (struct nf_ip4){
		.vhl = NF_IP4_VHL,
		.len = nf_inet_hton16((uint16_t)p->len),
		.id = nf_inet_hton16(h->id),
		.ttl = h->ttl,
		.proto = h->proto,
		.src = h->src,
		.dst = h->dst,
	};
	nf_ip4_set_csum(ip, NF_IP4_HLEN);
	nf_ip4_mark(p, p->data, NF_IP4_HLEN);
	return ip;
}

/* UDP over IP, ports in host order; the room is there. */
UK_INLINE void nf_ip4encap_udp(struct uk_netbuf *p, const struct nf_ip4encap *h, uint16_t sport,
	uint16_t dport, bool checksum)
{
	struct nf_ip4 *ip = nf_ip4encap_header(p, h);
	struct nf_udp *udp = (struct nf_udp *)(void *)(ip + 1);
	uint16_t len = (uint16_t)(p->len - NF_IP4_HLEN);

	*udp = (struct nf_udp){ .sport = nf_inet_hton16(sport),
		.dport = nf_inet_hton16(dport),
		.len = nf_inet_hton16(len) };
	if (checksum)
		udp->csum = nf_ip4_udp_csum(ip, udp, len);
}

/* ICMP over IP; the room is there. */
UK_INLINE void nf_ip4encap_icmp(
	struct uk_netbuf *p, const struct nf_ip4encap *h, uint8_t type, uint8_t code, uint16_t id)
{
	struct nf_icmp *icmp = (struct nf_icmp *)(void *)(nf_ip4encap_header(p, h) + 1);

	*icmp = (struct nf_icmp){
		.type = type, .code = code, .id = nf_inet_hton16(id), .seq = nf_inet_hton16(h->id)
	};
	icmp->csum = nf_inet_csum(icmp, p->len - NF_IP4_HLEN);
}

#endif
