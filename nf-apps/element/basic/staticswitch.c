/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * StaticSwitch(OUTPUT)
 *
 * Sends all packets to one of its outputs, for good.
 *
 *	OUTPUT  number of the output; negative, or one that is not there: packets are dropped
 *
 * Ports: 1 push input, any number of push outputs.
 * Drops: switched off.
 *
 *	define($debug 0) ... -> sw :: StaticSwitch($debug); sw[1] -> Print -> ...
 */
#include "nf-apps/click/element.h"

enum { STATICSWITCH_OFF };

struct staticswitch_conf {
	int32_t output;
};

static int staticswitch_configure(struct nf_element *e, struct nf_args *a)
{
	struct staticswitch_conf *c = e->conf;

	nf_args_i32(a, "OUTPUT", NF_ARGS_POS | NF_ARGS_MUST, &c->output);
	if (c->output < 0 || c->output >= e->nb_out)
		c->output = -1;
	return nf_args_end(a);
}

static inline int staticswitch_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct staticswitch_conf *c = conf;

	return c->output >= 0 ? c->output : NF_DROP(STATICSWITCH_OFF);
}

NF_EACH_DEFINE(staticswitch)

const struct nf_class nf_staticswitch = {
	.name = "StaticSwitch",
	.ports = "1/-",
	.processing = "h/h",
	.conf_size = sizeof(struct staticswitch_conf),
	.configure = staticswitch_configure,
	.drops = (const char *const[]){ "switched off", NULL },
	NF_EACH(staticswitch),
};
