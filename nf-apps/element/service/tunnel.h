/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tunnels over IPv4 have in common: the arguments of the outer header, the header itself,
 * written at once with a checksum that was summed up beforehand but for what differs from packet to
 * packet, and what the inner packet says about its flow, class and congestion.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_SERVICE_TUNNEL_H
#define SLUICE_NF_APPS_ELEMENT_SERVICE_TUNNEL_H

#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ip4.h"

/* Part of an element's conf. */
struct nf_tunnel {
	nf_be32 src, dst;
	uint32_t sum; /* of the header without dst, length, id, class and time to live */
	uint32_t mtu; /* of outer packets; 0: as long as IP has them */
	uint8_t ttl, dscp;
	bool dst_anno, ttl_inner, dscp_inner, df;
};

/* What the inner packet says; zeros if it is neither IPv4 nor IPv6. */
struct nf_tunnel_inner {
	uint8_t tos, ttl;
	uint32_t hash; /* the same for all packets of a flow */
};

#define NF_TUNNEL_TTL  64
#define NF_TUNNEL_CE   3u
#define NF_TUNNEL_HASH 0x9e3779b97f4a7c15ull

/* SRC, DST, which are positional; TTL, DSCP, DF, MTU. `overhead`: of the tunnel without IP. */
void nf_tunnel_args(struct nf_tunnel *t, struct nf_args *a);
/* Once the arguments are read. */
void nf_tunnel_prepare(struct nf_tunnel *t, uint8_t proto);

UK_INLINE uint64_t nf_tunnel_mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * NF_TUNNEL_HASH;
	return h ^ h >> 32;
}

