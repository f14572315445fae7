/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/basic/ewma.h"

#define EWMA_IDLE_MAX 1024 /* after so many silent milliseconds nothing is left of any average */
#define EWMA_MAX      (1ull << 50)

static void ewma_sample(struct nf_ewma *r, uint64_t nb)
{
	uint64_t scaled = nb < EWMA_MAX >> NF_EWMA_SCALE ? nb << NF_EWMA_SCALE : EWMA_MAX;

	/* rounded towards the sample, so that it gets there */
	if (scaled > r->avg)
		r->avg += (scaled - r->avg + (1u << NF_EWMA_SHIFT) - 1) >> NF_EWMA_SHIFT;
	else
		r->avg -= (r->avg - scaled + (1u << NF_EWMA_SHIFT) - 1) >> NF_EWMA_SHIFT;
}

void nf_ewma_roll(struct nf_ewma *r, uint64_t now_ns)
{
	uint64_t silent;

	if (now_ns < r->ends_ns)
		return;
	silent = (now_ns - r->ends_ns) / NF_EWMA_EPOCH_NS;
	ewma_sample(r, r->now);
	r->now = 0;
	if (silent > EWMA_IDLE_MAX)
		r->avg = 0;
	for (uint64_t i = 0; i < silent && r->avg != 0; i++)
		ewma_sample(r, 0);
	r->ends_ns = now_ns - now_ns % NF_EWMA_EPOCH_NS + NF_EWMA_EPOCH_NS;
}

uint64_t nf_ewma_milli(struct nf_ewma *r, uint64_t now_ns, uint32_t times)
{
	nf_ewma_roll(r, now_ns);
	/* from events per ms << 10, in an order in which 64 bits do; avg <= 2^50, times <= 8 */
	if (r->avg < 1ull << 40)
		return r->avg * times * 1000000 >> NF_EWMA_SCALE;
	return (r->avg * times >> NF_EWMA_SCALE) * 1000000;
}
