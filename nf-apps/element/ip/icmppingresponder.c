/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMPPingResponder()
 *
 * Answers ICMP echo requests (RFC 792; RFC 1812, 4.3.3.6), in place: the packet goes back to its
 * source with what it carried. The reply's time to live is 255, its fragment bits are 0, its
 * destination annotation its destination, its paint 0, its time stamp now. Packets that are no
 * echo requests leave unchanged by output 1, or are dropped if there is none. So are fragments of
 * requests, which IPReassembler has to make whole first, and requests to a broadcast or multicast
 * address (RFC 1122, 3.2.2.6). Source routes are not turned round.
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push. Packets have their IP header marked.
 * Drops: no echo request.
 *
 *	... -> IPClassifier(dst host 10.0.0.1 and icmp echo) -> ICMPPingResponder -> [0]rt
 */
#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/icmp4.h"
#include "nf-apps/element/ip/ip4.h"

enum { ICMPPINGRESPONDER_OTHER };

#define ICMPPINGRESPONDER_TTL 255

/* The words of a header that change: where it is in memory, and the checksum that covers it. */
static inline void icmppingresponder_set16(void *at, nf_be16 is, nf_be16 *csum)
{
	nf_be16 was;

	memcpy(&was, at, sizeof(was));
	memcpy(at, &is, sizeof(is));
	*csum = nf_inet_csum_adjust16(*csum, was, is);
}

/* An update can not tell 0 from 0xffff; 0 is wrong for a message of nothing but zeros. */
static void icmppingresponder_recount(const struct nf_ip4 *ip, struct nf_icmp *icmp, uint32_t left)
{
	uint32_t len = nf_inet_ntoh16(ip->len) - nf_inet_ip4_hlen(ip);

	icmp->csum = nf_inet_csum(icmp, len < left ? len : left);
}

static inline struct nf_icmp *icmppingresponder_request(
	const struct uk_netbuf *p, struct nf_ip4 **hdr)
{
	uint32_t hlen = 0;
	struct nf_ip4 *ip = *hdr = nf_ip4_hdr_whole(p, &hlen);
	struct nf_icmp *icmp;

	if (ip == NULL || ip->proto != NF_IP_ICMP || nf_inet_ip4_is_fragment(ip) ||
		nf_ip4_left(p) - hlen < sizeof(*icmp))
		return NULL;
	icmp = (struct nf_icmp *)(void *)((uint8_t *)ip + hlen);
	if (icmp->type != NF_ICMP4_ECHO || ip->dst == UINT32_MAX || nf_ip4_is_multicast(ip->dst))
		return NULL;
	return icmp;
}

static inline int icmppingresponder_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct nf_ip4 *ip;
	struct nf_icmp *icmp = icmppingresponder_request(p, &ip);
	nf_be16 csum;
	nf_be32 addr;

	if (icmp == NULL)
		return e->nb_out > 1 ? 1 : NF_DROP(ICMPPINGRESPONDER_OTHER);
	addr = ip->src;
	ip->src = ip->dst;
	ip->dst = addr;
	csum = ip->csum;
	icmppingresponder_set16(&ip->off, 0, &csum);
	icmppingresponder_set16(
		&ip->ttl, nf_inet_hton16(ICMPPINGRESPONDER_TTL << 8 | NF_IP_ICMP), &csum);
	ip->csum = csum;
	csum = icmp->csum;
	icmppingresponder_set16(icmp, nf_inet_hton16(NF_ICMP4_ECHO_REPLY << 8), &csum);
	icmp->csum = csum;
	if (UK_UNLIKELY(csum == 0))
		icmppingresponder_recount(ip, icmp, (uint32_t)(p->data + p->len - (uint8_t *)icmp));
	nf_packet_set_dst_ip(p, addr);
	nf_packet_set_anno_u8(p, NF_ANNO_PAINT, 0);
	nf_packet_anno(p)->time_ns = nf_core_wall_ns();
	return 0;
}

NF_EACH_DEFINE(icmppingresponder)

const struct nf_class nf_icmppingresponder = {
	.name = "ICMPPingResponder",
	.ports = "1/1-2",
	.processing = "a/ah",
	NF_EACH(icmppingresponder),
	.drops = (const char *const[]){ "no echo request", NULL },
	.flags = NF_CLASS_ANNO,
};
