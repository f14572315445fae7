/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/queue/redlaw.h"

/* While the queue is empty, the average falls as if a packet had come this often (Click: 50 Hz). */
#define REDLAW_IDLE_NS 20000000

/* avg * (1 - 2^-stability)^n, by squaring. */
static uint64_t redlaw_decay(uint64_t avg, uint32_t stability, uint64_t n)
{
	uint64_t f = (1ull << 32) - (1ull << (32 - stability));

	for (; n > 0 && avg > 0; n >>= 1) {
		if (n & 1)
			avg = (uint64_t)((unsigned __int128)avg * f >> 32);
		f = f * f >> 32;
	}
	return avg;
}

void nf_redlaw_average(struct nf_redlaw *r, uint32_t len, uint64_t now_ns)
{
	uint64_t now = (uint64_t)len << NF_REDLAW_SHIFT;

	if (r->stability == 0) {
		r->avg = now;
	} else if (len > 0) {
		r->avg = r->avg - (r->avg >> r->stability) + (now >> r->stability);
		r->idle_ns = 0;
	} else {
		uint64_t n = 1;

		if (r->idle_ns != 0)
			n = now_ns > r->idle_ns ? (now_ns - r->idle_ns) / REDLAW_IDLE_NS : 0;
		r->avg = redlaw_decay(r->avg, r->stability, n);
		/* what is left of a period counts for the next */
		r->idle_ns = r->idle_ns == 0 ? now_ns : r->idle_ns + n * REDLAW_IDLE_NS;
		if (r->idle_ns == 0)
			r->idle_ns = 1;
	}
}

uint32_t nf_redlaw_probability(const struct nf_redlaw *r)
{
	uint64_t min = (uint64_t)r->min_thresh << NF_REDLAW_SHIFT;
	uint64_t max = (uint64_t)r->max_thresh << NF_REDLAW_SHIFT;
	uint64_t kill = r->gentle ? 2 * max : max, p;

	if (r->avg <= min)
		return 0;
	if (r->avg > kill)
		return NF_REDLAW_ONE;
	if (r->avg <= max)
		return (uint32_t)((unsigned __int128)r->max_p * (r->avg - min) / (max - min));
	p = (uint64_t)((unsigned __int128)(NF_REDLAW_ONE - r->max_p) * (r->avg - max) / max);
	return r->max_p + (uint32_t)p;
}

/*
 * Between the thresholds the gap between two drops is uniform in 1..1/p, not geometric: see section
 * 7 of the paper. `random` of 16 bits over p of 16 bits is that gap.
 */
bool nf_redlaw_drop(struct nf_redlaw *r, uint32_t random)
{
	uint32_t p = nf_redlaw_probability(r);

	if (r->avg <= (uint64_t)r->min_thresh << NF_REDLAW_SHIFT) {
		r->count = -1;
		return false;
	}
	if (p >= NF_REDLAW_ONE) {
		r->count = -1;
		return true;
	}
	r->count++;
	if (r->count > 0 && p > 0 && r->count > r->random / p) {
		r->count = 0;
		r->random = random & 0xffff;
		return true;
	}
	if (r->count == 0)
		r->random = random & 0xffff;
	return false;
}
