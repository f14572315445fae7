/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/queue/tokenbucket.h"

/* The part of a token that a full bucket keeps. */
#define TOKENBUCKET_PART (NF_TOKENBUCKET_UNIT - 1)

void nf_tokenbucket_set(struct nf_tokenbucket *b, uint64_t rate, uint64_t capacity)
{
	if (rate > NF_TOKENBUCKET_RATE_MAX)
		rate = NF_TOKENBUCKET_RATE_MAX;
	if (capacity > NF_TOKENBUCKET_CAPACITY_MAX)
		capacity = NF_TOKENBUCKET_CAPACITY_MAX;
	b->rate = rate;
	b->full = (int64_t)capacity * NF_TOKENBUCKET_UNIT;
	if (b->level > b->full)
		b->level = b->full;
}

void nf_tokenbucket_level(struct nf_tokenbucket *b, uint64_t tokens, uint64_t now_ns)
{
	uint64_t most = (uint64_t)(b->full / NF_TOKENBUCKET_UNIT);

	b->level = (int64_t)(tokens < most ? tokens : most) * NF_TOKENBUCKET_UNIT;
	b->at_ns = now_ns;
}

void nf_tokenbucket_fill_slow(struct nf_tokenbucket *b, uint64_t ns)
{
	/* full and what it may owe are each below 2^62: what is missing fits */
	int64_t room = b->full + TOKENBUCKET_PART - b->level;

	if (b->rate == 0 || room <= 0)
		return;
	if (ns > (uint64_t)room / b->rate)
		b->level += room;
	else
		b->level += (int64_t)(ns * b->rate);
}

uint64_t nf_tokenbucket_wait_ns(const struct nf_tokenbucket *b, uint64_t tokens)
{
	int64_t want, missing;

	if (tokens > (uint64_t)(b->full / NF_TOKENBUCKET_UNIT))
		return UINT64_MAX;
	want = (int64_t)tokens * NF_TOKENBUCKET_UNIT;
	if (b->level >= want)
		return 0;
	if (b->rate == 0)
		return UINT64_MAX;
	missing = want - b->level;
	return ((uint64_t)missing + b->rate - 1) / b->rate;
}
