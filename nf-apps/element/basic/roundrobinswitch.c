/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RoundRobinSwitch
 *
 * Each packet leaves by the output after that of the packet before.
 *
 * Ports: 1 push input, 1 and more push outputs.
 *
 *	... -> rr :: RoundRobinSwitch -> q1; rr[1] -> q2;
 */
#include "nf-apps/click/element.h"

struct roundrobinswitch_state {
	uint32_t next;
};

static inline int roundrobinswitch_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct roundrobinswitch_state *s = e->state;
	uint32_t out = s->next;

	s->next = out + 1 < e->nb_out ? out + 1 : 0;
	return (int)out;
}

NF_EACH_DEFINE(roundrobinswitch)

const struct nf_class nf_roundrobinswitch = {
	.name = "RoundRobinSwitch",
	.ports = "1/1-",
	.processing = "h/h",
	.state_size = sizeof(struct roundrobinswitch_state),
	NF_EACH(roundrobinswitch),
};
