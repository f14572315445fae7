/* SPDX-License-Identifier: BSD-3-Clause */
#include "pktgen-bench/guest/hist.h"

#include <string.h>

#define SUB_COUNT (1u << PG_HIST_SUB_LOG2)
#define PPM       1000000u

void pg_hist_reset(struct pg_hist *h)
{
	memset(h, 0, sizeof(*h));
}

void pg_hist_merge(struct pg_hist *h, const struct pg_hist *from)
{
	if (from->count == 0)
		return;
	if (h->count == 0 || from->min < h->min)
		h->min = from->min;
	if (h->count == 0 || from->max > h->max)
		h->max = from->max;
	h->count += from->count;
	h->sum += from->sum;
	for (unsigned int i = 0; i < PG_HIST_BUCKETS; i++)
		h->bucket[i] += from->bucket[i];
}

uint64_t pg_hist_low(unsigned int bucket)
{
	unsigned int shift = bucket < SUB_COUNT ? 0 : (bucket >> PG_HIST_SUB_LOG2) - 1;

	return (uint64_t)(bucket - (shift << PG_HIST_SUB_LOG2)) << shift;
}

uint64_t pg_hist_high(unsigned int bucket)
{
	return bucket == PG_HIST_BUCKETS - 1 ? UINT64_MAX : pg_hist_low(bucket + 1) - 1;
}

uint64_t pg_hist_percentile(const struct pg_hist *h, uint32_t share_ppm)
{
	/* The value's place in the sorted list of all, from 1; rounded up. */
	uint64_t rank = (uint64_t)(((unsigned __int128)h->count * share_ppm + PPM - 1) / PPM);
	uint64_t below = 0;

	if (rank == 0)
		return h->count ? h->min : 0;
	for (unsigned int i = 0; i < PG_HIST_BUCKETS; i++) {
		below += h->bucket[i];
		if (below >= rank)
			return pg_hist_high(i) < h->max ? pg_hist_high(i) : h->max;
	}
	return h->max;
}

uint64_t pg_hist_mean(const struct pg_hist *h)
{
	return h->count ? h->sum / h->count : 0;
}
