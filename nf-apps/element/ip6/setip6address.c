/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SetIP6Address(IPADDR)
 *
 * Sets each packet's destination address annotation to an IPv6 address.
 *
 *	IPADDR  IPv6 address
 *
 * Ports: 1 input, 1 output; push or pull.
 *
 *	... -> SetIP6Address(2001:db8::1) -> IP6NDSolicitor(...)
 */
#include "nf-apps/element/ip6/ip6hdr.h"

struct setip6address_conf {
	struct nf_ip6 addr;
};

static int setip6address_configure(struct nf_element *e, struct nf_args *a)
{
	struct setip6address_conf *c = e->conf;

	nf_args_ip6(a, "IPADDR", NF_ARGS_POS | NF_ARGS_MUST, &c->addr);
	return nf_args_end(a);
}

static inline int setip6address_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct setip6address_conf *c = conf;

	memcpy(nf_ip6hdr_dst_anno(p), &c->addr, 16);
	return 0;
}

NF_EACH_DEFINE(setip6address)

const struct nf_class nf_setip6address = {
	.name = "SetIP6Address",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct setip6address_conf),
	.configure = setip6address_configure,
	NF_EACH(setip6address),
	.flags = NF_CLASS_ANNO,
};
