/* SPDX-License-Identifier: BSD-3-Clause */
/* The harness' clock: the TSC, scaled to nanoseconds by EAL's frequency. */
#ifndef SLUICE_PKTGEN_BENCH_HOST_CLOCK_H
#define SLUICE_PKTGEN_BENCH_HOST_CLOCK_H

#include <stdint.h>

#include <rte_cycles.h>

struct pg_clock {
	uint64_t hz;
	uint64_t mult; /* ns = tsc * mult / 2^32 */
};

static inline void pg_clock_init(struct pg_clock *c)
{
	c->hz = rte_get_tsc_hz();
	c->mult = (uint64_t)(((unsigned __int128)1000000000u << 32) / c->hz);
}

static inline uint64_t pg_clock_ns(const struct pg_clock *c, uint64_t tsc)
{
	return (uint64_t)(((unsigned __int128)tsc * c->mult) >> 32);
}

static inline uint64_t pg_clock_now(void)
{
	return rte_rdtsc();
}

static inline uint64_t pg_clock_ticks(const struct pg_clock *c, double seconds)
{
	return (uint64_t)(seconds * (double)c->hz);
}

#endif
