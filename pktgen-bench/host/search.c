/* SPDX-License-Identifier: BSD-3-Clause */
#include "pktgen-bench/host/search.h"

void pg_search_start(
	struct pg_search *s, double max_pps, double resolution, unsigned int max_trials)
{
	*s = (struct pg_search){
		.max_pps = max_pps,
		.resolution = resolution,
		.try_pps = max_pps,
		.max_trials = max_trials,
		.done = max_pps <= 0 || max_trials == 0,
	};
}

void pg_search_tell(struct pg_search *s, bool passed)
{
	if (s->done)
		return;
	s->nb_trials++;
	if (passed)
		s->pass_pps = s->try_pps;
	else
		s->fail_pps = s->try_pps;
	/* The highest rate passed: nothing above it to look for. */
	if (!s->fail_pps || s->nb_trials >= s->max_trials ||
		s->fail_pps - s->pass_pps <= s->resolution * s->max_pps) {
		s->done = true;
		return;
	}
	s->try_pps = s->pass_pps + (s->fail_pps - s->pass_pps) / 2;
}

bool pg_search_passed(uint64_t sent, uint64_t lost, double tolerance)
{
	return sent > 0 && (double)lost <= tolerance * (double)sent;
}
