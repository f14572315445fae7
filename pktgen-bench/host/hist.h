/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Log-linear histogram of latencies: exact up to 32 ns, then 32 buckets per
 * power of two, so a bucket is at most 1/32 (3.2 %) wide. Recording is a
 * count-leading-zeros and an increment. Minimum, maximum and mean are exact.
 * Life cycle: zeroed memory is an empty histogram once pg_hist_reset has run.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_HIST_H
#define SLUICE_PKTGEN_BENCH_HOST_HIST_H

#include <stdint.h>

#define PG_HIST_SUB_BITS 5
#define PG_HIST_SUB      (1u << PG_HIST_SUB_BITS)
#define PG_HIST_MAX_BITS 40 /* 2^40 ns: 18 minutes; what is larger is clamped */
#define PG_HIST_BUCKETS  ((PG_HIST_MAX_BITS - PG_HIST_SUB_BITS + 1) * PG_HIST_SUB)

struct pg_hist {
	uint64_t nb;
	uint64_t sum;
	uint64_t min;
	uint64_t max;
	uint64_t bucket[PG_HIST_BUCKETS];
};

void pg_hist_reset(struct pg_hist *h);

/* Adds every sample of @from to @to. */
void pg_hist_merge(struct pg_hist *to, const struct pg_hist *from);

/*
 * The value that @permille/1000 of the samples do not exceed (500 = median,
 * 999 = 99.9 %). Returns the upper edge of its bucket, clamped to [min, max]; 0 if empty.
 */
uint64_t pg_hist_permille(const struct pg_hist *h, unsigned int permille);
/* The same in ten-thousandths: 9999 = 99.99 %. */
uint64_t pg_hist_permyriad(const struct pg_hist *h, unsigned int parts);

/* Bucket of @v, and the largest value that falls into bucket @b. */
static inline unsigned int pg_hist_index(uint64_t v)
{
	unsigned int top;

	if (v < PG_HIST_SUB)
		return (unsigned int)v;
	top = 63u - (unsigned int)__builtin_clzll(v);
	if (top >= PG_HIST_MAX_BITS)
		return PG_HIST_BUCKETS - 1;
	return ((top - PG_HIST_SUB_BITS + 1) << PG_HIST_SUB_BITS) +
	       (unsigned int)((v >> (top - PG_HIST_SUB_BITS)) & (PG_HIST_SUB - 1));
}

uint64_t pg_hist_upper(unsigned int b);

static inline void pg_hist_add(struct pg_hist *h, uint64_t v)
{
	h->nb++;
	h->sum += v;
	if (v < h->min)
		h->min = v;
	if (v > h->max)
		h->max = v;
	h->bucket[pg_hist_index(v)]++;
}

#endif
