/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ProtocolTranslator46()
 *
 * Translates IPv4 packets to IPv6 packets (RFC 7915, 4): a.b.c.d becomes ::ffff:a.b.c.d; of ICMP
 * also the message and the packet in an error. Fragments get a fragment header. Options are left
 * out. Marks the header, and sets the destination address annotation. The time to live is not
 * counted: put a DecIPTTL in front.
 *
 * Ports: 1 input, 1 output; push or pull. The packet begins with its IP header.
 * Drops: bad header, source route, fragment (of ICMP, or of UDP without checksum), ICMP (without
 * counterpart, or wrong), no room.
 *
 *	... -> CheckIPHeader -> ProtocolTranslator46 -> GetIP6Address(24) -> LookupIP6Route(...)
 */
#include "nf-apps/element/ip6/siit.h"

#define PROTOCOLTRANSLATOR46_BAD(what) (-1 - NF_SIIT_##what)

/* UDP without a checksum is not allowed in IPv6: `p` begins with the UDP header. */
static int protocoltranslator46_udp(struct uk_netbuf *p, const struct nf_siit_hdr *h)
{
	struct nf_udp *udp = (struct nf_udp *)(void *)p->data;
	uint64_t sum;

	if (h->offset != 0 || p->len < sizeof(*udp) || udp->csum != 0)
		return 0;
	if (h->is_fragment || nf_inet_ntoh16(udp->len) != p->len)
		return PROTOCOLTRANSLATOR46_BAD(FRAGMENT);
	/* the addresses' ff:ff do not count in a sum of ones' complements */
	sum = nf_inet_pseudo4(h->be_src, h->be_dst, NF_IP_UDP, (uint16_t)p->len);
	udp->csum = nf_inet_fold(nf_inet_sum(p->data, p->len, sum));
	if (udp->csum == 0)
		udp->csum = 0xffff;
	return 0;
}

static int protocoltranslator46_data(struct uk_netbuf *p, struct nf_siit_hdr *h)
{
	if (h->proto == NF_IP_UDP)
		return protocoltranslator46_udp(p, h);
	if (h->proto != NF_IP_ICMP)
		return 0;
	return h->is_fragment ? PROTOCOLTRANSLATOR46_BAD(FRAGMENT) : nf_siit_icmp46(p, h);
}

static int protocoltranslator46_one(struct uk_netbuf *p)
{
	struct nf_siit_hdr h;
	struct nf_ip6_hdr *ip;
	int rc = nf_siit_read4(p->data, p->len, true, &h);

	if (rc < 0)
		return rc;
	p->len = h.hdr_len + h.data_len;
	nf_packet_pull(p, h.hdr_len);
	rc = protocoltranslator46_data(p, &h);
	if (rc < 0)
		return rc;
	if (h.data_len + nf_siit_len6(&h) - NF_IP6HDR_LEN > UINT16_MAX ||
		!nf_packet_push(p, nf_siit_len6(&h)))
		return PROTOCOLTRANSLATOR46_BAD(ROOM);
	nf_siit_write6(p->data, &h);
	ip = (struct nf_ip6_hdr *)(void *)p->data;
	if (h.proto == NF_IP_ICMP) {
		struct nf_icmp6 *icmp = (struct nf_icmp6 *)(ip + 1);

		icmp->csum = nf_ip6hdr_csum(ip, NF_IP_ICMP6, icmp, h.data_len);
	}
	p->flags = 0;
	memcpy(nf_ip6hdr_dst_anno(p), ip->dst, 16);
	nf_ip6hdr_mark(p, p->data);
	return 0;
}

static inline int protocoltranslator46_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	int rc = protocoltranslator46_one(p);

	return rc < 0 ? NF_DROP(-1 - rc) : 0;
}

NF_EACH_DEFINE(protocoltranslator46)

const struct nf_class nf_protocoltranslator46 = {
	.name = "ProtocolTranslator46",
	.ports = "1/1",
	.processing = "a/a",
	NF_EACH(protocoltranslator46),
	.drops = (const char *const[]){ NF_SIIT_DROPS },
	.flags = NF_CLASS_ANNO,
};
