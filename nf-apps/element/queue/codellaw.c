/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/queue/codellaw.h"

/* Root of v, rounded down, bit by bit. */
static uint32_t codellaw_sqrt(uint64_t v)
{
	uint64_t root = 0, bit = 1ull << 62;

	while (bit > v)
		bit >>= 2;
	for (; bit != 0; bit >>= 2) {
		if (v >= root + bit) {
			v -= root + bit;
			root = (root >> 1) + bit;
		} else {
			root >>= 1;
		}
	}
	return (uint32_t)root;
}

uint64_t nf_codellaw_gap_ns(uint64_t interval_ns, uint32_t count)
{
	/* sqrt(count * 2^32) is sqrt(count) * 2^16 */
	return (interval_ns << 16) / codellaw_sqrt((uint64_t)count << 32);
}

/* Has the delay been above the target for an interval? RFC 8289, 5.5: dodequeue. */
static bool codellaw_too_long(struct nf_codellaw *c, uint64_t now_ns, uint64_t delay_ns, bool last)
{
	if (delay_ns < c->target_ns || last) {
		c->first_above_ns = 0;
		return false;
	}
	if (c->first_above_ns == 0) {
		c->first_above_ns = now_ns + c->interval_ns;
		return false;
	}
	return now_ns >= c->first_above_ns;
}

/*
 * Begins to drop. If it had stopped a short time ago, it goes on with about the rate that it had
 * found: RFC 8289, 5.5, 5.6.
 */
static void codellaw_enter(struct nf_codellaw *c, uint64_t now_ns)
{
	uint32_t delta = c->count - c->last_count;
	uint64_t since = now_ns > c->drop_next_ns ? now_ns - c->drop_next_ns : 0;

	c->dropping = true;
	c->count = delta > 1 && c->count > c->last_count && since < 16 * c->interval_ns ? delta : 1;
	c->drop_next_ns = now_ns + nf_codellaw_gap_ns(c->interval_ns, c->count);
	c->last_count = c->count;
}

static bool codellaw_drop(struct nf_codellaw *c)
{
	if (c->count < UINT32_MAX)
		c->count++;
	c->step = NF_CODELLAW_DROPPED;
	return true;
}

static bool codellaw_fresh(struct nf_codellaw *c, uint64_t now_ns, bool too_long)
{
	if (!too_long) {
		c->dropping = false;
		return false;
	}
	if (c->dropping)
		return now_ns >= c->drop_next_ns && codellaw_drop(c);
	codellaw_enter(c, now_ns);
	c->step = NF_CODELLAW_ENTERED;
	return true;
}

bool nf_codellaw_packet(struct nf_codellaw *c, uint64_t now_ns, uint64_t delay_ns, bool last)
{
	bool too_long = codellaw_too_long(c, now_ns, delay_ns, last);
	enum nf_codellaw_step step = c->step;

	c->step = NF_CODELLAW_FRESH;
	if (step == NF_CODELLAW_FRESH)
		return codellaw_fresh(c, now_ns, too_long);
	if (step == NF_CODELLAW_ENTERED)
		return false;
	if (!too_long) {
		c->dropping = false;
		return false;
	}
	c->drop_next_ns += nf_codellaw_gap_ns(c->interval_ns, c->count);
	return now_ns >= c->drop_next_ns && codellaw_drop(c);
}

void nf_codellaw_empty(struct nf_codellaw *c)
{
	c->first_above_ns = 0;
	if (c->step != NF_CODELLAW_ENTERED)
		c->dropping = false;
	c->step = NF_CODELLAW_FRESH;
}