UK_INLINE uint64_t nf_tunnel_u64(const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

UK_INLINE uint32_t nf_tunnel_u32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

/* Ports at the start of `l4`, of which `left` bytes are there. */
UK_INLINE uint64_t nf_tunnel_ports(uint64_t h, uint8_t proto, const uint8_t *l4, uint32_t left)
{
	bool ports = proto == NF_IP_TCP || proto == NF_IP_UDP || proto == NF_IP_SCTP;

	return nf_tunnel_mix(h, ports && left >= 4 ? nf_tunnel_u32(l4) : proto);
}

/* The IP packet of `len` bytes at `l3`, by its version; `h`: what is known of the flow. */
UK_INLINE struct nf_tunnel_inner nf_tunnel_look_ip(const uint8_t *l3, uint32_t len, uint64_t h)
{
	struct nf_tunnel_inner in = { 0, 0, (uint32_t)h };

	if (len >= NF_IP4_HLEN && l3[0] >> 4 == 4) {
		const struct nf_ip4 *ip = (const struct nf_ip4 *)(const void *)l3;
		uint32_t hlen = nf_inet_ip4_hlen(ip);

		h = nf_tunnel_mix(h, nf_tunnel_u64(l3 + 12));
		if (!nf_inet_ip4_is_fragment(ip) && hlen >= NF_IP4_HLEN && hlen <= len)
			h = nf_tunnel_ports(h, ip->proto, l3 + hlen, len - hlen);
		in = (struct nf_tunnel_inner){ ip->tos, ip->ttl, (uint32_t)h };
	} else if (len >= sizeof(struct nf_ip6_hdr) && l3[0] >> 4 == 6) {
		h = nf_tunnel_mix(h, nf_tunnel_u64(l3 + 8) ^ nf_tunnel_u64(l3 + 24) << 1);
		h = nf_tunnel_mix(h, nf_tunnel_u64(l3 + 16) ^ nf_tunnel_u64(l3 + 32) << 1);
		h = nf_tunnel_ports(h, l3[6], l3 + 40, len - 40);
		in = (struct nf_tunnel_inner){ (uint8_t)(l3[0] << 4 | l3[1] >> 4), l3[7],
			(uint32_t)h };
	}
	return in;
}

/* Bytes of an Ethernet header with at most one tag before an IP packet, or 0: none follows. */
UK_INLINE uint32_t nf_tunnel_ether_len(const uint8_t *frame, uint32_t len)
{
	uint32_t at = 12;

	if (len < NF_ETHER_LEN + NF_ETHER_VLAN_LEN)
		return 0;
	if (nf_inet_get16(frame + at) == NF_ETHERTYPE_VLAN)
		at += NF_ETHER_VLAN_LEN;
	if (nf_inet_get16(frame + at) != NF_ETHERTYPE_IP &&
		nf_inet_get16(frame + at) != NF_ETHERTYPE_IP6)
		return 0;
	return at + 2;
}

/* The frame of `len` >= NF_ETHER_LEN bytes. */
UK_INLINE struct nf_tunnel_inner nf_tunnel_look_ether(const uint8_t *frame, uint32_t len)
{
	uint64_t h =
		nf_tunnel_mix(nf_tunnel_mix(0, nf_tunnel_u64(frame)), nf_tunnel_u32(frame + 8));
	uint32_t at = nf_tunnel_ether_len(frame, len);

	if (at == 0)
		return (struct nf_tunnel_inner){ 0, 0, (uint32_t)h };
	return nf_tunnel_look_ip(frame + at, len - at, h);
}

/* Does a packet of `len` bytes with its outer headers fit? */
UK_INLINE bool nf_tunnel_fits(const struct nf_tunnel *t, uint32_t len)
{
	return len <= (t->mtu != 0 ? t->mtu : NF_IP4_LEN_MAX);
}

/* Writes the outer IP header over the first 20 bytes of `p` and marks it. RFC 6040, 4.1: the
 * congestion field is the inner one's. */
UK_INLINE void nf_tunnel_header(struct uk_netbuf *p, const struct nf_tunnel *t, uint8_t proto,
	const struct nf_tunnel_inner *in, uint16_t id)
{
	struct nf_ip4 *ip = (struct nf_ip4 *)(void *)p->data;
	nf_be32 dst = t->dst_anno ? nf_packet_dst_ip(p) : t->dst;
	uint8_t tos =
		t->dscp_inner ? in->tos : (uint8_t)(t->dscp << 2 | (in->tos & NF_IP4_ECN_MASK));
	uint8_t ttl = t->ttl_inner && in->ttl != 0 ? in->ttl : t->ttl;
	nf_be16 len = nf_inet_hton16((uint16_t)p->len), be_id = nf_inet_hton16(id);

	*ip = (struct nf_ip4){
		.vhl = NF_IP4_VHL,
		.tos = tos,
		.len = len,
		.id = be_id,
		.off = t->df ? nf_inet_hton16(NF_IP_DF) : 0,
		.ttl = ttl,
		.proto = proto,
		.csum = nf_inet_fold(
			(uint64_t)t->sum + dst + len + be_id + ((uint32_t)tos << 8) + ttl),
		.src = t->src,
		.dst = dst,
	};
	nf_ip4_mark(p, p->data, NF_IP4_HLEN);
	nf_packet_set_dst_ip(p, dst);
}

/* RFC 6040, 4.2: congestion that the tunnel met is told on. `l3`: the inner IP packet. False: its
 * sender would not understand: it is to be dropped. */
UK_INLINE bool nf_tunnel_congestion(uint8_t outer_tos, uint8_t *l3, uint32_t len)
{
	struct nf_ip4 *ip = (struct nf_ip4 *)(void *)l3;

	if (UK_LIKELY((outer_tos & NF_IP4_ECN_MASK) != NF_TUNNEL_CE))
		return true;
	if (len >= NF_IP4_HLEN && l3[0] >> 4 == 4) {
		if ((ip->tos & NF_IP4_ECN_MASK) == 0)
			return false;
		nf_ip4_set_tos(ip, ip->tos | NF_TUNNEL_CE);
	} else if (len >= sizeof(struct nf_ip6_hdr) && l3[0] >> 4 == 6) {
		if ((l3[1] >> 4 & NF_IP4_ECN_MASK) == 0)
			return false;
		l3[1] |= NF_TUNNEL_CE << 4;
	}
	return true;
}

/* The outer header with everything that it says it has. NULL: cut short, a fragment. `*len`: bytes
 * behind the header. */
UK_INLINE struct nf_ip4 *nf_tunnel_outer(const struct uk_netbuf *p, uint32_t *hlen, uint32_t *len)
{
	struct nf_ip4 *ip = nf_ip4_hdr_whole(p, hlen);
	uint32_t total;

	if (UK_UNLIKELY(ip == NULL || (uint8_t *)ip < p->data))
		return NULL;
	total = nf_inet_ntoh16(ip->len);
	if (UK_UNLIKELY(ip->vhl >> 4 != 4 || total < *hlen || total > nf_ip4_left(p) ||
			nf_inet_ip4_is_fragment(ip)))
		return NULL;
	*len = total - *hlen;
	return ip;
}

#endif
