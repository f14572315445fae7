/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/click/core.h"
#include "nf-apps/click/element.h"
#include "nf-apps/click/schedule.h"

#define STRIDE1 (1u << 16) /* stride of one ticket */

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

/* The task goes back to its place before it runs: it may unschedule itself, or end the router. */
bool nf_task_run_next(struct nf_core *c)
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
