/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "pktgen-bench/host/source.h"

#define MACS      12u /* two addresses */
#define NUMBER_AT 14u /* random frames carry their number behind the Ethernet header */
#define LOOP_GAP  1000u

/* Steele, Lea, Flood 2014: the 64-bit finalizer of SplitMix. */
static uint64_t source_mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t source_draw(const struct pg_source *s, uint64_t no)
{
	return source_mix(s->seed + (no + 1) * 0x9e3779b97f4a7c15u);
}

void pg_source_replay(
	struct pg_source *s, const struct pg_pcapfile *pcap, unsigned int loops, bool swap)
{
	*s = (struct pg_source){
		.nb = (uint64_t)pcap->nb * loops,
		.swap = swap,
		.pcap = pcap,
		.loop_ns = pcap->frame[pcap->nb - 1].at_ns + LOOP_GAP,
	};
}

int pg_source_random(struct pg_source *s, uint64_t nb, uint32_t min_len, uint32_t max_len,
	uint64_t seed, bool swap)
{
	*s = (struct pg_source){
		.nb = nb,
		.swap = swap,
		.seed = seed,
		.min_len = min_len,
		.max_len = max_len,
		.block = malloc(PG_SOURCE_BLOCK + PG_SOURCE_MAX),
	};
	if (!s->block)
		return -1;
	for (uint32_t i = 0; i < PG_SOURCE_BLOCK + PG_SOURCE_MAX; i += 8) {
		uint64_t v = source_draw(s, ~(uint64_t)i);

		memcpy(s->block + i, &v, 8);
	}
	return 0;
}

void pg_source_free(struct pg_source *s)
{
	free(s->block);
	*s = (struct pg_source){ 0 };
}

uint32_t pg_source_len(const struct pg_source *s, uint64_t no)
{
	if (s->pcap)
		return s->pcap->frame[no % s->pcap->nb].len;
	return s->min_len +
	       (uint32_t)((source_draw(s, no) >> 32) * (s->max_len - s->min_len + 1) >> 32);
}

uint64_t pg_source_due_ns(const struct pg_source *s, uint64_t no)
{
	return no / s->pcap->nb * s->loop_ns + s->pcap->frame[no % s->pcap->nb].at_ns;
}

void pg_source_make(
	const struct pg_source *s, uint64_t no, uint8_t *dst, struct pg_source_expect *e)
{
	const uint8_t *from;

	e->no = no;
	e->len = pg_source_len(s, no);
	e->head_len = e->len < PG_SOURCE_HEAD ? e->len : PG_SOURCE_HEAD;
	if (s->pcap)
		from = s->pcap->bytes + s->pcap->frame[no % s->pcap->nb].at;
	else
		from = s->block + (source_draw(s, no) & (PG_SOURCE_BLOCK - 1));
	memcpy(dst, from, e->len);
	if (!s->pcap && e->len >= NUMBER_AT + sizeof(no))
		memcpy(dst + NUMBER_AT, &no, sizeof(no));
	memcpy(e->head, dst, e->head_len);
	if (s->swap) {
		memcpy(e->head, dst + MACS / 2, MACS / 2);
		memcpy(e->head + MACS / 2, dst, MACS / 2);
	}
	e->rest = from + e->head_len;
}

uint8_t pg_source_byte(const struct pg_source_expect *e, uint32_t at)
{
	return at < e->head_len ? e->head[at] : e->rest[at - e->head_len];
}

int64_t pg_source_differs(const struct pg_source_expect *e, const uint8_t *data, uint32_t len)
{
	uint32_t both = len < e->len ? len : e->len;

	if (len == e->len && !memcmp(e->head, data, e->head_len) &&
		!memcmp(e->rest, data + e->head_len, len - e->head_len))
		return -1;
	for (uint32_t i = 0; i < both; i++)
		if (data[i] != pg_source_byte(e, i))
			return i;
	/* One is the start of the other. */
	return both;
}
