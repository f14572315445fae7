/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/basic/color.h"

int nf_color_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_color_conf *c = e->conf;
	struct nf_color_state *s = e->state;

	c->anno = NF_ANNO_PAINT;
	nf_args_u8(a, "COLOR", NF_ARGS_POS | NF_ARGS_MUST, &s->color);
	nf_args_anno(a, "ANNO", NF_ARGS_POS, 1, &c->anno);
	return nf_args_end(a);
}

int nf_color_read(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	nf_text_printf(out, "%u", ((const uint8_t *)e->state)[off]);
	return 0;
}

int nf_color_read_conf(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	nf_text_printf(out, "%u", ((const uint8_t *)e->conf)[off]);
	return 0;
}

int nf_color_write(struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	uint64_t v;

	if (nf_addr_u64(value, &v) != 0 || v > UINT8_MAX)
		return nf_errors_add(errs, NULL, "'%s' is no number from 0 to 255", value);
	((uint8_t *)e->state)[off] = (uint8_t)v;
	return 0;
}

const struct nf_handler nf_color_handlers[] = {
	{ .name = "color",
		.read = nf_color_read,
		.write = nf_color_write,
		.arg = offsetof(struct nf_color_state, color) },
	{ .name = "anno", .read = nf_color_read_conf, .arg = offsetof(struct nf_color_conf, anno) },
	{ .name = NULL },
};
