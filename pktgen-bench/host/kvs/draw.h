/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which key is next: each equally often, or by Zipf's law, the r-th most wanted one in proportion to 1 / r^s.
 *
 * Zipf draws are exact (to 2^-32 of the average share): an alias table (Walker 1977, Vose 1991) with one entry per key. Two steps
 * with the fetch of a table entry between them, so that a burst's cache misses overlap. Ranks are scattered over the
 * keys by a multiplication modulo their number, so that wanted keys are no neighbours.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_KVS_DRAW_H
#define SLUICE_PKTGEN_BENCH_HOST_KVS_DRAW_H

#include <stdint.h>

struct pg_kvs_alias {
	uint32_t keep; /* share of this entry that is its own, of 2^32 */
	uint32_t other;
};

struct pg_kvs_draw {
	uint32_t nb;
	uint32_t step;              /* coprime to nb */
	struct pg_kvs_alias *alias; /* NULL: uniform */
	uint64_t random;
};

/* @skew: Zipf's exponent, 0 = uniform. 0, or -1: no memory. Cost: Zipf 8 bytes and some 50 ns a key. */
int pg_kvs_draw_init(struct pg_kvs_draw *d, uint32_t nb, double skew, uint64_t seed);
void pg_kvs_draw_free(struct pg_kvs_draw *d);

/* 64 random bits (Wang Yi's wyrand). */
static inline uint64_t pg_kvs_draw_random(struct pg_kvs_draw *d)
{
	unsigned __int128 p;

	d->random += 0xa0761d6478bd642full;
	p = (unsigned __int128)d->random * (d->random ^ 0xe7037ed1a0b428dbull);
	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

/* Of nb equal parts of the range of @r: the one it lies in, above 2^64, and where there, in 2^-64. */
static inline unsigned __int128 pg_kvs_draw_part(const struct pg_kvs_draw *d, uint64_t r)
{
	return (unsigned __int128)r * d->nb;
}

/* First step: starts the fetch of the table's entry for the random number @r. */
static inline void pg_kvs_draw_prefetch(const struct pg_kvs_draw *d, uint64_t r)
{
	if (d->alias)
		__builtin_prefetch(&d->alias[(uint32_t)(pg_kvs_draw_part(d, r) >> 64)]);
}

/* The rank, from 0 on, that @r means. */
static inline uint32_t pg_kvs_draw_rank(const struct pg_kvs_draw *d, uint64_t r)
{
	unsigned __int128 part = pg_kvs_draw_part(d, r);
	uint32_t at = (uint32_t)(part >> 64);

	if (d->alias && (uint32_t)(part >> 32) >= d->alias[at].keep)
		at = d->alias[at].other;
	return at;
}

/* Second step: the key. */
static inline uint32_t pg_kvs_draw_key(const struct pg_kvs_draw *d, uint64_t r)
{
	return (uint32_t)((uint64_t)pg_kvs_draw_rank(d, r) * d->step % d->nb);
}

#endif
