/* SPDX-License-Identifier: BSD-3-Clause */
#include "pktgen-bench/guest/seqcheck.h"

#include <string.h>

#define WINDOW    PG_SEQCHECK_WINDOW
#define AHEAD_MAX ((int64_t)1 << 28) /* a longer gap is no loss but another run */
#define ORIGIN                                                                                     \
	((uint64_t)1                                                                               \
		<< 33) /* numbers start above it, so none below the first is negative         \
			     */

static uint64_t *word_of(struct pg_seqcheck *s, uint64_t nr)
{
	return &s->seen[nr % WINDOW / 64];
}

static uint64_t bit_of(uint64_t nr)
{
	return (uint64_t)1 << nr % 64;
}

void pg_seqcheck_reset(struct pg_seqcheck *s)
{
	memset(s, 0, sizeof(*s));
}

void pg_seqcheck_expect(struct pg_seqcheck *s, uint32_t first)
{
	s->nb_lost_before = pg_seqcheck_lost(s);
	memset(s->seen, 0, sizeof(s->seen));
	s->first = s->next = s->noted = ORIGIN + first;
	s->nb_unique = 0;
}

/* Catches up with the packets that came as expected. */
static void note_expected(struct pg_seqcheck *s)
{
	uint64_t from = s->noted;

	s->nb_unique += s->next - from;
	s->noted = s->next;
	if (s->next - from > WINDOW)
		from = s->next - WINDOW;
	for (uint64_t nr = from; nr < s->next; nr++)
		*word_of(s, nr) |= bit_of(nr);
}

/* The number is at or above the next one expected: what lies between is missing for now. */
static void seq_ahead(struct pg_seqcheck *s, uint64_t nr)
{
	uint64_t gap = nr - s->next;

	for (uint64_t i = 0; i <= gap && i < WINDOW; i++)
		*word_of(s, nr - i) &= ~bit_of(nr - i);
	*word_of(s, nr) |= bit_of(nr);
	s->nb_unique++;
	s->next = s->noted = nr + 1;
}

static void seq_behind(struct pg_seqcheck *s, uint64_t nr)
{
	uint64_t late = s->next - 1 - nr;

	if (*word_of(s, nr) & bit_of(nr)) {
		s->nb_duplicate++;
		return;
	}
	*word_of(s, nr) |= bit_of(nr);
	s->nb_unique++;
	s->nb_reordered++;
	s->late_max = late > s->late_max ? late : s->late_max;
	if (nr < s->first)
		s->first = nr; /* it was sent before the one that came first */
}

/* Fits neither the window nor what may follow it: stale, or the sender started over. */
static void seq_outside(struct pg_seqcheck *s, uint32_t seq)
{
	uint32_t step = seq - s->suspect;

	if (s->suspect_at != s->nb_received || step == 0 || step > WINDOW) {
		s->suspect_at = s->nb_received + 1;
		s->suspect = seq;
		s->nb_stale++;
		return;
	}
	s->nb_stale--; /* the one before belonged to the new run already */
	s->nb_restarts++;
	pg_seqcheck_expect(s, s->suspect);
	seq_ahead(s, s->next);
	seq_ahead(s, s->next + step - 1);
}

void pg_seqcheck_surprise(struct pg_seqcheck *s, uint32_t seq)
{
	if (s->next == 0)
		pg_seqcheck_expect(s, seq);
	note_expected(s);

	int64_t ahead = (int32_t)(seq - (uint32_t)s->next);
	uint64_t nr = s->next + (uint64_t)ahead;

	if (ahead >= AHEAD_MAX || ahead < -(int64_t)WINDOW) {
		seq_outside(s, seq);
		return;
	}
	if (ahead >= 0)
		seq_ahead(s, nr);
	else
		seq_behind(s, nr);
}
