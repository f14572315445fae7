/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RoundRobinSched, SimpleRoundRobinSched
 *
 * Gives, when it is pulled, one packet of each input in turn; an input that has none is passed
 * over. The next pull begins behind the input that gave the last packet.
 *
 * Ports: any number of pull inputs, 1 pull output
 * Example: r :: RoundRobinSched; a :: Queue -> [0] r; b :: Queue -> [1] r; r -> ToDevice(eth0);
 */
#include "nf-apps/click/element.h"

struct roundrobinsched {
	uint32_t next; /* input to begin with */
};

/* What one pull took of an input, until it is put in turn. */
struct roundrobinsched_part {
	uint16_t from, nb; /* in the common vector */
	uint16_t input;
};

/* Each input's share of a pull, taken as a vector. Returns how many parts. */
static unsigned roundrobinsched_take(struct nf_element *e, uint32_t first,
	struct roundrobinsched_part parts[], struct uk_netbuf **v, uint16_t n)
{
	uint16_t share = (uint16_t)(n / e->nb_in > 0 ? n / e->nb_in : 1), got = 0;
	unsigned nb_parts = 0;

	for (uint32_t k = 0; k < e->nb_in && got < n; k++) {
		uint16_t input = (uint16_t)((first + k) % e->nb_in);
		uint16_t nb = nf_element_fetch(e, input, v + got, share);

		if (nb == 0)
			continue;
		parts[nb_parts++] = (struct roundrobinsched_part){ got, nb, input };
		got = (uint16_t)(got + nb);
	}
	return nb_parts;
}

/*
 * Fetches vectors and deals them out one packet each: the order is that of single pulls, but when
 * an input runs dry there may be fewer than n.
 */
static uint16_t roundrobinsched_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct roundrobinsched *s = e->state;
	struct roundrobinsched_part parts[UK_BURST_MAX];
	struct uk_netbuf *all[UK_BURST_MAX];
	uint32_t first = s->next < e->nb_in ? s->next : 0;
	unsigned nb_parts = e->nb_in > 0 ? roundrobinsched_take(e, first, parts, all, n) : 0;
	uint16_t got = 0;

	for (uint16_t round = 0; nb_parts > 0; round++) {
		uint16_t before = got;

		for (unsigned i = 0; i < nb_parts; i++) {
			if (round >= parts[i].nb)
				continue;
			v[got++] = all[parts[i].from + round];
			s->next = parts[i].input + 1u;
		}
		if (got == before)
			break;
	}
	return got;
}

const struct nf_class nf_roundrobinsched = {
	.name = "RoundRobinSched",
	.ports = "-/1",
	.processing = "l/l",
	.state_size = sizeof(struct roundrobinsched),
	.pull = roundrobinsched_pull,
};
const struct nf_class nf_roundrobinsched_simple = {
	.name = "SimpleRoundRobinSched",
	.ports = "-/1",
	.processing = "l/l",
	.state_size = sizeof(struct roundrobinsched),
	.pull = roundrobinsched_pull,
};
