/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * StrideSched(TICKETS0, TICKETS1, ...)
 *
 * Gives, when it is pulled, packets of its inputs in proportion to their tickets, by stride
 * scheduling: the input whose turn it is, or the next in order that has a packet. Each that was
 * asked has had its turn.
 *
 * Arguments, handlers: see stride.h; one number for each input
 * Ports: 1 or more pull inputs, 1 pull output
 * Example: s :: StrideSched(4, 1); gold :: Queue -> [0] s; rest :: Queue -> [1] s; s ->
 * ToDevice(eth0);
 */
#include "nf-apps/element/queue/stride.h"

static int stridesched_configure(struct nf_element *e, struct nf_args *a)
{
	return nf_stride_configure(e->state, a, e->nb_in);
}

static void stridesched_cleanup(struct nf_element *e)
{
	nf_stride_free(e->state);
}

static uint16_t stridesched_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct nf_stride *s = e->state;
	uint16_t got = 0;
	bool found = true;

	while (got < n && found) {
		uint32_t asked = 0;

		found = false;
		while (asked < s->nb_order && !found)
			found = nf_element_fetch(e, s->order[asked++], v + got, 1) == 1;
		got = (uint16_t)(got + found);
		nf_stride_charge(s, asked);
	}
	return got;
}

const struct nf_class nf_stridesched = {
	.name = "StrideSched",
	.ports = "1-/1",
	.processing = "l/l",
	.state_size = sizeof(struct nf_stride),
	.configure = stridesched_configure,
	.cleanup = stridesched_cleanup,
	.pull = stridesched_pull,
	.handlers = nf_stride_handlers,
};
