/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel/futex.h"

#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include "kernel/syscall.h"
#include "plat-kvm/clock.h"

#define NSEC       1000000000ull
#define NB_BUCKETS 64u

/* linux/futex.h */
#define OP_WAIT        0
#define OP_WAKE        1
#define OP_REQUEUE     3
#define OP_CMP_REQUEUE 4
#define OP_MASK        0x7f /* without FUTEX_PRIVATE_FLAG: all is private */

struct waiter {
	struct waiter *next;
	volatile int *addr;
	struct uk_wait_queue wq;
	bool woken;
};

static struct waiter *buckets[NB_BUCKETS];

static struct waiter **futex_bucket(volatile int *addr)
{
	return &buckets[((uintptr_t)addr >> 2 ^ (uintptr_t)addr >> 8) % NB_BUCKETS];
}

static void futex_append(struct waiter *w, volatile int *addr)
{
	struct waiter **at = futex_bucket(addr);

	while (*at != NULL)
		at = &(*at)->next;
	w->next = NULL;
	w->addr = addr;
	*at = w;
}

int uk_futex_wait(volatile int *addr, int value, uint64_t deadline_ns)
{
	struct waiter w = { .woken = false }, **at;
	int rc = 0;

	if (*addr != value)
		return -EAGAIN;
	futex_append(&w, addr);
	while (!w.woken && rc == 0)
		rc = uk_wait(&w.wq, deadline_ns);
	if (w.woken)
		return 0;
	at = futex_bucket(w.addr); /* it may have been moved */
	while (*at != &w)
		at = &(*at)->next;
	*at = w.next;
	return rc;
}

int uk_futex_wake(volatile int *addr, int nb, volatile int *to, int nb_move)
{
	struct waiter **at = futex_bucket(addr), *moved = NULL, **end = &moved, *w;
	int count = 0, nb_moved = 0;

	while ((w = *at) != NULL) {
		if (w->addr != addr || (count >= nb && nb_moved >= nb_move)) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		if (count < nb) {
			count++;
			w->woken = true;
			uk_wait_wake_one(&w->wq);
		} else {
			nb_moved++;
			w->next = NULL;
			*end = w;
			end = &w->next;
		}
	}
	while ((w = moved) != NULL) {
		moved = w->next;
		futex_append(w, to);
	}
	return count + nb_moved;
}

static long futex_timed(volatile int *addr, int value, const struct timespec *ts)
{
	uint64_t deadline = UK_WAIT_FOREVER, now = uk_clock_ns();

	if (ts != NULL && (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= (long)NSEC))
		return -EINVAL;
	if (ts != NULL && (uint64_t)ts->tv_sec < (UK_WAIT_FOREVER - now) / NSEC - 1)
		deadline = now + (uint64_t)ts->tv_sec * NSEC + (uint64_t)ts->tv_nsec;
	return uk_futex_wait(addr, value, deadline);
}

static bool futex_call(long n, const long a[6], long *result)
{
	volatile int *addr = (volatile int *)a[0], *to = (volatile int *)a[4];

	if (n != SYS_futex)
		return false;
	switch (a[1] & OP_MASK) {
	case OP_WAIT:
		*result = futex_timed(addr, (int)a[2], (const struct timespec *)a[3]);
		break;
	case OP_WAKE:
		*result = uk_futex_wake(addr, (int)a[2], NULL, 0);
		break;
	case OP_CMP_REQUEUE:
		if (*addr != (int)a[5]) {
			*result = -EAGAIN;
			break;
		}
		/* fall through */
	case OP_REQUEUE:
		*result = uk_futex_wake(addr, (int)a[2], to, (int)a[3]);
		break;
	default:
		*result = -ENOSYS; /* musl asks whether there are locks that inherit priorities */
	}
	return true;
}

__attribute__((constructor)) static void futex_start(void)
{
	static struct uk_syscall_set set = { .call = futex_call };

	uk_syscall_add(&set);
}
