/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CheckLength(LENGTH [, keywords USE_EXTRA_LENGTH])
 *
 * Packets of at most LENGTH bytes leave by output 0; longer ones by output 1, or are dropped if
 *there is none.
 *
 *	LENGTH            bytes that a packet may have
 *	USE_EXTRA_LENGTH  boolean: counts the packet's extra length annotation in. Default false
 *
 * Ports: 1 input, 1 or 2 outputs; the second is push.
 * Handlers: length (rw).
 * Drops: too long.
 *
 *	... -> cl :: CheckLength(1500) -> ...; cl[1] -> ICMPError(10.0.0.1, unreachable, needfrag)
 *-> ...
 */
#include "nf-apps/click/handler.h"

enum { CHECKLENGTH_TOO_LONG };

struct checklength_conf {
	bool use_extra_length;
};

struct checklength_state {
	uint32_t length;
};

static int checklength_configure(struct nf_element *e, struct nf_args *a)
{
	struct checklength_conf *c = e->conf;
	struct checklength_state *s = e->state;

	nf_args_u32(a, "LENGTH", NF_ARGS_POS | NF_ARGS_MUST, &s->length);
	nf_args_bool(a, "USE_EXTRA_LENGTH", 0, &c->use_extra_length);
	return nf_args_end(a);
}

static inline int checklength_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct checklength_conf *c = conf;
	const struct checklength_state *s = e->state;
	uint64_t len = p->len;

	if (c->use_extra_length)
		len += nf_packet_anno_u32(p, NF_ANNO_EXTRA_LENGTH);
	if (UK_LIKELY(len <= s->length))
		return 0;
	return e->nb_out > 1 ? 1 : NF_DROP(CHECKLENGTH_TOO_LONG);
}

NF_EACH_DEFINE(checklength)

static const struct nf_handler checklength_handlers[] = {
	{ .name = "length",
		.read = nf_handler_read_u32,
		.write = nf_handler_write_u32,
		.arg = offsetof(struct checklength_state, length) },
	{ .name = NULL },
};

const struct nf_class nf_checklength = {
	.name = "CheckLength",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct checklength_conf),
	.state_size = sizeof(struct checklength_state),
	.configure = checklength_configure,
	.drops = (const char *const[]){ "too long", NULL },
	.handlers = checklength_handlers,
	.flags = NF_CLASS_ANNO,
	NF_EACH(checklength),
};
