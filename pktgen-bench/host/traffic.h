/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The polling loop of the modes sink, gen, fwd and reflect, and of the trials
 * of rfc2544: sends and receives in turn on every queue pair, checks what came,
 * and reports once a second.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_TRAFFIC_H
#define SLUICE_PKTGEN_BENCH_HOST_TRAFFIC_H

#include <signal.h>

#include "pktgen-bench/host/clock.h"
#include "pktgen-bench/host/gen.h"
#include "pktgen-bench/host/hist.h"
#include "pktgen-bench/host/opts.h"
#include "pktgen-bench/host/pcapfile.h"
#include "pktgen-bench/host/port.h"
#include "pktgen-bench/host/report.h"
#include "pktgen-bench/host/track.h"

/*
 * At a fixed rate, frames that are due while the guest's ring is full wait in a queue as long
 * as a network card's; what does not fit there is counted as refused.
 */
#define PG_TRAFFIC_BACKLOG 1024u

struct pg_traffic {
	const struct pg_opts *opts;
	struct pg_port *port; /* frames are sent here */
	struct pg_port *back; /* and come back here: the same port, or --back's */
	struct pg_report report;
	struct pg_clock clock;
	struct pg_gen gen[PG_PORT_QUEUES_MAX];
	struct pg_track *track; /* one per queue pair */
	struct pg_report_counts
		count;          /* lost, reordered, duplicate are added by pg_traffic_count */
	struct pg_hist lat;     /* since the last tick */
	struct pg_hist lat_all; /* since the warm-up ended */
	struct pg_pcapfile_out *capture;
	uint64_t wall_ns; /* Unix time at TSC 0 of our clock, for captures */
	unsigned int guests_seen;
	uint64_t gone_tsc; /* when the last guest went */
	bool tx, rx, check;
	volatile sig_atomic_t *stop;
	/* one run */
	uint64_t start_tsc;
	uint64_t rest_tsc; /* how long a ring is left alone after a short burst */
	uint64_t rx_after[PG_PORT_QUEUES_MAX], tx_after[PG_PORT_QUEUES_MAX];
	uint64_t stalled_tsc; /* time the polling thread did not run, which the rate leaves out */
	uint64_t due_taken;   /* frames of a fixed rate dealt with: sent or refused */
};

/* Prepares frames and trackers. @back: where frames come back. Returns 0 or -1 after one sentence.
 */
int pg_traffic_init(struct pg_traffic *t, const struct pg_opts *o, struct pg_port *p,
	struct pg_port *back, const struct pg_pcapfile *pcap, volatile sig_atomic_t *stop);
void pg_traffic_free(struct pg_traffic *t);

/* Waits for a guest. Returns 0, or -1 (told) after opts.wait_s or on a signal. */
int pg_traffic_wait(struct pg_traffic *t);

/*
 * Sends at @rate_pps (0 = full speed) and receives for @seconds (0 = until stopped), with a
 * tick each second if @ticks. Returns the seconds that it took.
 */
double pg_traffic_run(struct pg_traffic *t, double rate_pps, double seconds, bool ticks);

/* Receives what is still under way, for opts.drain_s at most. */
void pg_traffic_drain(struct pg_traffic *t);

/* Notices and reports guests that came or went. Returns false if the run ends because of it. */
bool pg_traffic_watch(struct pg_traffic *t, bool *was_up);

/* Reports the time up to @tsc. */
void pg_traffic_tick(struct pg_traffic *t, uint64_t tsc);

/* The counts up to now, with what the trackers know. */
struct pg_report_counts pg_traffic_count(const struct pg_traffic *t);

/* Starts numbering and tracking anew: what is still under way no longer counts. */
void pg_traffic_restart(struct pg_traffic *t);

/* The modes: each prints its result and returns the exit code. */
int pg_traffic_mode(struct pg_traffic *t);
int pg_rfc2544_mode(struct pg_traffic *t);
/* @pcap: for replay, else NULL. */
int pg_compare_mode(struct pg_traffic *t, const struct pg_pcapfile *pcap);

#endif
