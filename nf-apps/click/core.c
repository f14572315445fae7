/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <errno.h>
#include <string.h>
#include "kernel/chacha20.h"
#include "nf-apps/click/core.h"
#include "nf-apps/click/element.h"
#include "nf-apps/click/schedule.h"
#include "plat-kvm/clock.h"

void nf_core_random_start(struct nf_core *c, const uint32_t key[8])
{
	memcpy(c->random_key, key, sizeof(c->random_key));
	c->nb_random = c->nb_blocks = 0;
}

void nf_core_random_more(struct nf_core *c)
{
	static const uint32_t nonce[3];

	uk_chacha20_block(c->random_key, c->nb_blocks++, nonce, c->random);
	c->nb_random = UK_ARRAY_SIZE(c->random);
}

void nf_core_init(struct nf_core *c, const struct nf_packet_pools *pools, uint64_t seed)
{
	memset(c, 0, sizeof(*c));
	c->pools = *pools;
	nf_core_random_start(c, (uint32_t[8]){ (uint32_t)seed, (uint32_t)(seed >> 32) });
	c->burst = UK_BURST_MAX;
	c->now_ns = uk_clock_ns();
}

void nf_core_cleanup(struct nf_core *c)
{
	free(c->timers);
	c->timers = NULL;
	c->nb_timers = c->room_timers = 0;
}

uint64_t nf_core_wall_ns(void)
{
	return uk_clock_wall_ns();
}

bool nf_core_round(struct nf_core *c)
{
	uint64_t start = uk_clock_cycles();
	unsigned nb = 0;
	bool work = false;

	c->now_ns = uk_clock_ns();
	if (UK_UNLIKELY(c->nb_timers > 0))
		work = nf_timer_run_due(c);
	for (const struct nf_task *t = c->tasks; t != NULL; t = t->next)
		nb++;
	while (nb-- > 0 && c->tasks != NULL)
		work |= nf_task_run_next(c);
	c->rounds++;
	if (work)
		c->busy_cycles += uk_clock_cycles() - start;
	return work;
}

uint64_t nf_core_next_ns(const struct nf_core *c)
{
	return c->nb_timers > 0 ? c->timers[0]->due_ns : UINT64_MAX;
}
