/* SPDX-License-Identifier: BSD-3-Clause */
/* What the mode kvs prints: one line an event, second, step and at the end, for people or as JSON lines. */
#ifndef SLUICE_PKTGEN_BENCH_HOST_KVS_REPORT_H
#define SLUICE_PKTGEN_BENCH_HOST_KVS_REPORT_H

#include "pktgen-bench/host/hist.h"
#include "pktgen-bench/host/kvs/flight.h"

/* One phase: preload, a step of the load, verify. */
struct pg_kvs_step {
	const char *phase; /* "preload", "step", "verify" */
	const char *load;
	double seconds;   /* of the measured window */
	double rate;      /* right answers a second there: hits and stored */
	double target;    /* requests a second that were asked for, 0: a closed loop */
	double first_s;   /* from the step's start to its first right answer, < 0: none */
	double cpu_share; /* of the window that the polling thread ran */
	double busy; /* of the window that it sent or received: near 1 the generator is the limit */
	struct pg_kvs_counts count; /* of the whole phase, warm-up and what came after included */
};

/* a - b, member by member. */
struct pg_kvs_counts pg_kvs_counts_minus(
	const struct pg_kvs_counts *a, const struct pg_kvs_counts *b);

/* "ok", or what was not right. */
const char *pg_kvs_counts_verdict(const struct pg_kvs_counts *c);

void pg_kvs_report_tick(
	bool json, double t, double rate, const struct pg_kvs_counts *c, const struct pg_hist *lat);
/* @lat: of the window. */
void pg_kvs_report_step(bool json, const struct pg_kvs_step *s, const struct pg_hist *lat);
/* @c: since the start; @best: right answers a second of the best step. */
void pg_kvs_report_result(bool json, const struct pg_kvs_counts *c, double best);

#endif
