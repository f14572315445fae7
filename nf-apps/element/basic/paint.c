/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Paint(COLOR [, ANNO])
 *
 * Sets each packet's paint annotation, a number that other elements look at.
 *
 *	COLOR  0 to 255
 *	ANNO   the annotation byte to set: a name or 0 to 47. Default PAINT
 *
 * Ports: 1 input, 1 output; push or pull.
 * Handlers: color (rw), anno (r).
 *
 *	in1 -> Paint(1) -> ps :: PaintSwitch; in2 -> Paint(2) -> ps;
 */
#include "nf-apps/element/basic/color.h"

static inline int paint_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct nf_color_conf *c = conf;
	const struct nf_color_state *s = e->state;

	nf_packet_set_anno_u8(p, c->anno, s->color);
	return 0;
}

NF_EACH_DEFINE(paint)

const struct nf_class nf_paint = {
	.name = "Paint",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct nf_color_conf),
	.state_size = sizeof(struct nf_color_state),
	.configure = nf_color_configure,
	.handlers = nf_color_handlers,
	.flags = NF_CLASS_ANNO,
	NF_EACH(paint),
};
