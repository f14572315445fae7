/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scheduler: one round after the other. `idle` is a thread like any other and never blocks: in its
 * turn it runs the pollers, wakes those whose time is up, and sleeps if nobody else is ready.
 */
#include "kernel/thread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/libc.h"
#include "kernel/thread_sched.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/console.h"
#include "plat-kvm/power.h"
#include "plat-kvm/trap.h"

#define GUARD_WORDS (UK_PAGE_SIZE / sizeof(uint64_t))
#define LINE_WORDS  (UK_CACHE_LINE / sizeof(uint64_t))
#define PATTERN     0x5afe57ac4b0770ffull

static struct {
	struct uk_thread *current;
	struct uk_thread *first, *last;       /* ready */
	struct uk_thread *soonest, *last_due; /* with a deadline */
	struct uk_thread *all;
	struct uk_thread *dead; /* its stack is still in use until the next thread runs */
	uintptr_t tp;           /* that is loaded */
	int last_tid;
	struct uk_thread main, idle;
} sched;

static uint8_t idle_stack[UK_PAGE_SIZE + UK_THREAD_STACK_BYTES] UK_ALIGNED(UK_PAGE_SIZE);

static void sched_push(struct uk_thread *t)
{
	t->state = UK_THREAD_READY;
	t->next = NULL;
	*(sched.last != NULL ? &sched.last->next : &sched.first) = t;
	sched.last = t;
}

/* Deadlines mostly come in order, so that the place is found from the end. */
static void sched_due_add(struct uk_thread *t, uint64_t deadline_ns)
{
	struct uk_thread *after = sched.last_due;

	t->deadline_ns = deadline_ns;
	if (deadline_ns == UK_WAIT_FOREVER)
		return;
	while (after != NULL && after->deadline_ns > deadline_ns)
		after = after->sooner;
	t->sooner = after;
	t->later = after != NULL ? after->later : sched.soonest;
	*(t->sooner != NULL ? &t->sooner->later : &sched.soonest) = t;
	*(t->later != NULL ? &t->later->sooner : &sched.last_due) = t;
}

static void sched_due_remove(struct uk_thread *t)
{
	if (t->deadline_ns == UK_WAIT_FOREVER)
		return;
	*(t->sooner != NULL ? &t->sooner->later : &sched.soonest) = t->later;
	*(t->later != NULL ? &t->later->sooner : &sched.last_due) = t->sooner;
	t->deadline_ns = UK_WAIT_FOREVER;
}

static void sched_unblock(struct uk_thread *t)
{
	if (t->state != UK_THREAD_BLOCKED)
		return;
	sched_due_remove(t);
	sched_push(t);
}

UK_NORETURN static void sched_overrun(const struct uk_thread *t)
{
	uk_console_printf(
		"\nsluice: thread %s has overrun its stack of %lu bytes; what lies below is "
		"damaged\n",
		t->name, t->high - t->low);
	uk_power_off(UK_POWER_PANIC);
}

/* The line next to the stack each time, another one of the guard page beside it. */
static void sched_check_stack(struct uk_thread *t, bool whole)
{
	unsigned line = whole ? 0 : t->nb_checks++ % (GUARD_WORDS / LINE_WORDS) * LINE_WORDS;
	unsigned end = whole ? GUARD_WORDS : line + LINE_WORDS;
	uint64_t wrong = 0;

	if (t->low != 0 && (uintptr_t)__builtin_frame_address(0) < t->low)
		sched_overrun(t);
	if (t->guard == NULL)
		return;
	for (unsigned i = GUARD_WORDS - LINE_WORDS; i < GUARD_WORDS; i++)
		wrong |= t->guard[i] ^ PATTERN;
	for (unsigned i = line; i < end; i++)
		wrong |= t->guard[i] ^ PATTERN;
	if (wrong != 0)
		sched_overrun(t);
}

static void sched_bury(void)
{
	struct uk_thread *t = sched.dead;

	if (t == NULL)
		return;
	sched.dead = NULL;
	if (t->stack_mem != NULL)
		t->unmap(t->stack_mem);
	if (!t->kept && t != &sched.main)
		free(t);
}

/* Gives the CPU to the next one that is ready: there is one, idle or its caller. */
static void sched_next(void)
{
	struct uk_thread *prev = sched.current, *next = sched.first;

	sched.first = next->next;
	if (sched.first == NULL)
		sched.last = NULL;
	next->state = UK_THREAD_RUNNING;
	if (next == prev)
		return;
	sched_check_stack(prev, prev->state == UK_THREAD_DEAD);
	sched.current = next;
	if (next->tp != 0 && next->tp != sched.tp) {
		uk_libc_tp_switch(next->tp);
		sched.tp = next->tp;
	}
	uk_trap_stack(next->low, next->high);
	uk_thread_switch(&prev->sp, next->sp);
	sched_bury();
}

static int sched_block(struct uk_waiter *w, uint64_t deadline_ns)
{
	struct uk_thread *t = sched.current;

	UK_ASSERT(t != &sched.idle);
	if (!t->interrupted) {
		w->thread = t;
		t->state = UK_THREAD_BLOCKED;
		sched_due_add(t, deadline_ns);
		sched_next();
	}
	if (w->woken || !t->interrupted)
		return 0;
	t->interrupted = false;
	return -EINTR;
}

static void sched_ready(struct uk_waiter *w)
{
	sched_unblock(w->thread);
}

static void sched_yield_now(void)
{
	if (sched.current == &sched.idle)
		return;
	sched_push(sched.current);
	sched_next();
}

