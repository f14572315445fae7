/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * GetIP6Address(OFFSET)
 *
 * Copies 16 bytes of each packet to its destination address annotation, which LookupIP6Route and
 * IP6NDSolicitor look at.
 *
 *	OFFSET  in the packet; 24 is the destination of an IPv6 header at its begin
 *
 * Ports: 1 input, 1 output; push or pull.
 * Drops: too short.
 *
 *	... -> CheckIP6Header -> GetIP6Address(24) -> LookupIP6Route(...)
 */
#include "nf-apps/element/ip6/ip6hdr.h"

enum { GETIP6ADDRESS_SHORT };

struct getip6address_conf {
	uint32_t offset;
};

static int getip6address_configure(struct nf_element *e, struct nf_args *a)
{
	struct getip6address_conf *c = e->conf;

	nf_args_u32(a, "OFFSET", NF_ARGS_POS | NF_ARGS_MUST, &c->offset);
	return nf_args_end(a);
}

static inline int getip6address_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct getip6address_conf *c = conf;

	if (UK_UNLIKELY(p->len < 16 || p->len - 16 < c->offset))
		return NF_DROP(GETIP6ADDRESS_SHORT);
	memcpy(nf_ip6hdr_dst_anno(p), p->data + c->offset, 16);
	return 0;
}

NF_EACH_DEFINE(getip6address)

const struct nf_class nf_getip6address = {
	.name = "GetIP6Address",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct getip6address_conf),
	.configure = getip6address_configure,
	NF_EACH(getip6address),
	.drops = (const char *const[]){ "too short", NULL },
	.flags = NF_CLASS_ANNO,
};
