/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SetAnnoByte(ANNO, VALUE)
 *
 * Sets a byte of each packet's annotations.
 *
 *	ANNO   a name or 0 to 47
 *	VALUE  0 to 255
 *
 * Ports: 1 input, 1 output; push or pull.
 * Handlers: anno (r), value (rw).
 *
 *	... -> SetAnnoByte(5, 7) -> PaintSwitch(5)
 */
#include "nf-apps/element/basic/color.h"

static int setannobyte_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_color_conf *c = e->conf;
	struct nf_color_state *s = e->state;

	nf_args_anno(a, "ANNO", NF_ARGS_POS | NF_ARGS_MUST, 1, &c->anno);
	nf_args_u8(a, "VALUE", NF_ARGS_POS | NF_ARGS_MUST, &s->color);
	return nf_args_end(a);
}

static inline int setannobyte_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct nf_color_conf *c = conf;
	const struct nf_color_state *s = e->state;

	nf_packet_set_anno_u8(p, c->anno, s->color);
	return 0;
}

NF_EACH_DEFINE(setannobyte)

static const struct nf_handler setannobyte_handlers[] = {
	{ .name = "value",
		.read = nf_color_read,
		.write = nf_color_write,
		.arg = offsetof(struct nf_color_state, color) },
	{ .name = "anno", .read = nf_color_read_conf, .arg = offsetof(struct nf_color_conf, anno) },
	{ .name = NULL },
};

const struct nf_class nf_setannobyte = {
	.name = "SetAnnoByte",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct nf_color_conf),
	.state_size = sizeof(struct nf_color_state),
	.configure = setannobyte_configure,
	.handlers = setannobyte_handlers,
	.flags = NF_CLASS_ANNO,
	NF_EACH(setannobyte),
};
