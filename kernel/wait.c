/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <limits.h>
#include "kernel/syscall.h"
#include "kernel/wait.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/console.h"
#include "plat-kvm/idle.h"
#include "plat-kvm/power.h"

#define ALL_EVENTS (-1)

void (*uk_wait_sleep)(uint64_t deadline_ns) = uk_idle_until;
const struct uk_wait_sched *uk_wait_sched;

static struct uk_wait_poller *pollers;
static bool polling;

void uk_wait_poller_add(struct uk_wait_poller *p)
{
	struct uk_wait_poller **at = &pollers;

	while (*at != NULL)
		at = &(*at)->next;
	p->next = NULL;
	*at = p;
}

uint64_t uk_wait_poll(void)
{
	uint64_t next = UK_WAIT_FOREVER;

	UK_ASSERT(!polling); /* a poller may not wait */
	polling = true;
	for (struct uk_wait_poller *p = pollers; p != NULL; p = p->next) {
		uint64_t at = p->poll(p);

		next = at < next ? at : next;
	}
	polling = false;
	return next;
}

bool uk_wait_idle(uint64_t next_ns, uint64_t deadline_ns)
{
	uint64_t until = next_ns < deadline_ns ? next_ns : deadline_ns;

	if (until == UK_WAIT_FOREVER && pollers == NULL)
		return false;
	if (until > uk_clock_ns())
		uk_wait_sleep(until);
	return true;
}

void uk_wait_deadlock(const char *who)
{
	uk_console_printf("\nsluice: deadlock: %s for what nothing can bring: no thread is ready, "
			  "no time limit is set, no device is polled\n",
		who);
	uk_power_off(UK_POWER_PANIC);
}

static void wait_link(struct uk_wait_queue *q, struct uk_waiter *w)
{
	w->queue = q;
	w->prev = q->last;
	*(q->last != NULL ? &q->last->next : &q->first) = w;
	q->last = w;
}

static void wait_unlink(struct uk_waiter *w)
{
	struct uk_wait_queue *q = w->queue;

	*(w->prev != NULL ? &w->prev->next : &q->first) = w->next;
	*(w->next != NULL ? &w->next->prev : &q->last) = w->prev;
	w->queue = NULL;
}

/* Without a scheduler: the pollers are all that can wake. */
static int wait_alone(struct uk_waiter *w, uint64_t deadline_ns)
{
	for (;;) {
		uint64_t next = uk_wait_poll();

		if (w->woken || uk_clock_ns() >= deadline_ns)
			return 0;
		if (!uk_wait_idle(next, deadline_ns))
			uk_wait_deadlock("main waits");
	}
}

int uk_wait(struct uk_wait_queue *q, uint64_t deadline_ns)
{
	struct uk_waiter w = { .woken = false };
	int rc;

	UK_ASSERT(!polling);
	wait_link(q, &w);
	rc = uk_wait_sched != NULL ? uk_wait_sched->block(&w, deadline_ns)
				   : wait_alone(&w, deadline_ns);
	if (w.woken)
		return 0;
	wait_unlink(&w);
	return rc < 0 ? rc : -ETIMEDOUT;
}

void uk_wait_yield(void)
{
	if (uk_wait_sched != NULL)
		uk_wait_sched->yield();
	else if (!polling)
		uk_wait_poll();
}

static void wait_wake(struct uk_waiter *w)
{
	wait_unlink(w);
	w->woken = true;
	if (uk_wait_sched != NULL)
		uk_wait_sched->ready(w);
}

/* A watch may unlink itself while it is told. */
static void wait_tell(struct uk_wait_queue *q, short events)
{
	struct uk_wait_watch *next;

	for (struct uk_wait_watch *w = q->watches; w != NULL; w = next) {
		next = w->next;
		if (w->events == 0 || (w->events & events))
			w->woken(w);
	}
}

void uk_wait_wake_events(struct uk_wait_queue *q, unsigned nb, short events)
{
	for (; nb > 0 && q->first != NULL; nb--)
		wait_wake(q->first);
	wait_tell(q, events);
}

void uk_wait_wake_one(struct uk_wait_queue *q)
{
	uk_wait_wake_events(q, 1, ALL_EVENTS);
}

void uk_wait_wake_all(struct uk_wait_queue *q)
{
	uk_wait_wake_events(q, UINT_MAX, ALL_EVENTS);
}

void uk_wait_watch(struct uk_wait_queue *q, struct uk_wait_watch *w)
{
	w->next = q->watches;
	w->link = &q->watches;
	if (w->next != NULL)
		w->next->link = &w->next;
	q->watches = w;
}

void uk_wait_unwatch(struct uk_wait_watch *w)
{
	if (w->link == NULL)
		return;
	*w->link = w->next;
	if (w->next != NULL)
		w->next->link = w->link;
	w->next = NULL;
	w->link = NULL;
}

void uk_wait_queue_end(struct uk_wait_queue *q)
{
	struct uk_wait_watch *w;

	UK_ASSERT(q->first == NULL);
	while ((w = q->watches) != NULL) {
		uk_wait_unwatch(w);
		if (w->gone != NULL)
			w->gone(w);
	}
}

static int wait_sleep_until(uint64_t deadline_ns)
{
	struct uk_wait_queue nobody = { 0 };
	int rc = uk_wait(&nobody, deadline_ns);

	return rc == -ETIMEDOUT ? 0 : rc;
}

/* Whoever sleeps in a system call lets the others run from now on. */
__attribute__((constructor)) static void wait_start(void)
{
	uk_syscall_sleep = wait_sleep_until;
}
