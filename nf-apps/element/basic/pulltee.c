/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PullTee([N])
 *
 * Passes on what it pulls by its first output, and pushes a copy of it to each of the others.
 *
 *	N  number of outputs; as many have to be connected. Default: as many as are connected
 *
 * Ports: 1 pull input; output 0 is pull, any number of others are push.
 * Drops: no buffer (a copy that could not be made).
 *
 *	Queue -> t :: PullTee -> ToDevice(0); t[1] -> ToDump(sent.pcap);
 */
#include "nf-apps/element/basic/copies.h"

static int pulltee_configure(struct nf_element *e, struct nf_args *a)
{
	uint32_t n = e->nb_out;

	if (nf_args_u32(a, "N", NF_ARGS_POS, &n) && n != e->nb_out)
		nf_args_error(a, "N: %u outputs are connected, not %u", e->nb_out, n);
	return nf_args_end(a);
}

static uint16_t pulltee_pull(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	n = nf_element_fetch(e, 0, v, n);
	for (unsigned i = 1; i < e->nb_out; i++)
		nf_copies_emit(e, i, v, n);
	return n;
}

const struct nf_class nf_pulltee = {
	.name = "PullTee",
	.ports = "1/1-",
	.processing = "l/lh",
	.configure = pulltee_configure,
	.pull = pulltee_pull,
	.drops = nf_copies_drops,
};
