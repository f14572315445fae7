/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * StaticPullSwitch(INPUT)
 *
 * Pulls all packets from one of its inputs, for good.
 *
 *	INPUT  number of the input; negative, or one that is not there: it gives no packets
 *
 * Ports: any number of pull inputs, 1 pull output.
 *
 *	q1 -> sw :: StaticPullSwitch(0) -> ToDevice(0); q2 -> [1]sw;
 */
#include "nf-apps/click/element.h"

struct staticpullswitch_conf {
	int32_t input;
};

static int staticpullswitch_configure(struct nf_element *e, struct nf_args *a)
{
	struct staticpullswitch_conf *c = e->conf;

	nf_args_i32(a, "INPUT", NF_ARGS_POS | NF_ARGS_MUST, &c->input);
	if (c->input < 0 || c->input >= e->nb_in)
		c->input = -1;
	return nf_args_end(a);
}

static uint16_t staticpullswitch_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	const struct staticpullswitch_conf *c = e->conf;

	return c->input >= 0 ? nf_element_fetch(e, (unsigned)c->input, v, n) : 0;
}

const struct nf_class nf_staticpullswitch = {
	.name = "StaticPullSwitch",
	.ports = "-/1",
	.processing = "l/l",
	.conf_size = sizeof(struct staticpullswitch_conf),
	.configure = staticpullswitch_configure,
	.pull = staticpullswitch_pull,
};
