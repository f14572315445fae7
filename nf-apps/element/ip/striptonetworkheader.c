/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * StripToNetworkHeader()
 *
 * Makes each packet begin at its network header, as CheckIPHeader or MarkIPHeader said where that
 * is: what stands before it is stripped, and a header that had been stripped comes back.
 *
 * Ports: 1 input, 1 output.
 * Drops: no network header: nobody said where it is, or it lies behind the packet's end.
 *
 *	... -> CheckIPHeader(14) -> StripToNetworkHeader -> IPFragmenter(1400) -> ...
 */
#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ip4.h"

enum { STRIPTONETWORKHEADER_NONE };

static inline int striptonetworkheader_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	uint32_t end = nf_ip4_end(p);

	if (UK_UNLIKELY(p->l3_off == UK_NETBUF_NO_OFF || p->l3_off > end))
		return NF_DROP(STRIPTONETWORKHEADER_NONE);
	p->data = p->buf + p->l3_off;
	p->len = end - p->l3_off;
	return 0;
}

NF_EACH_DEFINE(striptonetworkheader)

const struct nf_class nf_striptonetworkheader = {
	.name = "StripToNetworkHeader",
	.ports = "1/1",
	.processing = "a/a",
	NF_EACH(striptonetworkheader),
	.drops = (const char *const[]){ "no network header", NULL },
};
