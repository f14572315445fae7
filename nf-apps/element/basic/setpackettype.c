/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SetPacketType(TYPE)
 *
 * Sets each packet's type annotation: whom its Ethernet address means.
 *
 *	TYPE  HOST, BROADCAST, MULTICAST, OTHERHOST, OUTGOING, or LOOPBACK
 *
 * Ports: 1 input, 1 output; push or pull.
 *
 *	... -> SetPacketType(HOST) -> ...
 */
#include "nf-apps/click/element.h"

struct setpackettype_conf {
	uint32_t type;
};

static int setpackettype_configure(struct nf_element *e, struct nf_args *a)
{
	/* in the order of enum nf_packet_type, which is Linux' */
	static const char *const names[] = { "HOST", "BROADCAST", "MULTICAST", "OTHERHOST",
		"OUTGOING", "LOOPBACK", NULL };
	struct setpackettype_conf *c = e->conf;

	nf_args_enum(a, "TYPE", NF_ARGS_POS | NF_ARGS_MUST, names, &c->type);
	return nf_args_end(a);
}

static inline int setpackettype_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct setpackettype_conf *c = conf;

	nf_packet_anno(p)->type = (uint8_t)c->type;
	return 0;
}

NF_EACH_DEFINE(setpackettype)

const struct nf_class nf_setpackettype = {
	.name = "SetPacketType",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct setpackettype_conf),
	.configure = setpackettype_configure,
	.flags = NF_CLASS_ANNO,
	NF_EACH(setpackettype),
};
