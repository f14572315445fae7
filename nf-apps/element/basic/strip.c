/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Strip(LENGTH)
 *
 * Takes bytes off the front of each packet. They stay in its buffer: Unstrip brings them back. Of a
 * shorter packet nothing is left, and it passes on empty.
 *
 *	LENGTH  bytes to take off
 *
 * Ports: 1 input, 1 output; push or pull. Header marks stay where they are.
 *
 *	FromDevice(0) -> Strip(14) -> CheckIPHeader -> ...
 */
#include "nf-apps/click/element.h"

struct strip_conf {
	uint32_t length;
};

static int strip_configure(struct nf_element *e, struct nf_args *a)
{
	struct strip_conf *c = e->conf;

	nf_args_u32(a, "LENGTH", NF_ARGS_POS | NF_ARGS_MUST, &c->length);
	return nf_args_end(a);
}

static inline int strip_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct strip_conf *c = conf;

	nf_packet_pull(p, UK_LIKELY(c->length <= p->len) ? c->length : p->len);
	return 0;
}

NF_EACH_DEFINE(strip)

const struct nf_class nf_strip = {
	.name = "Strip",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct strip_conf),
	.configure = strip_configure,
	NF_EACH(strip),
};
