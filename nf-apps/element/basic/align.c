/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Align(MODULUS, OFFSET)
 *
 * Moves each packet's data so that its address is OFFSET more than a multiple of MODULUS. Elements
 * here need no alignment; configurations that click-align went over have it in them.
 *
 *	MODULUS  2, 4 or 8
 *	OFFSET   0 to MODULUS - 1
 *
 * Ports: 1 input, 1 output; push or pull. Header marks move with the data.
 * Drops: no room (a packet that fills its buffer).
 *
 *	... -> Strip(14) -> Align(4, 0) -> CheckIPHeader -> ...
 */
#include "nf-apps/click/element.h"

enum { ALIGN_NO_ROOM };

struct align_conf {
	uint32_t mask, offset;
};

static int align_configure(struct nf_element *e, struct nf_args *a)
{
	struct align_conf *c = e->conf;
	uint32_t modulus = 0;

	if (nf_args_u32(a, "MODULUS", NF_ARGS_POS | NF_ARGS_MUST, &modulus) && modulus != 2 &&
		modulus != 4 && modulus != 8)
		nf_args_error(a, "MODULUS: must be 2, 4, or 8");
	if (nf_args_u32(a, "OFFSET", NF_ARGS_POS | NF_ARGS_MUST, &c->offset) &&
		c->offset >= modulus && modulus != 0)
		nf_args_error(a, "OFFSET: too large; max %u", modulus - 1);
	c->mask = modulus - 1;
	return nf_args_end(a);
}

static inline void align_offset(uint16_t *off, int by)
{
	int to = *off + by;

	if (*off != UK_NETBUF_NO_OFF)
		*off = to < 0 || to >= UK_NETBUF_NO_OFF ? UK_NETBUF_NO_OFF : (uint16_t)to;
}

static inline int align_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct align_conf *c = conf;
	uint32_t down = ((uint32_t)(uintptr_t)p->data - c->offset) & c->mask;
	int by;

	if (UK_LIKELY(down == 0))
		return 0;
	if (uk_netbuf_headroom(p) >= down)
		by = -(int)down;
	else if (uk_netbuf_tailroom(p) >= c->mask + 1 - down)
		by = (int)(c->mask + 1 - down);
	else
		return NF_DROP(ALIGN_NO_ROOM);
	memmove(p->data + by, p->data, p->len);
	p->data += by;
	align_offset(&p->l2_off, by);
	align_offset(&p->l3_off, by);
	align_offset(&p->l4_off, by);
	return 0;
}

NF_EACH_DEFINE(align)

const struct nf_class nf_align = {
	.name = "Align",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct align_conf),
	.configure = align_configure,
	.drops = (const char *const[]){ "no room", NULL },
	NF_EACH(align),
};
