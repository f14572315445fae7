/* SPDX-License-Identifier: BSD-3-Clause */
#include "pktgen-bench/guest/rate.h"

#include <errno.h>

/* Twice what fits is what a sum of credits can reach. */
_Static_assert((uint64_t)PG_RATE_BURST_MAX *PG_RATE_HZ_MAX < UINT64_MAX / 4, "credit fits");

int pg_rate_start(struct pg_rate *r, uint64_t pps, uint64_t hz, uint32_t burst, uint64_t now_cycles)
{
	if (pps > PG_RATE_PPS_MAX || hz == 0 || hz > PG_RATE_HZ_MAX || burst == 0 ||
		burst > PG_RATE_BURST_MAX)
		return -EINVAL;
	*r = (struct pg_rate){ .pps = pps, .hz = hz, .last_cycles = now_cycles };
	/* The part of a packet earned beyond the burst is kept, else each full bucket would lose
	 * it. */
	r->full = (burst + 1) * hz - 1;
	r->full_cycles = pps ? r->full / pps + 1 : 0;
	return 0;
}
