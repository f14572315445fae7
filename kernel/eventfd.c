/* SPDX-License-Identifier: BSD-3-Clause */
/* eventfd(2): a counter as a file. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include "kernel/fd.h"
#include "kernel/syscall.h"

#define COUNT_MAX (UINT64_MAX - 1)

struct eventfd {
	struct uk_file file;
	uint64_t count;
	bool semaphore;
};

static ssize_t eventfd_readv(struct uk_file *f, const struct iovec *v, int n)
{
	struct eventfd *e = UK_CONTAINER_OF(f, struct eventfd, file);
	uint64_t value;

	if (uk_fd_iov_bytes(v, n) < sizeof(value))
		return -EINVAL;
	while (e->count == 0) {
		int rc = f->flags & O_NONBLOCK ? -EAGAIN : uk_wait(&f->wq, UK_WAIT_FOREVER);

		if (rc < 0)
			return rc;
	}
	value = e->semaphore ? 1 : e->count;
	e->count -= value;
	uk_wait_wake_events(&f->wq, UINT_MAX, POLLOUT);
	return (ssize_t)uk_fd_iov_put(v, n, 0, &value, sizeof(value));
}

static ssize_t eventfd_writev(struct uk_file *f, const struct iovec *v, int n)
{
	struct eventfd *e = UK_CONTAINER_OF(f, struct eventfd, file);
	uint64_t value;

	if (uk_fd_iov_get(v, n, 0, &value, sizeof(value)) < sizeof(value) || value > COUNT_MAX)
		return -EINVAL;
	while (value > COUNT_MAX - e->count) {
		int rc = f->flags & O_NONBLOCK ? -EAGAIN : uk_wait(&f->wq, UK_WAIT_FOREVER);

		if (rc < 0)
			return rc;
	}
	e->count += value;
	uk_wait_wake_events(&f->wq, UINT_MAX, POLLIN);
	return sizeof(value);
}

static short eventfd_poll(struct uk_file *f)
{
	const struct eventfd *e = UK_CONTAINER_OF(f, struct eventfd, file);

	return (short)((e->count > 0 ? POLLIN : 0) | (e->count < COUNT_MAX ? POLLOUT : 0));
}

static void eventfd_release(struct uk_file *f)
{
	free(UK_CONTAINER_OF(f, struct eventfd, file));
}

static const struct uk_file_ops eventfd_ops = {
	.kind = "eventfd",
	.readv = eventfd_readv,
	.writev = eventfd_writev,
	.poll = eventfd_poll,
	.release = eventfd_release,
};

static long eventfd_create(uint32_t count, int flags)
{
	struct eventfd *e;
	int fd;

	if (flags & ~(EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE))
		return -EINVAL;
	e = malloc(sizeof(*e));
	if (e == NULL)
		return -ENOMEM;
	uk_fd_file_init(&e->file, &eventfd_ops, O_RDWR | (flags & EFD_NONBLOCK ? O_NONBLOCK : 0));
	e->count = count;
	e->semaphore = flags & EFD_SEMAPHORE;
	fd = uk_fd_install(&e->file, flags & EFD_CLOEXEC ? FD_CLOEXEC : 0);
	if (fd < 0)
		uk_fd_put(&e->file);
	return fd;
}

static bool eventfd_call(long n, const long a[6], long *result)
{
	if (n != SYS_eventfd && n != SYS_eventfd2)
		return false;
	*result = eventfd_create((uint32_t)a[0], n == SYS_eventfd2 ? (int)a[1] : 0);
	return true;
}

__attribute__((constructor)) static void eventfd_start(void)
{
	static struct uk_syscall_set set = { .call = eventfd_call };

	uk_syscall_add(&set);
}
