/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <errno.h>
#include "nf-apps/click/core.h"
#include "nf-apps/click/element.h"
#include "plat-kvm/clock.h"

#define STRIDE1 (1u << 16) /* stride of one ticket */

void nf_core_init(struct nf_core *c, const struct nf_packet_pools *pools, uint64_t seed)
{
	memset(c, 0, sizeof(*c));
	c->pools = *pools;
	c->seed = seed;
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

void nf_task_init(struct nf_task *t, struct nf_element *e, nf_task_fn run, void *arg)
{
	memset(t, 0, sizeof(*t));
	t->run = run;
	t->e = e;
	t->arg = arg;
	nf_task_tickets_set(t, NF_TASK_TICKETS);
}

void nf_task_tickets_set(struct nf_task *t, uint32_t tickets)
{
	if (tickets < 1)
		tickets = 1;
	if (tickets > NF_TASK_TICKETS_MAX)
		tickets = NF_TASK_TICKETS_MAX;
	t->tickets = tickets;
	t->stride = STRIDE1 * 16 / tickets;
}

/* Passes wrap around: compared by their difference. */
static bool task_before(const struct nf_task *a, const struct nf_task *b)
{
	return (int32_t)(a->pass - b->pass) < 0;
}

static void task_insert(struct nf_core *c, struct nf_task *t)
{
	struct nf_task **at = &c->tasks;

	while (*at != NULL && !task_before(t, *at))
		at = &(*at)->next;
	t->next = *at;
	*at = t;
}

static void task_remove(struct nf_core *c, struct nf_task *t)
{
	struct nf_task **at = &c->tasks;

	while (*at != NULL && *at != t)
		at = &(*at)->next;
	if (*at == t)
		*at = t->next;
	t->next = NULL;
}

void nf_task_schedule(struct nf_task *t)
{
	struct nf_core *c = t->e->core;

	if (t->scheduled)
		return;
	t->scheduled = true;
	t->pass = c->pass + t->stride;
	task_insert(c, t);
}

void nf_task_unschedule(struct nf_task *t)
{
	if (!t->scheduled)
		return;
	t->scheduled = false;
	task_remove(t->e->core, t);
}

void nf_timer_init(struct nf_timer *t, struct nf_element *e, nf_timer_fn run, void *arg)
{
	memset(t, 0, sizeof(*t));
	t->run = run;
	t->e = e;
	t->arg = arg;
}

static void timer_put(struct nf_core *c, uint32_t at, struct nf_timer *t)
{
	c->timers[at] = t;
	t->place = at + 1;
}

/* A binary heap: parent of i is (i - 1) / 2. */
static void timer_settle(struct nf_core *c, uint32_t at, struct nf_timer *t)
{
	while (at > 0 && t->due_ns < c->timers[(at - 1) / 2]->due_ns) {
		timer_put(c, at, c->timers[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	for (uint32_t kid = 2 * at + 1; kid < c->nb_timers; kid = 2 * at + 1) {
		if (kid + 1 < c->nb_timers && c->timers[kid + 1]->due_ns < c->timers[kid]->due_ns)
			kid++;
		if (t->due_ns <= c->timers[kid]->due_ns)
			break;
		timer_put(c, at, c->timers[kid]);
		at = kid;
	}
	timer_put(c, at, t);
}

static int timer_room(struct nf_core *c)
{
	uint32_t room = c->room_timers ? 2 * c->room_timers : 64;
	struct nf_timer **v;

	if (c->nb_timers < c->room_timers)
		return 0;
	v = realloc(c->timers, room * sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	c->timers = v;
	c->room_timers = room;
	return 0;
}

int nf_timer_at_ns(struct nf_timer *t, uint64_t due_ns)
{
	struct nf_core *c = t->e->core;
	int rc;

	t->due_ns = due_ns;
	if (t->place != 0) {
		timer_settle(c, t->place - 1, t);
		return 0;
	}
	rc = timer_room(c);
	if (rc < 0)
		return rc;
	c->nb_timers++;
	timer_settle(c, c->nb_timers - 1, t);
	return 0;
}

int nf_timer_after_ns(struct nf_timer *t, uint64_t ns)
{
	uint64_t now = uk_clock_ns();

	return nf_timer_at_ns(t, ns > UINT64_MAX - now ? UINT64_MAX - 1 : now + ns);
}

void nf_timer_cancel(struct nf_timer *t)
{
	struct nf_core *c;
	uint32_t at = t->place - 1;
	struct nf_timer *last;

	/* one that was never made ready has no element yet */
	if (t->place == 0)
		return;
	c = t->e->core;
	t->place = 0;
	last = c->timers[--c->nb_timers];
	if (last != t)
		timer_settle(c, at, last);
}

/* Timers that are set anew while this runs wait for the next round. */
static bool core_run_timers(struct nf_core *c)
{
	uint32_t most = c->nb_timers;
	bool any = false;

	while (most-- > 0 && c->nb_timers > 0 && c->timers[0]->due_ns <= c->now_ns) {
		struct nf_timer *t = c->timers[0];

		nf_timer_cancel(t);
		t->run(t->e, t->arg);
		any = true;
	}
	return any;
}

/* The task goes back to its place before it runs: it may unschedule itself, or end the router. */
static bool core_run_task(struct nf_core *c)
{
	struct nf_task *t = c->tasks;
	bool work;

	c->tasks = t->next;
	c->pass = t->pass;
	t->pass += t->stride;
	if (c->tasks == NULL || task_before(t, c->tasks)) {
		t->next = c->tasks;
		c->tasks = t;
	} else {
		task_insert(c, t);
	}
	work = t->run(t->e, t->arg);
	t->nb_runs++;
	t->nb_work += work;
	return work;
}

bool nf_core_round(struct nf_core *c)
{
	uint64_t start = uk_clock_cycles();
	unsigned nb = 0;
	bool work = false;

	c->now_ns = uk_clock_ns();
	if (UK_UNLIKELY(c->nb_timers > 0))
		work = core_run_timers(c);
	for (const struct nf_task *t = c->tasks; t != NULL; t = t->next)
		nb++;
	while (nb-- > 0 && c->tasks != NULL)
		work |= core_run_task(c);
	c->rounds++;
	if (work)
		c->busy_cycles += uk_clock_cycles() - start;
	return work;
}

uint64_t nf_core_next_ns(const struct nf_core *c)
{
	return c->nb_timers > 0 ? c->timers[0]->due_ns : UINT64_MAX;
}
