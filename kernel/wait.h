/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting, with and without a scheduler. A wait queue is where threads wait for a condition; who makes the condition
 * true wakes it. In an image without threads the only one who waits is main: waiting then means to run the pollers
 * (the network stack, timers) until the queue is woken or time is up, asleep in between when they are idle.
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

/* Somebody who is told of wakes without waiting there; storage is the caller's, linked by uk_wait_watch. */
struct uk_wait_watch {
	struct uk_wait_watch *next, **link;
	void (*woken)(struct uk_wait_watch *w);
};

/* Waits until woken (0) or until `deadline_ns` of uk_clock_ns (-ETIMEDOUT). A wake may be spurious: check again. */
int uk_wait(struct uk_wait_queue *q, uint64_t deadline_ns) UK_MUST_USE;
void uk_wait_wake_one(struct uk_wait_queue *q);
void uk_wait_wake_all(struct uk_wait_queue *q);
void uk_wait_watch(struct uk_wait_queue *q, struct uk_wait_watch *w);
void uk_wait_unwatch(struct uk_wait_watch *w);

/*
 * What runs while somebody waits. `poll` does what there is to do, without waiting, and returns the time at which it wants to
 * run again: 0 (or the past) if it is busy, UK_WAIT_FOREVER if only an interrupt brings it work. Storage is the caller's.
 */
struct uk_wait_poller {
	struct uk_wait_poller *next;
	uint64_t (*poll)(struct uk_wait_poller *p);
};

void uk_wait_poller_add(struct uk_wait_poller *p);

/* How the machine sleeps until a deadline when all pollers are idle. Default: uk_idle_until. The network stack sets it to
 * uk_netdev_idle. Returns when an interrupt came. */
extern void (*uk_wait_sleep)(uint64_t deadline_ns);

/* One round of all pollers; returns when the next one is due. The scheduler's idle loop and uk_wait call it. */
uint64_t uk_wait_poll(void);

#endif
