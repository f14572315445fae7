/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * StripIPHeader()
 *
 * Strips the outermost IP header, and all before it, off each packet. Positions and annotations
 * stay: the network header's still names the stripped one. For IP in IP, a CheckIPHeader or
 * MarkIPHeader behind it marks the inner header.
 *
 * Ports: 1 input, 1 output.
 * Drops: no IP header: nobody said where it is, or it is longer than the packet.
 *
 *	... -> CheckIPHeader -> StripIPHeader -> CheckIPHeader -> ...
 */
#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ip4.h"

enum { STRIPIPHEADER_NONE };

static inline int stripipheader_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	uint32_t hlen = 0, end = nf_ip4_end(p);

	if (UK_UNLIKELY(nf_ip4_hdr_whole(p, &hlen) == NULL))
		return NF_DROP(STRIPIPHEADER_NONE);
	p->data = p->buf + p->l3_off + hlen;
	p->len = end - p->l3_off - hlen;
	return 0;
}

NF_EACH_DEFINE(stripipheader)

const struct nf_class nf_stripipheader = {
	.name = "StripIPHeader",
	.ports = "1/1",
	.processing = "a/a",
	NF_EACH(stripipheader),
	.drops = (const char *const[]){ "no IP header", NULL },
};
