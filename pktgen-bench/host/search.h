/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The search for the no-drop rate (RFC 2544, 26.1) as plain arithmetic: it says
 * which rate to try next and is told whether that trial lost frames. The first
 * trial is at the highest rate; then the interval between the best rate that
 * passed and the lowest that failed is halved until it is narrower than the
 * resolution. It needs no clock and no device, so tests can drive it.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_SEARCH_H
#define SLUICE_PKTGEN_BENCH_HOST_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

struct pg_search {
	double pass_pps; /* highest rate that passed, 0 = none yet */
	double fail_pps; /* lowest rate that failed, 0 = none yet */
	double max_pps;
	double resolution; /* relative: 0.01 = 1 % of the highest rate */
	double try_pps;    /* the rate to try now */
	unsigned int nb_trials;
	unsigned int max_trials;
	bool done;
};

/* Starts a search below @max_pps. At most @max_trials trials are asked for. */
void pg_search_start(
	struct pg_search *s, double max_pps, double resolution, unsigned int max_trials);

/* Tells the outcome of the trial at s->try_pps and chooses the next, or sets s->done. */
void pg_search_tell(struct pg_search *s, bool passed);

/* True if @lost of @sent frames is within @tolerance (0 = none may be lost). */
bool pg_search_passed(uint64_t sent, uint64_t lost, double tolerance);

#endif
