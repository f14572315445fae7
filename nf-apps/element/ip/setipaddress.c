/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SetIPAddress(IPADDR [, ANNO])
 *
 * Sets each packet's destination annotation to IPADDR.
 *
 *	IPADDR  address
 *	ANNO    annotation of 4 bytes that is set instead. Default DST_IP
 *
 * Ports: 1 input, 1 output.
 *
 *	... -> SetIPAddress(10.0.0.254) -> ARPQuerier(...) -> ...
 */
#include "nf-apps/click/element.h"

struct setipaddress_conf {
	uint32_t addr;
	uint8_t anno;
};

static int setipaddress_configure(struct nf_element *e, struct nf_args *a)
{
	struct setipaddress_conf *c = e->conf;

	c->anno = NF_ANNO_DST_IP;
	nf_args_ip4(a, "IPADDR", NF_ARGS_POS | NF_ARGS_MUST, &c->addr);
	nf_args_anno(a, "ANNO", NF_ARGS_POS, 4, &c->anno);
	return nf_args_end(a);
}

static inline int setipaddress_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct setipaddress_conf *c = conf;

	nf_packet_set_anno_u32(p, c->anno, c->addr);
	return 0;
}

NF_EACH_DEFINE(setipaddress)

const struct nf_class nf_setipaddress = {
	.name = "SetIPAddress",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct setipaddress_conf),
	.configure = setipaddress_configure,
	NF_EACH(setipaddress),
	.flags = NF_CLASS_ANNO,
};
