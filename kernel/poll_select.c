/* SPDX-License-Identifier: BSD-3-Clause */
/* select and pselect6: sets of bits around uk_poll. */
#include <errno.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include "kernel/fd.h"
#include "kernel/poll.h"
#include "kernel/syscall.h"

#define ON_STACK 16u

/* What makes a descriptor ready for reading, writing and exceptions: select(2), "Correspondence
 * between select() and poll() notifications". */
static const short sel_events[3] = { POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, POLLPRI };

static short sel_wanted(fd_set *const sets[3], int fd)
{
	short want = 0;

	for (int s = 0; s < 3; s++) {
		if (sets[s] != NULL && FD_ISSET(fd, sets[s]))
			want |= sel_events[s];
	}
	return want;
}

/* The bits that are set as pollfds; v NULL: only counts. -EBADF: one is not open. */
static int sel_collect(int n, fd_set *const sets[3], struct pollfd *v)
{
	int nb = 0;

	for (int fd = 0; fd < n; fd++) {
		short want = sel_wanted(sets, fd);

		if (want == 0)
			continue;
		if (uk_fd_flags(fd, -1) < 0)
			return -EBADF;
		if (v != NULL)
			v[nb] = (struct pollfd){ .fd = fd, .events = want };
		nb++;
	}
	return nb;
}

/* Leaves the bits of what is ready; how many bits. */
static int sel_spread(fd_set *const sets[3], const struct pollfd *v, int nb)
{
	int count = 0;

	for (int i = 0; i < nb; i++) {
		for (int s = 0; s < 3; s++) {
			if (sets[s] == NULL || !FD_ISSET(v[i].fd, sets[s]))
				continue;
			if (v[i].revents & (sel_events[s] | POLLNVAL))
				count++;
			else
				FD_CLR(v[i].fd, sets[s]);
		}
	}
	return count;
}

static int sel_select(int n, fd_set *const sets[3], uint64_t deadline_ns)
{
	struct pollfd few[ON_STACK], *v = few;
	int nb, rc;

	if (n < 0)
		return -EINVAL;
	n = n < UK_FD_MAX ? n : UK_FD_MAX;
	nb = sel_collect(n, sets, NULL);
	if (nb < 0)
		return nb;
	if (nb > (int)ON_STACK) {
		v = malloc((size_t)nb * sizeof(*v));
		if (v == NULL)
			return -ENOMEM;
	}
	sel_collect(n, sets, v);
	rc = uk_poll(v, (size_t)nb, 0, deadline_ns);
	if (rc >= 0)
		rc = sel_spread(sets, v, nb);
	if (v != few)
		free(v);
	return rc;
}

/* What is left of the time is not told: musl gives a copy of it. */
static long sel_timeval(const long a[6], const struct timeval *tv)
{
	fd_set *const sets[3] = { (fd_set *)a[1], (fd_set *)a[2], (fd_set *)a[3] };
	uint64_t deadline = UK_WAIT_FOREVER;
	struct timespec ts;
	int rc;

	if (tv != NULL) {
		if (tv->tv_sec < 0 || tv->tv_usec < 0)
			return -EINVAL;
		ts.tv_sec = tv->tv_sec + tv->tv_usec / 1000000;
		ts.tv_nsec = tv->tv_usec % 1000000 * 1000;
		rc = uk_poll_deadline(&ts, &deadline);
		if (rc < 0)
			return rc;
	}
	return sel_select((int)a[0], sets, deadline);
}

static long sel_timespec(const long a[6], const struct timespec *ts)
{
	fd_set *const sets[3] = { (fd_set *)a[1], (fd_set *)a[2], (fd_set *)a[3] };
	uint64_t deadline;
	int rc = uk_poll_deadline(ts, &deadline);

	return rc < 0 ? rc : sel_select((int)a[0], sets, deadline);
}

static bool sel_call(long n, const long a[6], long *result)
{
	switch (n) {
	case SYS_select:
		*result = sel_timeval(a, (const struct timeval *)a[4]);
		return true;
	case SYS_pselect6:
		*result = sel_timespec(a, (const struct timespec *)a[4]);
		return true;
	default:
		return false;
	}
}

__attribute__((constructor)) static void sel_start(void)
{
	static struct uk_syscall_set set = { .call = sel_call };

	uk_syscall_add(&set);
}
