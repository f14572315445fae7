/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PaintTee(COLOR [, ANNO])
 *
 * Lets all packets pass, and pushes a copy of those of that color to output 1. What a router uses
 * to send redirects: a packet that leaves by the interface by which it came.
 *
 *	COLOR  0 to 255
 *	ANNO   the annotation byte to look at: a name or 0 to 47. Default PAINT
 *
 * Ports: 1 input, 2 outputs; the second is push.
 * Handlers: color (rw), anno (r).
 * Drops: no buffer (a copy that could not be made).
 *
 *	... -> pt :: PaintTee(1) -> ...; pt[1] -> ICMPError(10.0.0.1, redirect, host) -> ...
 */
#include "nf-apps/element/basic/color.h"
#include "nf-apps/element/basic/copies.h"

static void painttee_copy(struct nf_element *e, struct uk_netbuf *const v[], uint16_t n)
{
	const struct nf_color_conf *c = e->conf;
	const struct nf_color_state *s = e->state;
	struct uk_netbuf *match[UK_BURST_MAX];
	uint16_t nb = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (nf_packet_anno_u8(v[i], c->anno) == s->color)
			match[nb++] = v[i];
	}
	if (nb > 0)
		nf_copies_emit(e, 1, match, nb);
}

static void painttee_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	painttee_copy(e, v, n);
	nf_element_emit(e, 0, v, n);
}

static uint16_t painttee_pull(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	n = nf_element_fetch(e, 0, v, n);
	painttee_copy(e, v, n);
	return n;
}

const struct nf_class nf_painttee = {
	.name = "PaintTee",
	.ports = "1/2",
	.processing = "a/ah",
	.conf_size = sizeof(struct nf_color_conf),
	.state_size = sizeof(struct nf_color_state),
	.configure = nf_color_configure,
	.push = painttee_push,
	.pull = painttee_pull,
	.drops = nf_copies_drops,
	.handlers = nf_color_handlers,
	.flags = NF_CLASS_ANNO,
};
