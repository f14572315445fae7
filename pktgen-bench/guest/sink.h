/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The receiving side of pktgen on one queue: counts, and where frames carry a probe also loss,
 * reordering, duplicates and latency. Latency is of round trips: a stamp is this machine's own
 * clock (probe.h).
 *
 * Thread: the queue's core.
 */
#ifndef SLUICE_PKTGEN_BENCH_GUEST_SINK_H
#define SLUICE_PKTGEN_BENCH_GUEST_SINK_H

#include "dataplane/netdev.h"
#include "pktgen-bench/guest/hist.h"
#include "pktgen-bench/guest/seqcheck.h"

#define PG_SINK_STREAMS 16 /* sequence numbers are followed for so many streams */

struct pg_sink {
	uint16_t burst;
	bool check;        /* look into frames */
	uint64_t nb_other; /* frames without a probe, or of a stream beyond the last */
	struct pg_seqcheck seq[PG_SINK_STREAMS];
	struct pg_hist latency; /* nanoseconds */
};

/* Receives and frees up to a burst. Returns how many. */
uint16_t pg_sink_round(struct pg_sink *s, struct uk_netdev *dev, uint16_t q);

/* Prints the sink's part of a report line, a comma ahead of each member. */
void pg_sink_report(const struct pg_sink *s);

#endif
