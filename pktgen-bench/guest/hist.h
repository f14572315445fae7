/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A latency histogram of fixed size: the buckets' widths grow with the value, 32 to
 * each power of two, so that any answer is right to 1/32. Values up to 2^40 - 1
 * (18 minutes in nanoseconds); larger ones count in the last bucket, and exactly in max.
 *
 * Life cycle: all zero is an empty histogram, so pg_hist_reset or static storage.
 * Thread: one writer; a reader on another core may see a count that is behind.
 */
#ifndef SLUICE_PKTGEN_BENCH_GUEST_HIST_H
#define SLUICE_PKTGEN_BENCH_GUEST_HIST_H

#include "plat-kvm/defs.h"

#define PG_HIST_SUB_LOG2 5u
#define PG_HIST_TOP_LOG2 40u
#define PG_HIST_BUCKETS  ((PG_HIST_TOP_LOG2 - PG_HIST_SUB_LOG2 + 1) << PG_HIST_SUB_LOG2)

struct pg_hist {
	uint64_t count, sum;
	uint64_t min, max; /* mean something if count > 0 */
	uint64_t bucket[PG_HIST_BUCKETS];
};

/* The bucket that counts v. */
UK_INLINE unsigned int pg_hist_bucket(uint64_t v)
{
	const unsigned int sub = PG_HIST_SUB_LOG2;

	if (v >> PG_HIST_TOP_LOG2)
		return PG_HIST_BUCKETS - 1;
	/* Below 2 * 32 a bucket holds one value; above, the top six bits tell. */
	unsigned int log2 = 63 - (unsigned int)__builtin_clzl(v | 1u << sub);

	return ((log2 - sub) << sub) + (unsigned int)(v >> (log2 - sub));
}

/* Cost: about ten cycles, one bucket's cache line. */
UK_INLINE void pg_hist_record(struct pg_hist *h, uint64_t v)
{
	if (h->count++ == 0)
		h->min = h->max = v;
	h->min = v < h->min ? v : h->min;
	h->max = v > h->max ? v : h->max;
	h->sum += v;
	h->bucket[pg_hist_bucket(v)]++;
}

void pg_hist_reset(struct pg_hist *h);

/* Adds what from counted to h. */
void pg_hist_merge(struct pg_hist *h, const struct pg_hist *from);

/*
 * The value that a share of all values does not exceed, rounded up to its bucket's
 * end but never above max. share_ppm: 500000 is the median, 999000 the 99.9th percentile.
 * Returns: 0 for an empty histogram.
 */
UK_MUST_USE uint64_t pg_hist_percentile(const struct pg_hist *h, uint32_t share_ppm);

/* Rounded down; 0 for an empty histogram. */
UK_MUST_USE uint64_t pg_hist_mean(const struct pg_hist *h);

/* The smallest and the largest value that a bucket counts, for a report. */
UK_MUST_USE uint64_t pg_hist_low(unsigned int bucket);
UK_MUST_USE uint64_t pg_hist_high(unsigned int bucket);

#endif
