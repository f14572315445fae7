/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * StrideSwitch(TICKETS0, TICKETS1, ...)
 *
 * Sends each packet to one output, so that outputs get packets in proportion to their tickets, by
 * stride scheduling.
 *
 * Arguments, handlers: see stride.h; one number for each output
 * Ports: 1 push input, 1 or more push outputs
 * Drops: "no tickets" (no output has any)
 * Example: s :: StrideSwitch(3, 1); ... -> s; s[0] -> big; s[1] -> small;
 */
#include "nf-apps/element/queue/stride.h"

enum { STRIDESWITCH_NO_TICKETS };

static int strideswitch_configure(struct nf_element *e, struct nf_args *a)
{
	return nf_stride_configure(e->state, a, e->nb_out);
}

static void strideswitch_cleanup(struct nf_element *e)
{
	nf_stride_free(e->state);
}

static inline int strideswitch_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct nf_stride *s = e->state;
	int port;

	if (s->nb_order == 0)
		return NF_DROP(STRIDESWITCH_NO_TICKETS);
	port = s->order[0];
	nf_stride_charge(s, 1);
	return port;
}

NF_EACH_DEFINE(strideswitch)

const struct nf_class nf_strideswitch = {
	.name = "StrideSwitch",
	.ports = "1/1-",
	.processing = "h/h",
	.state_size = sizeof(struct nf_stride),
	.configure = strideswitch_configure,
	.cleanup = strideswitch_cleanup,
	.handlers = nf_stride_handlers,
	.drops = (const char *const[]){ "no tickets", NULL },
	NF_EACH(strideswitch),
};
