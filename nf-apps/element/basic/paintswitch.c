/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PaintSwitch([ANNO])
 *
 * A packet leaves by the output whose number is its color.
 *
 *	ANNO  the annotation byte to look at: a name or 0 to 47. Default PAINT
 *
 * Ports: 1 push input, any number of push outputs.
 * Handlers: anno (r).
 * Drops: no such output.
 *
 *	... -> ps :: PaintSwitch; ps[0] -> ...; ps[1] -> ...
 */
#include "nf-apps/element/basic/color.h"

enum { PAINTSWITCH_NO_OUTPUT };

static int paintswitch_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_color_conf *c = e->conf;

	c->anno = NF_ANNO_PAINT;
	nf_args_anno(a, "ANNO", NF_ARGS_POS, 1, &c->anno);
	return nf_args_end(a);
}

static inline int paintswitch_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct nf_color_conf *c = conf;
	uint8_t color = nf_packet_anno_u8(p, c->anno);

	return color < e->nb_out ? color : NF_DROP(PAINTSWITCH_NO_OUTPUT);
}

NF_EACH_DEFINE(paintswitch)

static const struct nf_handler paintswitch_handlers[] = {
	{ .name = "anno", .read = nf_color_read_conf, .arg = offsetof(struct nf_color_conf, anno) },
	{ .name = NULL },
};

const struct nf_class nf_paintswitch = {
	.name = "PaintSwitch",
	.ports = "1/1-",
	.processing = "h/h",
	.conf_size = sizeof(struct nf_color_conf),
	.configure = paintswitch_configure,
	.drops = (const char *const[]){ "no such output", NULL },
	.handlers = paintswitch_handlers,
	.flags = NF_CLASS_ANNO,
	NF_EACH(paintswitch),
};
