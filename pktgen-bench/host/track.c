/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "pktgen-bench/host/track.h"

void pg_track_reset(struct pg_track *t, bool from_zero)
{
	memset(t, 0, sizeof(*t));
	t->started = from_zero;
}

static void track_gap(struct pg_track *t, uint32_t seq)
{
	uint32_t gap = seq - t->next;
	uint32_t from = gap > PG_TRACK_MISSING ? seq - PG_TRACK_MISSING : t->next;

	t->lost += gap;
	for (uint32_t n = from; n != seq; n++)
		t->missing[n & (PG_TRACK_MISSING - 1)] = (uint64_t)n + 1;
	t->next = seq + 1;
}

void pg_track_odd(struct pg_track *t, uint32_t seq)
{
	uint64_t *slot = &t->missing[seq & (PG_TRACK_MISSING - 1)];

	if (!t->started) {
		t->started = true;
		t->next = seq + 1;
		return;
	}
	/* Ahead by less than half the number space: a gap (RFC 1982 comparison). */
	if (seq - t->next < 0x80000000u) {
		track_gap(t, seq);
		return;
	}
	if (*slot == (uint64_t)seq + 1) {
		*slot = 0;
		t->lost--;
		t->reordered++;
		return;
	}
	t->duplicate++;
}
