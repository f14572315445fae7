/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A token bucket on a cycle counter: at most pps packets a second in the long run, at most
 * burst of them at once. The credit is counted in packets * hz, so that each cycle adds a
 * whole number and nothing is ever rounded away: after t seconds it has granted pps * t.
 *
 * Life cycle: start, then take before each burst. Thread: single-queue.
 */
#ifndef SLUICE_PKTGEN_BENCH_GUEST_RATE_H
#define SLUICE_PKTGEN_BENCH_GUEST_RATE_H

#include "plat-kvm/defs.h"

#define PG_RATE_PPS_MAX   1000000000000u /* a packet takes at least a picosecond */
#define PG_RATE_HZ_MAX    100000000000u
#define PG_RATE_BURST_MAX 1000000u

struct pg_rate {
	uint64_t pps, hz;
	uint64_t credit;      /* packets * hz */
	uint64_t full;        /* the most that credit may be: burst packets and a fraction */
	uint64_t full_cycles; /* after so many cycles the bucket is full for sure */
	uint64_t last_cycles;
};

/*
 * pps 0 means no limit. The bucket starts empty at now_cycles.
 * Units: hz counter cycles a second, burst packets.
 * Returns: 0, or -EINVAL if a number is 0 (but pps) or above its limit.
 */
UK_MUST_USE int pg_rate_start(
	struct pg_rate *r, uint64_t pps, uint64_t hz, uint32_t burst, uint64_t now_cycles);

/* Gives back what pg_rate_take granted and was not sent after all. */
UK_INLINE void pg_rate_untake(struct pg_rate *r, uint32_t nb)
{
	r->credit += nb * r->hz;
	r->credit = r->credit < r->full ? r->credit : r->full;
}

/*
 * How many of want packets may go now; they count as sent.
 * now_cycles must not go back. Cost: two multiplications; a division when it grants a part.
 */
UK_INLINE UK_MUST_USE uint32_t pg_rate_take(struct pg_rate *r, uint64_t now_cycles, uint32_t want)
{
	if (r->pps == 0)
		return want;
	want = want < PG_RATE_BURST_MAX ? want : PG_RATE_BURST_MAX; /* so that cost fits */

	uint64_t passed = now_cycles - r->last_cycles, cost = want * r->hz;

	r->last_cycles = now_cycles;
	r->credit = passed < r->full_cycles ? r->credit + passed * r->pps : r->full;
	r->credit = r->credit < r->full ? r->credit : r->full;
	if (r->credit < cost) {
		if (r->credit < r->hz)
			return 0;
		want = (uint32_t)(r->credit / r->hz);
		cost = want * r->hz;
	}
	r->credit -= cost;
	return want;
}

#endif
