/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PrioSched, SimplePrioSched
 *
 * Gives, when it is pulled, what input 0 has; when that has nothing, what input 1 has; and so on:
 * strict priorities.
 *
 * Ports: any number of pull inputs, 1 pull output
 * Example: p :: PrioSched; urgent :: Queue -> [0] p; rest :: Queue -> [1] p; p -> ToDevice(eth0);
 */
#include "nf-apps/click/element.h"

static uint16_t priosched_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	uint16_t got = 0;

	for (unsigned i = 0; i < e->nb_in && got < n; i++)
		got = (uint16_t)(got + nf_element_fetch(e, i, v + got, (uint16_t)(n - got)));
	return got;
}

const struct nf_class nf_priosched = {
	.name = "PrioSched",
	.ports = "-/1",
	.processing = "l/l",
	.pull = priosched_pull,
};
const struct nf_class nf_priosched_simple = {
	.name = "SimplePrioSched",
	.ports = "-/1",
	.processing = "l/l",
	.pull = priosched_pull,
};
