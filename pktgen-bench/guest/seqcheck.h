/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loss, reordering and duplicates of one stream, from sequence numbers of 32 bits that
 * grow by one a packet and wrap.
 *
 * Reordered (RFC 4737, 3.3): a packet whose number is below the next expected one, which
 * is one above the largest seen. How far it came late is the difference to the largest
 * number seen before it (a bound of the reordering extent, RFC 4737, 4.2.1).
 * Duplicate (RFC 5560): a number seen before. Lost: a number never seen, between the
 * first and the largest; known only afterwards, so a packet on its way counts as lost
 * until it comes. A packet later than PG_SEQCHECK_WINDOW is stale: neither duplicate nor
 * reordered, since that can no longer be told, and what it stands for stays lost.
 *
 * A sender that starts over, or jumps ahead by 2^28 or more, is recognised by two packets
 * in a row that fit each other and not the old numbers (the idea of RFC 3550, A.1).
 *
 * Life cycle: reset, record each packet, read the counters and pg_seqcheck_lost at any time.
 * Thread: single-queue.
 */
#ifndef SLUICE_PKTGEN_BENCH_GUEST_SEQCHECK_H
#define SLUICE_PKTGEN_BENCH_GUEST_SEQCHECK_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

#define PG_SEQCHECK_WINDOW 4096u /* packets; a power of two, a multiple of 64 */

struct pg_seqcheck {
	/* The current run of the sender, in numbers that do not wrap. */
	uint64_t next;  /* one above the largest seen; 0: nothing yet */
	uint64_t first; /* what counts as sent is [first, next) */
	uint64_t noted; /* all of [noted, next) was seen, but is not in seen and nb_unique yet */
	uint64_t nb_unique;  /* different numbers seen in [first, noted) */
	uint64_t suspect_at; /* nb_received of the packet after one that was stale or far ahead */
	uint32_t suspect;    /* the number of that one */
	/* Totals. */
	uint64_t nb_received, nb_reordered, nb_duplicate, nb_stale, nb_restarts;
	uint64_t nb_lost_before; /* in runs that are over */
	uint64_t late_max;       /* packets; the largest lateness of a reordered packet */
	uint64_t seen[PG_SEQCHECK_WINDOW / 64]; /* the window below noted, a bit a number */
};

void pg_seqcheck_reset(struct pg_seqcheck *s);

/* The stream starts with this number: what is missing from there on counts as lost. */
void pg_seqcheck_expect(struct pg_seqcheck *s, uint32_t first);

/* For pg_seqcheck_record: whatever is not the number expected. */
void pg_seqcheck_surprise(struct pg_seqcheck *s, uint32_t seq);

/* One packet arrived. Cost: two increments if it is the one expected. */
UK_INLINE void pg_seqcheck_record(struct pg_seqcheck *s, uint32_t seq)
{
	s->nb_received++;
	if (UK_UNLIKELY(seq != (uint32_t)s->next || s->next == 0)) {
		pg_seqcheck_surprise(s, seq);
		return;
	}
	s->next++;
}

/* Packets missing up to now. */
UK_INLINE UK_MUST_USE uint64_t pg_seqcheck_lost(const struct pg_seqcheck *s)
{
	return s->nb_lost_before + (s->noted - s->first) - s->nb_unique;
}

#endif
