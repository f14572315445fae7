/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "pktgen-bench/host/kvs/draw.h"

#define HUGE_BYTES ((size_t)1 << 21)

static uint32_t draw_gcd(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* About the golden section of nb, and coprime to it. */
static uint32_t draw_step(uint32_t nb)
{
	uint32_t step = (uint32_t)((double)nb * 0.6180339887498949) | 1;

	while (draw_gcd(step, nb) != 1)
		step++;
	return step;
}

static void draw_whole(struct pg_kvs_alias *alias, uint32_t at)
{
	alias[at] = (struct pg_kvs_alias){ .keep = UINT32_MAX, .other = at };
}

/*
 * Vose's construction: entries below the average are filled up by one above it. @share: of each key, average 1; used up.
 * The entries yet to fill are a list of those below (from 0 up) and of those above (from nb down) in one array.
 */
static void draw_fill(struct pg_kvs_alias *alias, uint32_t nb, double *share, uint32_t *todo)
{
	uint32_t below = 0, above = nb;

	for (uint32_t i = 0; i < nb; i++) {
		if (share[i] < 1)
			todo[below++] = i;
		else
			todo[--above] = i;
	}
	while (below && above < nb) {
		uint32_t small = todo[--below], large = todo[above];

		alias[small].keep = (uint32_t)(share[small] * 4294967295.0);
		alias[small].other = large;
		share[large] -= 1 - share[small];
		if (share[large] < 1) {
			above++;
			todo[below++] = large;
		}
	}
	/* What is left is an average entry but for rounding. */
	while (below)
		draw_whole(alias, todo[--below]);
	while (above < nb)
		draw_whole(alias, todo[above++]);
}

static int draw_zipf(struct pg_kvs_draw *d, double skew)
{
	double *share = malloc((size_t)d->nb * sizeof(*share)), sum = 0;
	uint32_t *todo = malloc((size_t)d->nb * sizeof(*todo));
	size_t bytes = (((size_t)d->nb * sizeof(*d->alias)) | (HUGE_BYTES - 1)) + 1;

	d->alias = aligned_alloc(HUGE_BYTES, bytes);
	if (!share || !todo || !d->alias) {
		free(share);
		free(todo);
		return -1;
	}
	(void)madvise(d->alias, bytes, MADV_HUGEPAGE);
	for (uint32_t i = d->nb; i-- > 0;) {
		share[i] = pow((double)i + 1, -skew);
		sum += share[i]; /* from small to large, to lose no digits */
	}
	for (uint32_t i = 0; i < d->nb; i++)
		share[i] *= d->nb / sum;
	draw_fill(d->alias, d->nb, share, todo);
	free(share);
	free(todo);
	return 0;
}

int pg_kvs_draw_init(struct pg_kvs_draw *d, uint32_t nb, double skew, uint64_t seed)
{
	*d = (struct pg_kvs_draw){ .nb = nb, .step = draw_step(nb), .random = seed };
	return skew > 0 ? draw_zipf(d, skew) : 0;
}

void pg_kvs_draw_free(struct pg_kvs_draw *d)
{
	free(d->alias);
	d->alias = NULL;
}
