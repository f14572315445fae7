/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "pktgen-bench/host/hist.h"

void pg_hist_reset(struct pg_hist *h)
{
	memset(h, 0, sizeof(*h));
	h->min = UINT64_MAX;
}

void pg_hist_merge(struct pg_hist *to, const struct pg_hist *from)
{
	to->nb += from->nb;
	to->sum += from->sum;
	if (from->min < to->min)
		to->min = from->min;
	if (from->max > to->max)
		to->max = from->max;
	for (unsigned int i = 0; i < PG_HIST_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
}

uint64_t pg_hist_upper(unsigned int b)
{
	unsigned int shift;

	if (b < PG_HIST_SUB)
		return b;
	shift = (b >> PG_HIST_SUB_BITS) - 1;
	return (((uint64_t)(PG_HIST_SUB + (b & (PG_HIST_SUB - 1))) + 1) << shift) - 1;
}

uint64_t pg_hist_permille(const struct pg_hist *h, unsigned int permille)
{
	return pg_hist_permyriad(h, 10 * permille);
}

uint64_t pg_hist_permyriad(const struct pg_hist *h, unsigned int parts)
{
	uint64_t need, seen = 0, v;
	unsigned int b;

	if (!h->nb)
		return 0;
	/* Rank of the sample, rounded up, at least the first. */
	need = (uint64_t)(((unsigned __int128)h->nb * parts + 9999) / 10000);
	if (!need)
		return h->min;
	for (b = 0; b < PG_HIST_BUCKETS - 1; b++) {
		seen += h->bucket[b];
		if (seen >= need)
			break;
	}
	v = b == PG_HIST_BUCKETS - 1 ? h->max : pg_hist_upper(b);
	if (v > h->max)
		v = h->max;
	return v < h->min ? h->min : v;
}
