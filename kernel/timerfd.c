/* SPDX-License-Identifier: BSD-3-Clause */
/* timerfd_create(2): a timer as a file. The clocks are never set, so both tick alike. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include "kernel/fd.h"
#include "kernel/syscall.h"
#include "plat-kvm/clock.h"

#define NSEC       1000000000ull
#define CANCEL_SET 2 /* TFD_TIMER_CANCEL_ON_SET */

struct timerfd {
	struct uk_file file;
	struct timerfd *next;
	clockid_t clock;
	uint64_t next_ns, every_ns; /* of uk_clock_ns, 0: never; 0: once */
	uint64_t expired;           /* since the last read */
};

static struct timerfd *timers;

/* Counts what has expired; whether there was any. */
static bool timerfd_update(struct timerfd *t, uint64_t now)
{
	uint64_t nb = 1;

	if (t->next_ns == 0 || now < t->next_ns)
		return false;
	if (t->every_ns > 0)
		nb += (now - t->next_ns) / t->every_ns;
	t->expired += nb;
	t->next_ns = t->every_ns > 0 ? t->next_ns + nb * t->every_ns : 0;
	return true;
}

/* Only here are watches told, so poll() looks at nothing else than what was counted here. */
static uint64_t timerfd_poll_all(struct uk_wait_poller *p)
{
	uint64_t first = UK_WAIT_FOREVER, now = uk_clock_ns();

	for (struct timerfd *t = timers; t != NULL; t = t->next) {
		if (timerfd_update(t, now))
			uk_wait_wake_all(&t->file.wq);
		if (t->next_ns > 0 && t->next_ns < first)
			first = t->next_ns;
	}
	return first;
}

static ssize_t timerfd_readv(struct uk_file *f, const struct iovec *v, int n)
{
	struct timerfd *t = UK_CONTAINER_OF(f, struct timerfd, file);
	uint64_t value;

	if (uk_fd_iov_bytes(v, n) < sizeof(value))
		return -EINVAL;
	timerfd_update(t, uk_clock_ns());
	while (t->expired == 0) {
		int rc = f->flags & O_NONBLOCK ? -EAGAIN : uk_wait(&f->wq, UK_WAIT_FOREVER);

		if (rc < 0)
			return rc;
	}
	value = t->expired;
	t->expired = 0;
	return (ssize_t)uk_fd_iov_put(v, n, 0, &value, sizeof(value));
}

static short timerfd_poll(struct uk_file *f)
{
	return UK_CONTAINER_OF(f, struct timerfd, file)->expired > 0 ? POLLIN : 0;
}

static void timerfd_release(struct uk_file *f)
{
	struct timerfd *t = UK_CONTAINER_OF(f, struct timerfd, file), **at = &timers;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	free(t);
}

static const struct uk_file_ops timerfd_ops = {
	.kind = "timerfd",
	.readv = timerfd_readv,
	.poll = timerfd_poll,
	.release = timerfd_release,
};

static long timerfd_make(clockid_t clock, int flags)
{
	static struct uk_wait_poller poller = { .poll = timerfd_poll_all };
	static bool polled;
	struct timerfd *t;
	int fd;

	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
		return -EINVAL;
	if (flags & ~(TFD_NONBLOCK | TFD_CLOEXEC))
		return -EINVAL;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return -ENOMEM;
	uk_fd_file_init(&t->file, &timerfd_ops, O_RDWR | (flags & TFD_NONBLOCK ? O_NONBLOCK : 0));
	t->clock = clock;
	t->next = timers;
	timers = t;
	fd = uk_fd_install(&t->file, flags & TFD_CLOEXEC ? FD_CLOEXEC : 0);
	if (fd < 0)
		uk_fd_put(&t->file);
	else if (!polled)
		uk_wait_poller_add(&poller);
	polled |= fd >= 0;
	return fd;
}

static bool timerfd_valid(const struct timespec *ts)
{
	return ts->tv_sec >= 0 && ts->tv_nsec >= 0 && ts->tv_nsec < (long)NSEC;
}

/* Far away is never. */
static uint64_t timerfd_ns(const struct timespec *ts)
{
	const uint64_t far = UINT64_MAX / 4;
	uint64_t sec = (uint64_t)ts->tv_sec;

	return sec < far / NSEC ? sec * NSEC + (uint64_t)ts->tv_nsec : far;
}

static struct timespec timerfd_ts(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NSEC), .tv_nsec = (long)(ns % NSEC) };
}

static void timerfd_tell(struct timerfd *t, struct itimerspec *out)
{
	uint64_t now = uk_clock_ns();

	timerfd_update(t, now);
	out->it_interval = timerfd_ts(t->every_ns);
	out->it_value = timerfd_ts(t->next_ns > 0 ? t->next_ns - now : 0);
}

static void timerfd_arm(struct timerfd *t, int flags, const struct itimerspec *new)
{
	uint64_t now = uk_clock_ns(), value = timerfd_ns(&new->it_value);

	t->expired = 0;
	t->every_ns = timerfd_ns(&new->it_interval);
	if (value > 0 && (flags & TFD_TIMER_ABSTIME) && t->clock == CLOCK_REALTIME) {
		uint64_t wall = uk_clock_wall_ns();

		value = value > wall ? now + (value - wall) : 1;
	} else if (value > 0 && !(flags & TFD_TIMER_ABSTIME))
		value += now;
	t->next_ns = value;
	/* What waits looks at the new deadline in its next round. */
	uk_wait_wake_all(&t->file.wq);
}

static long timerfd_set(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	struct uk_file *f = uk_fd_get(fd);
	long rc = 0;

	if (f == NULL)
		return -EBADF;
	if (f->ops != &timerfd_ops || (flags & ~(TFD_TIMER_ABSTIME | CANCEL_SET)) ||
		(new != NULL &&
			(!timerfd_valid(&new->it_value) || !timerfd_valid(&new->it_interval)))) {
		rc = -EINVAL;
	} else {
		struct timerfd *t = UK_CONTAINER_OF(f, struct timerfd, file);

		if (old != NULL)
			timerfd_tell(t, old);
		if (new != NULL)
			timerfd_arm(t, flags, new);
	}
	uk_fd_put(f);
	return rc;
}

static bool timerfd_call(long n, const long a[6], long *result)
{
	switch (n) {
	case SYS_timerfd_create:
		*result = timerfd_make((clockid_t)a[0], (int)a[1]);
		return true;
	case SYS_timerfd_settime:
		*result = timerfd_set((int)a[0], (int)a[1], (const struct itimerspec *)a[2],
			(struct itimerspec *)a[3]);
		return true;
	case SYS_timerfd_gettime:
		*result = timerfd_set((int)a[0], 0, NULL, (struct itimerspec *)a[1]);
		return true;
	default:
		return false;
	}
}

__attribute__((constructor)) static void timerfd_start(void)
{
	static struct uk_syscall_set set = { .call = timerfd_call };

	uk_syscall_add(&set);
}
