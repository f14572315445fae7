/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MarkIP6Header([OFFSET])
 *
 * Marks where each packet's IPv6 header is, without a check: see CheckIP6Header. A packet that
 * ends before gets no mark.
 *
 *	OFFSET  of the header in the packet. Default 0
 *
 * Ports: 1 input, 1 output; push or pull.
 *
 *	... -> MarkIP6Header(14) -> DecIP6HLIM -> ...
 */
#include "nf-apps/element/ip6/ip6hdr.h"

struct markip6header_conf {
	uint32_t offset;
};

static int markip6header_configure(struct nf_element *e, struct nf_args *a)
{
	struct markip6header_conf *c = e->conf;

	nf_args_u32(a, "OFFSET", NF_ARGS_POS, &c->offset);
	return nf_args_end(a);
}

static inline int markip6header_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct markip6header_conf *c = conf;

	if (UK_LIKELY(p->len >= NF_IP6HDR_LEN && p->len - NF_IP6HDR_LEN >= c->offset))
		nf_ip6hdr_mark(p, p->data + c->offset);
	return 0;
}

NF_EACH_DEFINE(markip6header)

const struct nf_class nf_markip6header = {
	.name = "MarkIP6Header",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct markip6header_conf),
	.configure = markip6header_configure,
	NF_EACH(markip6header),
};
