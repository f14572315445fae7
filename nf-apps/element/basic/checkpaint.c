/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CheckPaint(COLOR [, ANNO])
 *
 * Packets of that color leave by output 0; others by output 1, or are dropped if there is none.
 *
 *	COLOR  0 to 255
 *	ANNO   the annotation byte to look at: a name or 0 to 47. Default PAINT
 *
 * Ports: 1 input, 1 or 2 outputs; the second is push.
 * Handlers: color (rw), anno (r).
 * Drops: other color.
 *
 *	... -> cp :: CheckPaint(2) -> ...; cp[1] -> Discard;
 */
#include "nf-apps/element/basic/color.h"

enum { CHECKPAINT_OTHER };

static inline int checkpaint_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct nf_color_conf *c = conf;
	const struct nf_color_state *s = e->state;

	if (nf_packet_anno_u8(p, c->anno) == s->color)
		return 0;
	return e->nb_out > 1 ? 1 : NF_DROP(CHECKPAINT_OTHER);
}

NF_EACH_DEFINE(checkpaint)

const struct nf_class nf_checkpaint = {
	.name = "CheckPaint",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct nf_color_conf),
	.state_size = sizeof(struct nf_color_state),
	.configure = nf_color_configure,
	.drops = (const char *const[]){ "other color", NULL },
	.handlers = nf_color_handlers,
	.flags = NF_CLASS_ANNO,
	NF_EACH(checkpaint),
};
