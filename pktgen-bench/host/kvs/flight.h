/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The requests under way, and what becomes of each.
 *
 * Requests are numbered. The low bits of the number choose the source port, the next 16 are the frame header's request
 * id; an answer brings both back. One slot a number, in a ring: a number whose slot still waits is left out.
 *
 *	open -> answered            an answer came in time
 *	open -> lost -> late        no answer within the timeout; one after it (counted as both)
 *	answered or late -> again   a second answer: duplicate
 *	anything else               stray: no such request, or one too old to be known
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_KVS_FLIGHT_H
#define SLUICE_PKTGEN_BENCH_HOST_KVS_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "pktgen-bench/host/kvs/keys.h"
#include "pktgen-bench/host/kvs/proto.h"

#define PG_KVS_TICK_SHIFT                                                                          \
	4 /* slots keep times in units of 16 cycles: 32 bits last 26 s at 2.6 GHz */

enum pg_kvs_state {
	PG_KVS_FREE,
	PG_KVS_OPEN,
	PG_KVS_DONE,
	PG_KVS_LOST,
};

struct pg_kvs_slot {
	uint32_t number;
	uint32_t key;
	uint32_t sent_at;
	uint16_t version; /* of a set: this one; of a get: the least that may come */
	uint8_t set;
	uint8_t state; /* enum pg_kvs_state */
};

struct pg_kvs_counts {
	uint64_t sent, gets, sets;
	uint64_t hits, stored; /* answers that were right */
	uint64_t misses;       /* right in form: the key was not there */
	uint64_t wrong;        /* value or key of another one, or altered */
	uint64_t stale;        /* a version that must be gone by now, or never was */
	uint64_t errors,
		malformed; /* the server's error lines; nothing of the protocol, or the other kind of answer */
	uint64_t lost, late; /* late ones are lost ones, too */
	uint64_t duplicate, stray;
	uint64_t refused; /* due, but the server's ring had no room for longer than the backlog */
	uint64_t foreign; /* frames that are no answers of the server */
};

struct pg_kvs_flight {
	struct pg_kvs_slot *slot;
	uint32_t mask;      /* slots - 1 */
	uint32_t port_bits; /* log2 of the source ports */
	uint32_t next;      /* number of the next request */
	uint32_t tail;      /* all before are answered or lost */
	uint32_t open;      /* requests under way */
};

/* @most: requests under way at a time. 0 or -1: no memory. */
int pg_kvs_flight_init(struct pg_kvs_flight *f, uint32_t most, uint32_t port_bits);
void pg_kvs_flight_free(struct pg_kvs_flight *f);

/*
 * Declares requests lost that were sent more than @timeout (units of slots' times) before @now; calls @lost for each
 * key. Looks at few slots when there is nothing to do.
 */
void pg_kvs_flight_expire(struct pg_kvs_flight *f, uint32_t now, uint32_t timeout,
	struct pg_kvs_counts *c, void (*lost)(void *arg, uint32_t key), void *arg);

/*
 * An answer: finds its request, @id and @port (an index) being what it brought back, and closes it. NULL: none waits, which is
 * counted.
 */
struct pg_kvs_slot *pg_kvs_flight_land(
	struct pg_kvs_flight *f, uint32_t port, uint16_t id, struct pg_kvs_counts *c);

/* Judges the payload (behind the frame header) of an answer to @s, and counts it. True: it was right, a miss included. */
bool pg_kvs_flight_judge(struct pg_kvs_keys *k, const struct pg_kvs_proto *proto,
	const struct pg_kvs_slot *s, const uint8_t *p, uint32_t len, struct pg_kvs_counts *c);

/* The low bits of a number, as they come back. */
static inline uint32_t pg_kvs_flight_low(const struct pg_kvs_flight *f, uint32_t port, uint16_t id)
{
	return (uint32_t)id << f->port_bits | port;
}

/* A slot for the next request; the caller fills key, version, set and sent_at. NULL: all wait for old requests. */
static inline struct pg_kvs_slot *pg_kvs_flight_take(struct pg_kvs_flight *f)
{
	for (uint32_t i = 0; i <= f->mask; i++) {
		struct pg_kvs_slot *s = &f->slot[f->next & f->mask];

		if (s->state != PG_KVS_OPEN) {
			s->number = f->next++;
			s->state = PG_KVS_OPEN;
			f->open++;
			return s;
		}
		f->next++;
	}
	return NULL;
}

#endif
