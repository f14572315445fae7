/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * epoll(7). An item watches its file; a wake there puts it on the list of those that may be ready,
 * and epoll_wait asks the files on that list what they have. Level-triggered: an item that was told
 * of goes back to the list's end. Edge-triggered: only a wake brings it back. An item holds no
 * reference: the last close of a file takes it away.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include "kernel/fd.h"
#include "kernel/poll.h"
#include "kernel/syscall.h"

#define NB_BUCKETS       64u
#define NEST_MAX         5 /* epolls above each other */
#define SYS_EPOLL_PWAIT2 441

/* Stay when EPOLLONESHOT has fired: no event is wanted then. */
#define MODE_BITS (EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE)
#define EXCLUSIVE_BITS                                                                             \
	(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

struct epoll;

struct item {
	struct uk_wait_watch watch;
	struct epoll *ep;
	struct uk_file *file;
	struct item *chain;       /* of its bucket */
	struct item *next, *prev; /* of the ready list */
	bool ready;               /* is on it */
	int fd;
	uint32_t events;
	epoll_data_t data;
};

struct epoll {
	struct uk_file file;
	struct item *first, *last; /* ready list */
	struct item *buckets[NB_BUCKETS];
};

static const struct uk_file_ops epoll_ops;

static struct epoll *epoll_of(struct uk_file *f)
{
	return UK_CONTAINER_OF(f, struct epoll, file);
}

static void epoll_push(struct item *i)
{
	struct epoll *ep = i->ep;

	if (i->ready)
		return;
	i->ready = true;
	i->next = NULL;
	i->prev = ep->last;
	*(ep->last != NULL ? &ep->last->next : &ep->first) = i;
	ep->last = i;
}

static void epoll_pull(struct item *i)
{
	struct epoll *ep = i->ep;

	if (!i->ready)
		return;
	*(i->prev != NULL ? &i->prev->next : &ep->first) = i->next;
	*(i->next != NULL ? &i->next->prev : &ep->last) = i->prev;
	i->ready = false;
}

static uint32_t epoll_events(const struct item *i)
{
	return (uint32_t)(uint16_t)uk_fd_poll(i->file) & i->events;
}

static void epoll_woken(struct uk_wait_watch *w)
{
	struct item *i = UK_CONTAINER_OF(w, struct item, watch);

	if (!(i->events & ~MODE_BITS))
		return;
	epoll_push(i);
	/* Even if it was there before: who watches edges of this epoll hears of each. */
	uk_wait_wake_events(&i->ep->file.wq, 1, POLLIN);
}

static struct item **epoll_slot(struct epoll *ep, const struct uk_file *f, int fd)
{
	struct item **at = &ep->buckets[(unsigned)fd % NB_BUCKETS];

	while (*at != NULL && ((*at)->fd != fd || (*at)->file != f))
		at = &(*at)->chain;
	return at;
}

static void epoll_remove(struct item *i)
{
	uk_wait_unwatch(&i->watch);
	epoll_pull(i);
	*epoll_slot(i->ep, i->file, i->fd) = i->chain;
	free(i);
}

static void epoll_gone(struct uk_wait_watch *w)
{
	epoll_remove(UK_CONTAINER_OF(w, struct item, watch));
}

/* What is ready now, at most nb; the rest keeps its place. */
static int epoll_harvest(struct epoll *ep, struct epoll_event *out, int nb)
{
	const struct item *end = ep->last;
	int count = 0;
	bool more = end != NULL;

	while (more && count < nb) {
		struct item *i = ep->first;
		uint32_t events = epoll_events(i);

		more = i != end;
		epoll_pull(i);
		if (events == 0)
			continue;
		out[count++] = (struct epoll_event){ .events = events, .data = i->data };
		if (i->events & EPOLLONESHOT)
			i->events &= MODE_BITS;
		else if (!(i->events & EPOLLET))
			epoll_push(i);
	}
	/* Who else waits here may find something, too. */
	if (ep->first != NULL && ep->file.wq.first != NULL)
		uk_wait_wake_events(&ep->file.wq, 1, POLLIN);
	return count;
}

static short epoll_poll(struct uk_file *f)
{
	struct epoll *ep = epoll_of(f);

	while (ep->first != NULL && epoll_events(ep->first) == 0)
		epoll_pull(ep->first);
	return ep->first != NULL ? POLLIN : 0;
}

static void epoll_release(struct uk_file *f)
{
	struct epoll *ep = epoll_of(f);

	for (unsigned b = 0; b < NB_BUCKETS; b++) {
		while (ep->buckets[b] != NULL)
			epoll_remove(ep->buckets[b]);
	}
	free(ep);
}

static const struct uk_file_ops epoll_ops = {
	.kind = "epoll",
	.poll = epoll_poll,
	.release = epoll_release,
};

static long epoll_create_fd(int flags)
{
	struct epoll *ep;
	int fd;

	if (flags & ~EPOLL_CLOEXEC)
		return -EINVAL;
	ep = calloc(1, sizeof(*ep));
	if (ep == NULL)
		return -ENOMEM;
	uk_fd_file_init(&ep->file, &epoll_ops, O_RDWR);
	fd = uk_fd_install(&ep->file, flags & EPOLL_CLOEXEC ? FD_CLOEXEC : 0);
	if (fd < 0)
		uk_fd_put(&ep->file);
	return fd;
}

/* How many epolls are watched one below the other, f included; NEST_MAX + 1: too many, or `not`. */
static int epoll_depth_down(struct uk_file *f, const struct epoll * not, int left)
{
	int most = 0;

	if (f->ops != &epoll_ops)
		return 0;
	if (left == 0 || epoll_of(f) == not )
		return NEST_MAX + 1;
	for (unsigned b = 0; b < NB_BUCKETS; b++) {
		for (struct item *i = epoll_of(f)->buckets[b]; i != NULL; i = i->chain) {
			int depth = epoll_depth_down(i->file, not, left - 1);

			most = depth > most ? depth : most;
		}
	}
	return most + 1;
}

static int epoll_depth_up(const struct epoll *ep)
{
	int most = 0;

	for (struct uk_wait_watch *w = ep->file.wq.watches; w != NULL; w = w->next) {
		int depth;

		if (w->woken != epoll_woken)
			continue;
		depth = epoll_depth_up(UK_CONTAINER_OF(w, struct item, watch)->ep);
		most = depth > most ? depth : most;
	}
	return most + 1;
}

static long epoll_add(struct epoll *ep, struct uk_file *f, int fd, const struct epoll_event *ev)
{
	struct item **at = epoll_slot(ep, f, fd), *i;

	if ((ev->events & EPOLLEXCLUSIVE) &&
		((ev->events & ~EXCLUSIVE_BITS) || f->ops == &epoll_ops))
		return -EINVAL;
	if (*at != NULL)
		return -EEXIST;
	if (f->ops == &epoll_ops &&
		epoll_depth_down(f, ep, NEST_MAX) + epoll_depth_up(ep) > NEST_MAX)
		return -ELOOP;
	i = calloc(1, sizeof(*i));
	if (i == NULL)
		return -ENOMEM;
	*i = (struct item){ .watch = { .woken = epoll_woken, .gone = epoll_gone },
		.ep = ep,
		.file = f,
		.fd = fd,
		.events = ev->events | EPOLLERR | EPOLLHUP,
		.data = ev->data };
	*at = i;
	i->watch.events = uk_poll_interest((short)ev->events);
	uk_wait_watch(&f->wq, &i->watch);
	if (epoll_events(i) != 0)
		epoll_woken(&i->watch);
	return 0;
}

static long epoll_modify(struct epoll *ep, struct uk_file *f, int fd, const struct epoll_event *ev)
{
	struct item *i = *epoll_slot(ep, f, fd);

	if (i == NULL)
		return -ENOENT;
	if ((ev->events | i->events) & EPOLLEXCLUSIVE)
		return -EINVAL;
	i->events = ev->events | EPOLLERR | EPOLLHUP;
	i->data = ev->data;
	i->watch.events = uk_poll_interest((short)ev->events);
	if (epoll_events(i) != 0)
		epoll_woken(&i->watch);
	return 0;
}

static long epoll_change(
	struct epoll *ep, int op, struct uk_file *f, int fd, const struct epoll_event *ev)
{
	struct item *i;

	if (f->ops->poll == NULL)
		return -EPERM;
	if (f == &ep->file)
		return -EINVAL;
	switch (op) {
	case EPOLL_CTL_ADD:
		return epoll_add(ep, f, fd, ev);
	case EPOLL_CTL_MOD:
		return epoll_modify(ep, f, fd, ev);
	case EPOLL_CTL_DEL:
		i = *epoll_slot(ep, f, fd);
		if (i == NULL)
			return -ENOENT;
		epoll_remove(i);
		return 0;
	default:
		return -EINVAL;
	}
}

static long epoll_control(int epfd, int op, int fd, const struct epoll_event *ev)
{
	struct uk_file *e = uk_fd_get(epfd), *f;
	long rc = -EBADF;

	if (e == NULL)
		return -EBADF;
	f = uk_fd_get(fd);
	if (f != NULL) {
		rc = e->ops == &epoll_ops ? epoll_change(epoll_of(e), op, f, fd, ev) : -EINVAL;
		uk_fd_put(f);
	}
	uk_fd_put(e);
	return rc;
}

static int epoll_wait_in(struct epoll *ep, struct epoll_event *out, int nb, uint64_t deadline_ns)
{
	int count = epoll_harvest(ep, out, nb), rc = 0;

	if (count > 0) {
		uk_poll_fair();
		return count;
	}
	if (deadline_ns == 0) {
		uk_wait_yield();
		return epoll_harvest(ep, out, nb);
	}
	while (count == 0 && rc == 0) {
		rc = uk_wait(&ep->file.wq, deadline_ns);
		count = epoll_harvest(ep, out, nb);
	}
	return count > 0 || rc == -ETIMEDOUT ? count : rc;
}

static long epoll_wait_fd(int epfd, struct epoll_event *out, int nb, uint64_t deadline_ns)
{
	struct uk_file *e;
	long rc = -EINVAL;

	if (nb <= 0 || nb > INT_MAX / (int)sizeof(*out))
		return -EINVAL;
	e = uk_fd_get(epfd);
	if (e == NULL)
		return -EBADF;
	if (e->ops == &epoll_ops)
		rc = epoll_wait_in(epoll_of(e), out, nb, deadline_ns);
	uk_fd_put(e);
	return rc;
}

static bool epoll_call(long n, const long a[6], long *result)
{
	uint64_t deadline;

	switch (n) {
	case SYS_epoll_create:
		*result = a[0] > 0 ? epoll_create_fd(0) : -EINVAL;
		return true;
	case SYS_epoll_create1:
		*result = epoll_create_fd((int)a[0]);
		return true;
	case SYS_epoll_ctl:
		*result = epoll_control(
			(int)a[0], (int)a[1], (int)a[2], (const struct epoll_event *)a[3]);
		return true;
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
		*result = epoll_wait_fd((int)a[0], (struct epoll_event *)a[1], (int)a[2],
			uk_poll_deadline_ms((int)a[3]));
		return true;
	case SYS_EPOLL_PWAIT2:
		*result = uk_poll_deadline((const struct timespec *)a[3], &deadline);
		if (*result == 0)
			*result = epoll_wait_fd(
				(int)a[0], (struct epoll_event *)a[1], (int)a[2], deadline);
		return true;
	default:
		return false;
	}
}

__attribute__((constructor)) static void epoll_start(void)
{
	static struct uk_syscall_set set = { .call = epoll_call };

	uk_syscall_add(&set);
}
