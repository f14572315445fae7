/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RandomSwitch
 *
 * Each packet leaves by an output chosen at random, all equally likely.
 *
 * Ports: 1 push input, 1 and more push outputs.
 *
 *	... -> rs :: RandomSwitch -> q1; rs[1] -> q2;
 */
#include "nf-apps/click/element.h"

static inline int randomswitch_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	return (int)((uint64_t)nf_core_random(e->core) * e->nb_out >> 32);
}

NF_EACH_DEFINE(randomswitch)

const struct nf_class nf_randomswitch = {
	.name = "RandomSwitch",
	.ports = "1/1-",
	.processing = "h/h",
	NF_EACH(randomswitch),
};
