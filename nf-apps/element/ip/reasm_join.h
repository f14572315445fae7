/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside of reasm: what a fragment says about itself, and fragments put together.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP_REASM_JOIN_H
#define SLUICE_NF_APPS_ELEMENT_IP_REASM_JOIN_H

#include "nf-apps/element/ip/reasm.h"

struct nf_reasm_frag {
	struct nf_ip4 *ip;
	uint8_t *data;           /* payload */
	uint32_t hlen, off, end; /* off, end: of the payload in the datagram */
	bool more;
};

/* Of a fragment whose lengths are right. */
UK_INLINE struct nf_reasm_frag nf_reasm_frag(const struct uk_netbuf *p)
{
	struct nf_ip4 *ip = (struct nf_ip4 *)(void *)(p->buf + p->l3_off);
	uint32_t hlen = nf_inet_ip4_hlen(ip), bits = nf_inet_ntoh16(ip->off);
	uint32_t off = (bits & NF_IP_OFFSET) * 8;

	return (struct nf_reasm_frag){ .ip = ip,
		.data = (uint8_t *)ip + hlen,
		.hlen = hlen,
		.off = off,
		.end = off + nf_inet_ntoh16(ip->len) - hlen,
		.more = (bits & NF_IP_MF) != 0 };
}

/* Checks the lengths, cuts what is behind the IP packet, takes a stripped header back. False: it is
 * bad. */
bool nf_reasm_frag_check(struct uk_netbuf *p, struct nf_reasm_frag *f) UK_MUST_USE;

/*
 * One packet of the datagram's fragments, which are taken; with `partial` there may be holes. NULL:
 * no buffer, or too long: the fragments are still there.
 */
struct uk_netbuf *nf_reasm_join(struct nf_reasm *r, struct nf_reasm_dgram *d, bool partial)
	UK_MUST_USE;

#endif
