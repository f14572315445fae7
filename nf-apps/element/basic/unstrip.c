/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unstrip(LENGTH)
 *
 * Puts bytes in front of each packet: those that a Strip took off, or zeros where its buffer had no
 * bytes before.
 *
 *	LENGTH  bytes to put in front
 *
 * Ports: 1 input, 1 output; push or pull.
 * Drops: no room (the packet would not fit in its buffer).
 *
 *	... -> Strip(14) -> IPPrint -> Unstrip(14) -> ...
 */
#include "nf-apps/click/element.h"

enum { UNSTRIP_NO_ROOM };

struct unstrip_conf {
	uint32_t length;
};

static int unstrip_configure(struct nf_element *e, struct nf_args *a)
{
	struct unstrip_conf *c = e->conf;

	nf_args_u32(a, "LENGTH", NF_ARGS_POS | NF_ARGS_MUST, &c->length);
	return nf_args_end(a);
}

static inline int unstrip_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct unstrip_conf *c = conf;
	uint32_t had = uk_netbuf_headroom(p);

	if (UK_UNLIKELY(!nf_packet_push(p, c->length)))
		return NF_DROP(UNSTRIP_NO_ROOM);
	if (UK_UNLIKELY(had < c->length))
		memset(p->data, 0, c->length - had);
	return 0;
}

NF_EACH_DEFINE(unstrip)

const struct nf_class nf_unstrip = {
	.name = "Unstrip",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct unstrip_conf),
	.configure = unstrip_configure,
	.drops = (const char *const[]){ "no room", NULL },
	NF_EACH(unstrip),
};
