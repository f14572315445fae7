/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UnstripIPHeader()
 *
 * Puts the IP header back that StripIPHeader took off: a packet that begins behind its network
 * header begins at it again. Other packets pass as they are.
 *
 * Ports: 1 input, 1 output.
 * Drops: no IP header: nobody said where it is.
 *
 *	... -> StripIPHeader -> ... -> UnstripIPHeader -> ...
 */
#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ip4.h"

enum { UNSTRIPIPHEADER_NONE };

static inline int unstripipheader_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	uint32_t head = uk_netbuf_headroom(p);

	if (UK_UNLIKELY(p->l3_off == UK_NETBUF_NO_OFF))
		return NF_DROP(UNSTRIPIPHEADER_NONE);
	if (p->l3_off < head) {
		p->data = p->buf + p->l3_off;
		p->len += head - p->l3_off;
	}
	return 0;
}

NF_EACH_DEFINE(unstripipheader)

const struct nf_class nf_unstripipheader = {
	.name = "UnstripIPHeader",
	.ports = "1/1",
	.processing = "a/a",
	NF_EACH(unstripipheader),
	.drops = (const char *const[]){ "no IP header", NULL },
};
