/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the programs of this room count, and the lines they report it by: "@" and JSON, cumulative,
 * once a second and at the end. A line costs the packet path about half a millisecond of exits.
 */
#ifndef SLUICE_PKTGEN_BENCH_GUEST_METER_H
#define SLUICE_PKTGEN_BENCH_GUEST_METER_H

#include "dataplane/netdev.h"
#include "plat-kvm/clock.h"

struct pg_meter {
	uint64_t busy_cycles; /* of rounds that moved a packet */
	uint64_t busy_pkts;   /* moved in these rounds */
	uint64_t first_ns;    /* when the first packet passed, 0: none yet */
	uint64_t start_ns;
	uint64_t next_cycles; /* when the next look at the clock is due */
	uint64_t next_tick_ns;
	uint64_t end_ns;          /* UINT64_MAX: never */
	void (*extra)(void *arg); /* prints more members, each with a comma ahead; may be NULL */
	void *extra_arg;
};

/* Starts the clock; duration_s 0: for ever. Prints the "ready" line. */
void pg_meter_start(struct pg_meter *m, const struct uk_netdev *dev, uint64_t duration_s);

/* The slow part of pg_meter_due: ticks, device service. False when the time is up. */
bool pg_meter_look(struct pg_meter *m, struct uk_netdev *dev);

/* The final "result" line. */
void pg_meter_result(struct pg_meter *m, struct uk_netdev *dev);

/* Notes a round that moved n packets and began at cycle `from`. */
UK_INLINE void pg_meter_round(struct pg_meter *m, uint64_t from, uint32_t n)
{
	if (UK_UNLIKELY(m->busy_pkts == 0))
		m->next_cycles = 0; /* the first packet's time is noted at once */
	m->busy_cycles += uk_clock_cycles() - from;
	m->busy_pkts += n;
}

/* To be called each round with the current cycle count. False when the time is up. */
UK_INLINE bool pg_meter_due(struct pg_meter *m, struct uk_netdev *dev, uint64_t now)
{
	return UK_LIKELY(now < m->next_cycles) || pg_meter_look(m, dev);
}

#endif
