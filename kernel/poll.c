/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel/poll.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include "kernel/fd.h"
#include "kernel/syscall.h"
#include "plat-kvm/clock.h"

#define NSEC       1000000000ull
#define ON_STACK   8u
#define FAIR_EVERY 16u

/* Who waits in one uk_poll, and one of its files. */
struct poll_wait {
	struct uk_wait_queue wq;
	bool told;
};

struct poll_one {
	struct uk_wait_watch watch;
	struct poll_wait *wait;
	struct uk_file *file;
};

void uk_poll_fair(void)
{
	static unsigned nb;

	if (++nb % FAIR_EVERY == 0)
		uk_wait_yield();
}

short uk_poll_interest(short events)
{
	return (short)(events | (events & POLLRDNORM ? POLLIN : 0) |
		       (events & POLLWRNORM ? POLLOUT : 0) | POLLERR | POLLHUP);
}

uint64_t uk_poll_deadline_ms(long ms)
{
	if (ms < 0)
		return UK_WAIT_FOREVER;
	return ms == 0 ? 0 : uk_clock_ns() + (uint64_t)ms * 1000000u;
}

int uk_poll_deadline(const struct timespec *ts, uint64_t *deadline_ns)
{
	uint64_t now = uk_clock_ns();

	*deadline_ns = UK_WAIT_FOREVER;
	if (ts == NULL)
		return 0;
	if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= (long)NSEC)
		return -EINVAL;
	if (ts->tv_sec == 0 && ts->tv_nsec == 0)
		*deadline_ns = 0;
	else if ((uint64_t)ts->tv_sec < (UK_WAIT_FOREVER - now) / NSEC - 1)
		*deadline_ns = now + (uint64_t)ts->tv_sec * NSEC + (uint64_t)ts->tv_nsec;
	return 0;
}

static void poll_told(struct uk_wait_watch *w)
{
	struct poll_wait *wait = UK_CONTAINER_OF(w, struct poll_one, watch)->wait;

	wait->told = true;
	uk_wait_wake_all(&wait->wq);
}

/* Looks at all; with `ones` at the files that were there at the beginning. */
static int poll_look(struct pollfd *fds, size_t nb, short always, const struct poll_one *ones)
{
	int count = 0;

	for (size_t i = 0; i < nb; i++) {
		struct uk_file *f;

		fds[i].revents = 0;
		if (fds[i].fd < 0)
			continue;
		f = ones != NULL ? ones[i].file : uk_fd_get(fds[i].fd);
		if (f == NULL)
			fds[i].revents = POLLNVAL;
		else
			fds[i].revents = uk_fd_poll(f) & (fds[i].events | always);
		if (f != NULL && ones == NULL)
			uk_fd_put(f);
		count += fds[i].revents != 0;
	}
	return count;
}

static int poll_wait(
	struct pollfd *fds, size_t nb, short always, uint64_t deadline_ns, struct poll_one *ones)
{
	struct poll_wait wait = { .told = false };
	int count, rc = 0;

	for (size_t i = 0; i < nb; i++) {
		ones[i] = (struct poll_one){ .watch.woken = poll_told, .wait = &wait };
		ones[i].watch.events = uk_poll_interest(fds[i].events);
		ones[i].file = uk_fd_get(fds[i].fd);
		if (ones[i].file != NULL)
			uk_wait_watch(&ones[i].file->wq, &ones[i].watch);
	}
	do {
		wait.told = false;
		count = poll_look(fds, nb, always, ones);
		if (count == 0 && rc == 0 && !wait.told)
			rc = uk_wait(&wait.wq, deadline_ns);
		else
			break;
	} while (true);
	for (size_t i = 0; i < nb; i++) {
		if (ones[i].file == NULL)
			continue;
		uk_wait_unwatch(&ones[i].watch);
		uk_fd_put(ones[i].file);
	}
	return count > 0 || rc == -ETIMEDOUT ? count : rc;
}

int uk_poll(struct pollfd *fds, size_t nb, short always, uint64_t deadline_ns)
{
	struct poll_one few[ON_STACK], *ones = few;
	int rc;

	if (nb > UK_FD_MAX)
		return -EINVAL;
	rc = poll_look(fds, nb, always, NULL);
	if (rc > 0) {
		uk_poll_fair();
		return rc;
	}
	if (deadline_ns == 0) {
		uk_wait_yield();
		return poll_look(fds, nb, always, NULL);
	}
	if (nb > ON_STACK) {
		ones = malloc(nb * sizeof(*ones));
		if (ones == NULL)
			return -ENOMEM;
	}
	rc = poll_wait(fds, nb, always, deadline_ns, ones);
	if (ones != few)
		free(ones);
	return rc;
}

static long poll_ppoll(struct pollfd *fds, size_t nb, const struct timespec *ts)
{
	uint64_t deadline;
	int rc = uk_poll_deadline(ts, &deadline);

	return rc < 0 ? rc : uk_poll(fds, nb, POLLERR | POLLHUP, deadline);
}

static bool poll_call(long n, const long a[6], long *result)
{
	switch (n) {
	case SYS_poll:
		*result = uk_poll((struct pollfd *)a[0], (size_t)a[1], POLLERR | POLLHUP,
			uk_poll_deadline_ms((int)a[2]));
		return true;
	case SYS_ppoll:
		*result = poll_ppoll(
			(struct pollfd *)a[0], (size_t)a[1], (const struct timespec *)a[2]);
		return true;
	default:
		return false;
	}
}

__attribute__((constructor)) static void poll_start(void)
{
	static struct uk_syscall_set set = { .call = poll_call };

	uk_syscall_add(&set);
}
