/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A token bucket in whole numbers: it fills at `rate` tokens per second and holds `capacity`. A
 * token is counted in 10^-9 parts, so that each nanosecond adds exactly `rate` of them: nothing is
 * rounded and nothing drifts. The bucket may owe tokens (a packet longer than what was left), and a
 * part of a token is kept on top of a full bucket, so that somebody who comes a little late does
 * not lose rate. Life: set -> fill, has, take. Units: tokens, ns. Thread: the owner's.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_QUEUE_TOKENBUCKET_H
#define SLUICE_NF_APPS_ELEMENT_QUEUE_TOKENBUCKET_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

#define NF_TOKENBUCKET_UNIT         1000000000ll
#define NF_TOKENBUCKET_RATE_MAX     (1ull << 40) /* tokens per second */
#define NF_TOKENBUCKET_CAPACITY_MAX (1ull << 32)

struct nf_tokenbucket {
	uint64_t rate;
	int64_t level, full; /* 10^-9 tokens */
	uint64_t at_ns;      /* when it was filled last */
};

/* Sets rate and capacity; larger ones are cut to the maximum. A rate of 0 never fills. The level
 * stays, as far as there is room. */
void nf_tokenbucket_set(struct nf_tokenbucket *b, uint64_t rate, uint64_t capacity);
/* Sets the level to so many tokens, at most the capacity. */
void nf_tokenbucket_level(struct nf_tokenbucket *b, uint64_t tokens, uint64_t now_ns);
void nf_tokenbucket_fill_slow(struct nf_tokenbucket *b, uint64_t ns);
/* How long until has(b, tokens), if nobody takes; UINT64_MAX: never. */
uint64_t nf_tokenbucket_wait_ns(const struct nf_tokenbucket *b, uint64_t tokens);

/* What came in since the last time. Time that goes back counts as none. */
UK_INLINE void nf_tokenbucket_fill(struct nf_tokenbucket *b, uint64_t now_ns)
{
	if (now_ns != b->at_ns) {
		if (now_ns > b->at_ns)
			nf_tokenbucket_fill_slow(b, now_ns - b->at_ns);
		b->at_ns = now_ns;
	}
}

UK_INLINE bool nf_tokenbucket_has(const struct nf_tokenbucket *b, uint32_t tokens)
{
	return b->level >= tokens * NF_TOKENBUCKET_UNIT;
}

/* Also what is not there: it then owes. Only from a bucket that owes nothing. */
UK_INLINE void nf_tokenbucket_take(struct nf_tokenbucket *b, uint32_t tokens)
{
	b->level -= tokens * NF_TOKENBUCKET_UNIT;
}

/* Whole tokens in it; 0 if it owes. */
UK_INLINE uint64_t nf_tokenbucket_size(const struct nf_tokenbucket *b)
{
	return b->level > 0 ? (uint64_t)(b->level / NF_TOKENBUCKET_UNIT) : 0;
}

#endif
