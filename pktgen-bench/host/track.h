/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Follows the sequence numbers of one probe stream and tells loss, reordering
 * and duplicates apart. A frame that comes in order costs one compare. A gap
 * counts as lost; if a lost number arrives later it is counted as reordered
 * and no longer as lost; a number that is neither new nor missing is a
 * duplicate. The last PG_TRACK_MISSING missing numbers are remembered.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_TRACK_H
#define SLUICE_PKTGEN_BENCH_HOST_TRACK_H

#include <stdint.h>
#include <stdbool.h>

#define PG_TRACK_MISSING 8192u /* power of two */

struct pg_track {
	uint32_t next; /* the number expected now */
	bool started;
	uint64_t lost;
	uint64_t reordered;
	uint64_t duplicate;
	uint64_t missing[PG_TRACK_MISSING]; /* number + 1, 0 = empty */
};

/* Empties the tracker. With @from_zero the first number must be 0, else it may be any. */
void pg_track_reset(struct pg_track *t, bool from_zero);

/* The slow path of pg_track_see: a number that was not the expected one. */
void pg_track_odd(struct pg_track *t, uint32_t seq);

static inline void pg_track_see(struct pg_track *t, uint32_t seq)
{
	if (__builtin_expect(seq == t->next && t->started, 1))
		t->next++;
	else
		pg_track_odd(t, seq);
}

#endif
