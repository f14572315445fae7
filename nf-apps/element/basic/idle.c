/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Idle
 *
 * Takes every packet that is pushed to it and gives none: what ports are connected to that are to
 * stay silent. A task that pulls from it sleeps.
 *
 * Ports: any number of inputs and outputs, push or pull. Packets are not counted as drops.
 *
 *	Idle -> Strip(14) -> [1]other;
 */
#include "nf-apps/click/element.h"
#include "nf-apps/click/signal.h"

struct idle_state {
	struct nf_signal signal; /* never active */
};

static void idle_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	uk_netbuf_free_burst(v, n);
}

static uint16_t idle_pull(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	return 0;
}

static struct nf_signal *idle_signal(struct nf_element *e, unsigned port)
{
	return &((struct idle_state *)e->state)->signal;
}

const struct nf_class nf_idle = {
	.name = "Idle",
	.ports = "-/-",
	.processing = "a/a",
	.flow = "x/y",
	.state_size = sizeof(struct idle_state),
	.push = idle_push,
	.pull = idle_pull,
	.signal = idle_signal,
};
