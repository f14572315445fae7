/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the frames of replay and random come from, and what each must look
 * like when it comes back. Pure computation: tests drive it without a port.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_SOURCE_H
#define SLUICE_PKTGEN_BENCH_HOST_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "pktgen-bench/host/pcapfile.h"

#define PG_SOURCE_HEAD  32u        /* bytes of a frame that differ from the stored ones */
#define PG_SOURCE_BLOCK (1u << 16) /* random frames are windows into a block of this size */
#define PG_SOURCE_MAX   9216u

/* What must come back: @head for the first head_len bytes, then @rest; @len in all. */
struct pg_source_expect {
	uint64_t no;
	uint32_t len;
	uint32_t head_len;
	uint8_t head[PG_SOURCE_HEAD];
	const uint8_t *rest;
};

struct pg_source {
	uint64_t nb; /* frames in all */
	bool swap;   /* they come back with the MAC addresses swapped */
	/* replay */
	const struct pg_pcapfile *pcap;
	uint64_t loop_ns; /* length of one pass, for pacing */
	/* random */
	uint8_t *block;
	uint64_t seed;
	uint32_t min_len, max_len;
};

/* @pcap must outlive the source. */
void pg_source_replay(
	struct pg_source *s, const struct pg_pcapfile *pcap, unsigned int loops, bool swap);
/* Returns 0, or -1 without memory. Lengths from @min_len to @max_len, at least 14. */
int pg_source_random(struct pg_source *s, uint64_t nb, uint32_t min_len, uint32_t max_len,
	uint64_t seed, bool swap);
void pg_source_free(struct pg_source *s);

/* Length of frame @no. */
uint32_t pg_source_len(const struct pg_source *s, uint64_t no);

/* Writes frame @no to @dst (room for PG_SOURCE_MAX) and says in @e what must come back. */
void pg_source_make(
	const struct pg_source *s, uint64_t no, uint8_t *dst, struct pg_source_expect *e);

/* When frame @no of a paced replay is due, since the start. */
uint64_t pg_source_due_ns(const struct pg_source *s, uint64_t no);

/* Offset of the first byte in which @data differs from what was expected; -1 if none does. */
int64_t pg_source_differs(const struct pg_source_expect *e, const uint8_t *data, uint32_t len);

/* The expected byte at offset @at, which must be below e->len. */
uint8_t pg_source_byte(const struct pg_source_expect *e, uint32_t at);

#endif