static const struct uk_wait_sched sched_ops = {
	.block = sched_block,
	.ready = sched_ready,
	.yield = sched_yield_now,
};

/* Who waits, for the sentence about a deadlock. */
static const char *sched_who(void)
{
	static char text[128];
	size_t len = 0;

	text[0] = '\0';
	for (const struct uk_thread *t = sched.all; t != NULL && len < sizeof(text); t = t->all)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s%s", len > 0 ? ", " : "", t->name);
	if (len + sizeof(" wait") < sizeof(text))
		strcpy(text + len,
			sched.all != NULL && sched.all->all == NULL ? " waits" : " wait");
	return text;
}

static int idle_run(void *arg)
{
	(void)arg;
	for (;;) {
		uint64_t next = uk_wait_poll(), now;

		while (sched.soonest != NULL && (now = uk_clock_ns()) >= sched.soonest->deadline_ns)
			sched_unblock(sched.soonest);
		if (sched.first != NULL) {
			sched_push(&sched.idle);
			sched_next();
		} else if (!uk_wait_idle(next, sched.soonest != NULL ? sched.soonest->deadline_ns
								     : UK_WAIT_FOREVER))
			uk_wait_deadlock(sched_who());
	}
	return 0;
}

/* Where a new thread begins: the stack was laid out for uk_thread_switch. */
static void sched_begin(void)
{
	sched_bury();
	sched.current->run(sched.current->arg);
	uk_thread_end();
}

/* What uk_thread_switch takes off, then a return address that no call came from. */
static void sched_lay_out(struct uk_thread *t, const struct uk_thread_stack *stack)
{
	uint64_t *p = (uint64_t *)UK_ALIGN_DOWN(stack->high, 16);
	uint16_t x87;

	__asm__ __volatile__("fnstcw %0" : "=m"(x87));
	*--p = 0;
	*--p = (uintptr_t)sched_begin;
	for (int i = 0; i < 6; i++)
		*--p = 0;
	*--p = (uint64_t)x87 << 32 | __builtin_ia32_stmxcsr();
	t->sp = p;
	t->low = stack->low;
	t->high = stack->high;
	if (!stack->has_guard)
		return;
	t->guard = (uint64_t *)(stack->low - UK_PAGE_SIZE);
	for (unsigned i = 0; i < GUARD_WORDS; i++)
		t->guard[i] = PATTERN;
}

static void sched_init(struct uk_thread *t, int tid, const char *name)
{
	*t = (struct uk_thread){ .tid = tid, .deadline_ns = UK_WAIT_FOREVER };
	uk_thread_rename(t, name);
}

struct uk_thread *uk_thread_make(
	const struct uk_thread_stack *stack, int (*run)(void *arg), void *arg, uintptr_t tp)
{
	struct uk_thread *t = malloc(sizeof(*t)), **at = &sched.all;
	char name[32];

	if (t == NULL)
		return NULL;
	snprintf(name, sizeof(name), "thread-%d", sched.last_tid + 1);
	sched_init(t, ++sched.last_tid, name);
	t->run = run;
	t->arg = arg;
	t->tp = tp;
	sched_lay_out(t, stack);
	while (*at != NULL)
		at = &(*at)->all;
	*at = t;
	sched_push(t);
	return t;
}

void uk_thread_end(void)
{
	struct uk_thread *t = sched.current, **at = &sched.all;

	while (*at != t)
		at = &(*at)->all;
	*at = t->all;
	t->state = UK_THREAD_DEAD;
	sched.dead = t;
	sched_next();
	__builtin_unreachable();
}

void uk_thread_interrupt(struct uk_thread *t)
{
	t->interrupted = true;
	sched_unblock(t);
}

struct uk_thread *uk_thread_find(int tid)
{
	struct uk_thread *t = sched.all;

	while (t != NULL && t->tid != tid)
		t = t->all;
	return t;
}

struct uk_thread *uk_thread_main(void)
{
	return &sched.main;
}

void uk_thread_main_tp(uintptr_t tp)
{
	sched.main.tp = tp;
	sched.idle.tp = tp;
	sched.tp = tp;
}

void uk_thread_rename(struct uk_thread *t, const char *name)
{
	snprintf(t->name, sizeof(t->name), "%.15s", name);
}

void uk_thread_yield(void)
{
	sched_yield_now();
}

void uk_thread_sleep_until(uint64_t deadline_ns)
{
	struct uk_wait_queue nobody = { 0 };
	int rc = 0;

	while (rc != -ETIMEDOUT)
		rc = uk_wait(&nobody, deadline_ns);
}

struct uk_thread *uk_thread_self(void)
{
	return sched.current;
}

const char *uk_thread_name(const struct uk_thread *t)
{
	return t->name;
}

/* Before other constructors: they may make threads, and thread_libc.c adds to main. */
__attribute__((constructor(101))) static void thread_start(void)
{
	const struct uk_thread_stack stack = { .low = (uintptr_t)idle_stack + UK_PAGE_SIZE,
		.high = (uintptr_t)idle_stack + sizeof(idle_stack),
		.has_guard = true };

	sched_init(&sched.main, 1, "main");
	sched.main.state = UK_THREAD_RUNNING;
	sched.last_tid = 1;
	sched.all = &sched.main;
	sched.current = &sched.main;
	sched_init(&sched.idle, 0, "idle");
	sched.idle.run = idle_run;
	sched_lay_out(&sched.idle, &stack);
	sched_push(&sched.idle);
	uk_wait_sched = &sched_ops;
}
