/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/core.h"
#include "nf-apps/click/element.h"
#include "nf-apps/click/schedule.h"
#include "plat-kvm/clock.h"

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
bool nf_timer_run_due(struct nf_core *c)
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
