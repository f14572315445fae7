/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/rewrite/maglev.h"

/* A member's way through the places: at, at + skip, at + 2 skip, ... */
struct maglev_way {
	uint32_t at, skip;
	uint32_t credit;
};

static uint64_t maglev_mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

bool nf_maglev_prime(uint32_t n)
{
	if (n < 2)
		return false;
	for (uint32_t d = 2; (uint64_t)d * d <= n; d++) {
		if (n % d == 0)
			return false;
	}
	return true;
}

/* The next free place of its preference. The table is a prime in size: the way meets all places. */
static uint32_t maglev_next(const uint16_t *place, uint32_t size, struct maglev_way *w)
{
	uint32_t at;

	do {
		at = w->at;
		w->at = (uint32_t)(((uint64_t)w->at + w->skip) % size);
	} while (place[at] != NF_MAGLEV_NONE);
	return at;
}

static void maglev_turns(uint16_t *place, uint32_t size, const struct nf_maglev_member *m,
	uint32_t nb, struct maglev_way *w, uint32_t most)
{
	uint32_t nb_taken = 0;

	for (;;) {
		for (uint32_t i = 0; i < nb; i++) {
			w[i].credit += m[i].weight;
			if (w[i].credit < most)
				continue;
			w[i].credit -= most;
			place[maglev_next(place, size, &w[i])] = (uint16_t)i;
			if (++nb_taken == size)
				return;
		}
	}
}

int nf_maglev_fill(uint16_t *place, uint32_t size, const struct nf_maglev_member *m, uint32_t nb,
	uint64_t seed)
{
	struct maglev_way *w = calloc(nb + 1, sizeof(*w));
	uint32_t most = 0;

	if (w == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < nb; i++) {
		uint64_t h = maglev_mix(m[i].name + seed * 0x9e3779b97f4a7c15ull);

		w[i].at = (uint32_t)(h % size);
		w[i].skip = (uint32_t)(maglev_mix(h) % (size - 1)) + 1;
		most = m[i].weight > most ? m[i].weight : most;
	}
	for (uint32_t i = 0; i < size; i++)
		place[i] = NF_MAGLEV_NONE;
	if (most > 0)
		maglev_turns(place, size, m, nb, w, most);
	free(w);
	return 0;
}
