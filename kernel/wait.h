/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting, with and without a scheduler. A wait queue is where threads wait for a condition; who
 * makes the condition true wakes it. In an image without threads the only one who waits is main:
 * waiting then means to run the pollers (the network stack, timers) until the queue is woken or time
 * is up, asleep in between when they are idle.
 *
 *	while (!ready(x)) {
 *		rc = uk_wait(&x->wq, deadline_ns);
 *		if (rc < 0)
 *			return rc;
 *	}
 *
 * All is cooperative and on one core: nothing changes between a check and uk_wait. Never from an interrupt.
 */
#ifndef SLUICE_KERNEL_WAIT_H
#define SLUICE_KERNEL_WAIT_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

#define UK_WAIT_FOREVER UINT64_MAX

struct uk_waiter;

/* All zero is an empty one. */
struct uk_wait_queue {
	struct uk_waiter *first, *last;
	/* Told at each wake besides, NULL: nobody. For poll and epoll (kernel/poll.h). */
	struct uk_wait_watch *watches;
};

/* Somebody who is told of wakes without waiting there; storage is the caller's, linked by
 * uk_wait_watch. */
struct uk_wait_watch {
	struct uk_wait_watch *next, **link;
	short events; /* told of these only (poll.h's bits); 0: of all */
	/* May unwatch `w` itself and wake other queues; may not wait. */
	void (*woken)(struct uk_wait_watch *w);
	/* The queue goes (uk_wait_queue_end); `w` is no longer linked. NULL: not told. */
	void (*gone)(struct uk_wait_watch *w);
};

/*
 * Waits until woken (0) or until `deadline_ns` of uk_clock_ns (-ETIMEDOUT). A wake may be spurious:
 * check again. -EINTR: somebody cancels the thread (pthread_cancel); give up as at a time-out. A
 * deadline that is over lets the others run once. If nothing can ever bring a wake, the machine
 * ends with a sentence.
 */
int uk_wait(struct uk_wait_queue *q, uint64_t deadline_ns) UK_MUST_USE;
/* Lets the others run once: pollers, and threads that are ready. */
void uk_wait_yield(void);
/* In the order in which they came. */
void uk_wait_wake_one(struct uk_wait_queue *q);
void uk_wait_wake_all(struct uk_wait_queue *q);
/* At most `nb`, because of `events`: watches of others are not told (edge-triggered epolls see the
 * difference). */
void uk_wait_wake_events(struct uk_wait_queue *q, unsigned nb, short events);
void uk_wait_watch(struct uk_wait_queue *q, struct uk_wait_watch *w);
/* Does nothing if it is not linked. */
void uk_wait_unwatch(struct uk_wait_watch *w);
/* Before the queue's memory goes: unlinks each watch and tells it. Nobody waits there. */
void uk_wait_queue_end(struct uk_wait_queue *q);

/*
 * What runs while somebody waits. `poll` does what there is to do, without waiting itself (an
 * assertion says so), and returns the time at which it wants to run again: 0 (or the past) if it is
 * busy, UK_WAIT_FOREVER if only an interrupt brings it work. Storage is the caller's. With threads
 * it runs on the scheduler's own stack of 64 KiB, once in each round of them.
 */
struct uk_wait_poller {
	struct uk_wait_poller *next;
	uint64_t (*poll)(struct uk_wait_poller *p);
};

void uk_wait_poller_add(struct uk_wait_poller *p);

/*
 * How the machine sleeps until a deadline when all pollers are idle. Default: uk_idle_until. The
 * network stack sets it to uk_netdev_idle. Returns when an interrupt came.
 */
extern void (*uk_wait_sleep)(uint64_t deadline_ns);

/* One round of all pollers; returns when the next one is due. */
uint64_t uk_wait_poll(void);

/*
 * For the scheduler (kernel/thread.c), which puts itself here when an image has it.
 *	block    returns when w->woken or the time is up (0), or -EINTR
 *	ready    w was woken
 */
struct uk_waiter {
	struct uk_waiter *next, *prev;
	struct uk_wait_queue *queue; /* NULL once woken */
	void *thread;
	bool woken;
};

struct uk_wait_sched {
	int (*block)(struct uk_waiter *w, uint64_t deadline_ns);
	void (*ready)(struct uk_waiter *w);
	void (*yield)(void);
};

extern const struct uk_wait_sched *uk_wait_sched;

/*
 * After a round of pollers, when nobody is ready: sleeps until `deadline_ns` or the pollers' `next_ns`.
 * Returns false, without sleep, if there is neither a time nor a poller: nothing would ever happen.
 */
bool uk_wait_idle(uint64_t next_ns, uint64_t deadline_ns) UK_MUST_USE;
/* Then this is said of `who` ("main waits"), and the machine ends with UK_POWER_PANIC. */
UK_NORETURN void uk_wait_deadlock(const char *who);

#endif
