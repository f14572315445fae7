/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loop of the mode kvs: makes requests in bursts, takes answers in bursts, judges each. One thread. A request's time
 * runs from when it was due (at a rate) or made (in a closed loop), so a server or ring that is full does not hide it.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_KVS_LOAD_H
#define SLUICE_PKTGEN_BENCH_HOST_KVS_LOAD_H

#include <signal.h>

#include "pktgen-bench/host/clock.h"
#include "pktgen-bench/host/hist.h"
#include "pktgen-bench/host/kvs/draw.h"
#include "pktgen-bench/host/kvs/flight.h"
#include "pktgen-bench/host/kvs/keys.h"
#include "pktgen-bench/host/kvs/link.h"
#include "pktgen-bench/host/kvs/opts.h"

#define PG_KVS_BACKLOG                                                                             \
	1024u /* requests of a rate that may wait for room before they count as refused */

/* Which requests are made. */
enum pg_kvs_source {
	PG_KVS_MIX,      /* keys as drawn, gets and sets by the ratio */
	PG_KVS_EACH_SET, /* every key once, until it is answered */
	PG_KVS_EACH_GET,
};

/* Room for the requests of one place in a burst. */
struct pg_kvs_place {
	uint8_t *get, *set;
	struct pg_kvs_request get_at, set_at; /* offsets in the payload */
	uint32_t value_len;                   /* of the request in @set */
};

struct pg_kvs {
	const struct pg_kvs_opts *opts;
	struct pg_kvs_link link;
	struct pg_kvs_keys keys;
	struct pg_kvs_draw draw;
	struct pg_kvs_flight flight;
	struct pg_kvs_counts count; /* since the start */
	struct pg_hist lat;         /* of right answers, ns; who reports resets it */
	struct pg_clock clock;
	volatile sig_atomic_t *stop;
	uint32_t head;      /* bytes in front of a payload */
	uint64_t get_below; /* a 32-bit random number below makes a get */
	uint8_t *room;
	struct pg_kvs_place place[PG_PORT_BURST];
	uint32_t next_key[PG_PORT_BURST]; /* of the next burst: their versions are being fetched */
	uint64_t ahead
		[PG_PORT_BURST]; /* random numbers of the keys after those: table entries are being fetched */
	struct pg_port_frame frame[PG_PORT_BURST]; /* made, not yet sent: from at to nb */
	unsigned int at, nb;
	/* of PG_KVS_EACH_* */
	enum pg_kvs_source source;
	uint32_t each_next;
	uint32_t *retry;
	uint32_t nb_retry;
	/* of one run */
	struct pg_kvs_load load;
	uint64_t start_tsc, due_taken;
	uint64_t stalled_tsc; /* time in which this thread did not run, which a rate leaves out */
	uint64_t rx_after, tx_after, rest_tsc;
	uint64_t busy_tsc;  /* spent in turns that sent or received something */
	uint64_t first_tsc; /* first right answer of the run, 0: none yet */
	bool was_up;
};

/* Takes the link over, which is open. 0, or -1 after one sentence; pg_kvs_load_free in both cases. */
int pg_kvs_load_init(struct pg_kvs *k, const struct pg_kvs_opts *o, volatile sig_atomic_t *stop);
void pg_kvs_load_free(struct pg_kvs *k);

/*
 * Runs for @seconds (0: until stopped), or until nothing is to do: all keys had their turn, or, with PG_KVS_DRAIN,
 * no request is under way. @look is called about each millisecond; false ends the run. May be NULL. Returns the seconds.
 */
double pg_kvs_load_run(struct pg_kvs *k, const struct pg_kvs_load *l, double seconds,
	bool (*look)(struct pg_kvs *k, uint64_t tsc, void *arg), void *arg);

/* Starts anew with one source. */
void pg_kvs_load_source(struct pg_kvs *k, enum pg_kvs_source source);

/* Waits for what is under way, and declares the rest lost. */
void pg_kvs_load_drain(struct pg_kvs *k);

/* True if every key had its turn. */
static inline bool pg_kvs_load_done(const struct pg_kvs *k)
{
	return k->source != PG_KVS_MIX && k->each_next == k->keys.nb && !k->nb_retry &&
	       !k->flight.open && k->at == k->nb;
}

#endif
