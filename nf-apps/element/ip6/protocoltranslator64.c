/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ProtocolTranslator64()
 *
 * Translates IPv6 packets to IPv4 packets (RFC 7915, 5): ::ffff:a.b.c.d (or ::a.b.c.d) becomes
 * a.b.c.d; of ICMP also the message and the packet in an error. Extension headers are left out,
 * but for what a fragment header says. Marks the header, and sets the destination address
 * annotation. The hop limit is not counted: put a DecIP6HLIM in front.
 *
 * Ports: 1 input, 1 output; push or pull. The packet begins with its IPv6 header.
 * Drops: bad header, not an IPv4 address, source route, fragment (of ICMP), ICMP (without
 * counterpart, or wrong), no room.
 *
 *	... -> CheckIP6Header -> ProtocolTranslator64 -> CheckIPHeader -> RadixIPLookup(...)
 */
#include "nf-apps/element/ip6/siit.h"

#define PROTOCOLTRANSLATOR64_BAD(what) (-1 - NF_SIIT_##what)

struct protocoltranslator64_state {
	uint16_t next_id;
};

/* `ip`: the header that was in front, for the checksum. */
static int protocoltranslator64_icmp(
	struct uk_netbuf *p, const struct nf_ip6_hdr *ip, struct nf_siit_hdr *h)
{
	if (h->is_fragment)
		return PROTOCOLTRANSLATOR64_BAD(FRAGMENT);
	if (nf_ip6hdr_csum(ip, NF_IP_ICMP6, p->data, p->len) != 0)
		return PROTOCOLTRANSLATOR64_BAD(ICMP);
	return nf_siit_icmp64(p, h);
}

static int protocoltranslator64_one(struct protocoltranslator64_state *s, struct uk_netbuf *p)
{
	struct nf_ip6_hdr was;
	struct nf_siit_hdr h;
	int rc = nf_siit_read6(p->data, p->len, true, &h);

	if (rc < 0)
		return rc;
	memcpy(&was, p->data, sizeof(was));
	p->len = h.hdr_len + h.data_len;
	nf_packet_pull(p, h.hdr_len);
	if (h.proto == NF_IP_ICMP) {
		rc = protocoltranslator64_icmp(p, &was, &h);
		if (rc < 0)
			return rc;
	}
	if (!nf_packet_push(p, NF_SIIT_IP4_LEN))
		return PROTOCOLTRANSLATOR64_BAD(ROOM);
	nf_siit_write4(p->data, &h, &s->next_id);
	p->flags = 0;
	nf_packet_set_dst_ip(p, h.be_dst);
	nf_packet_set_l3(p, p->data);
	nf_packet_set_l4(p, p->data + NF_SIIT_IP4_LEN);
	return 0;
}

static inline int protocoltranslator64_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	int rc = protocoltranslator64_one(e->state, p);

	return rc < 0 ? NF_DROP(-1 - rc) : 0;
}

NF_EACH_DEFINE(protocoltranslator64)

const struct nf_class nf_protocoltranslator64 = {
	.name = "ProtocolTranslator64",
	.ports = "1/1",
	.processing = "a/a",
	.state_size = sizeof(struct protocoltranslator64_state),
	NF_EACH(protocoltranslator64),
	.drops = (const char *const[]){ NF_SIIT_DROPS },
	.flags = NF_CLASS_ANNO,
};
