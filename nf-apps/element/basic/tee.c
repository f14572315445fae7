/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tee([N])
 *
 * Gives every packet to all of its outputs: copies to the first ones, the packet itself to the
 * last.
 *
 *	N  number of outputs; as many have to be connected. Default: as many as are connected
 *
 * Ports: 1 push input, any number of push outputs.
 * Drops: no buffer (a copy that could not be made).
 *
 *	... -> t :: Tee -> ...; t[1] -> ...
 */
#include "nf-apps/element/basic/copies.h"

static int tee_configure(struct nf_element *e, struct nf_args *a)
{
	uint32_t n = e->nb_out;

	if (nf_args_u32(a, "N", NF_ARGS_POS, &n) && n != e->nb_out)
		nf_args_error(a, "N: %u outputs are connected, not %u", e->nb_out, n);
	return nf_args_end(a);
}

static void tee_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	for (unsigned i = 0; i + 1 < e->nb_out; i++)
		nf_copies_emit(e, i, v, n);
	nf_element_emit(e, e->nb_out - 1u, v, n);
}

const struct nf_class nf_tee = {
	.name = "Tee",
	.ports = "1/1-",
	.processing = "h/h",
	.configure = tee_configure,
	.push = tee_push,
	.drops = nf_copies_drops,
};
