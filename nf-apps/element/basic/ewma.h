/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A rate as an exponentially weighted moving average: events of each millisecond, of which each
 * weighs 1/16 and what was before 15/16. Events are added at the time of the round, which costs a
 * comparison.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_BASIC_EWMA_H
#define SLUICE_NF_APPS_ELEMENT_BASIC_EWMA_H

#include "plat-kvm/defs.h"

#define NF_EWMA_EPOCH_NS 1000000
#define NF_EWMA_SHIFT    4  /* log2 of 16 */
#define NF_EWMA_SCALE    10 /* bits of fraction */

/* All zero is a rate of 0. */
struct nf_ewma {
	uint64_t ends_ns; /* of the millisecond under way */
	uint64_t now;     /* events in it */
	uint64_t avg;     /* per millisecond << NF_EWMA_SCALE */
};

/* Ends milliseconds that are over. */
void nf_ewma_roll(struct nf_ewma *r, uint64_t now_ns);

UK_INLINE void nf_ewma_add(struct nf_ewma *r, uint64_t now_ns, uint64_t nb)
{
	if (UK_UNLIKELY(now_ns >= r->ends_ns))
		nf_ewma_roll(r, now_ns);
	r->now += nb;
}

/* Thousandths of events per second; each event counts `times`, 1 to 8. Falls while nothing is
 * added. */
uint64_t nf_ewma_milli(struct nf_ewma *r, uint64_t now_ns, uint32_t times);

#endif
