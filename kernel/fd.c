/* SPDX-License-Identifier: BSD-3-Clause */
/* The table: numbers, references, duplicates. The system calls on it are in fd_calls.c. */
#include "kernel/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

static struct {
	struct uk_file *file[UK_FD_MAX];
	uint8_t flags[UK_FD_MAX];
	int lowest; /* no number below is free */
} fd;

void uk_fd_file_init(struct uk_file *f, const struct uk_file_ops *ops, int flags)
{
	*f = (struct uk_file){ .ops = ops, .refs = 1, .flags = flags };
}

static bool fd_is_open(int n)
{
	return n >= 0 && n < UK_FD_MAX && fd.file[n] != NULL;
}

static void fd_assign(int n, struct uk_file *f, int fd_flags)
{
	fd.file[n] = f;
	fd.flags[n] = (uint8_t)(fd_flags & FD_CLOEXEC);
}

/* The lowest free number from `from` on. */
static int fd_free(int from)
{
	int n = from > fd.lowest ? from : fd.lowest;

	while (n < UK_FD_MAX && fd.file[n] != NULL)
		n++;
	if (from <= fd.lowest)
		fd.lowest = n;
	return n < UK_FD_MAX ? n : -EMFILE;
}

int uk_fd_install(struct uk_file *f, int fd_flags)
{
	int n = fd_free(0);

	if (n >= 0)
		fd_assign(n, f, fd_flags);
	return n;
}

struct uk_file *uk_fd_get(int n)
{
	if (!fd_is_open(n))
		return NULL;
	fd.file[n]->refs++;
	return fd.file[n];
}

void uk_fd_put(struct uk_file *f)
{
	UK_ASSERT(f->refs > 0);
	if (--f->refs > 0)
		return;
	uk_wait_queue_end(&f->wq);
	if (f->ops->release != NULL)
		f->ops->release(f);
}

int uk_fd_close(int n)
{
	struct uk_file *f;

	if (!fd_is_open(n))
		return -EBADF;
	f = fd.file[n];
	fd.file[n] = NULL;
	if (n < fd.lowest)
		fd.lowest = n;
	uk_fd_put(f);
	return 0;
}

int uk_fd_dup(int n, int from, int fd_flags)
{
	int to;

	if (!fd_is_open(n))
		return -EBADF;
	if (from < 0 || from >= UK_FD_MAX)
		return -EINVAL;
	to = fd_free(from);
	if (to < 0)
		return to;
	fd.file[n]->refs++;
	fd_assign(to, fd.file[n], fd_flags);
	return to;
}

int uk_fd_dup_to(int n, int to, int fd_flags)
{
	struct uk_file *f;

	if (to < 0 || to >= UK_FD_MAX)
		return -EBADF;
	f = uk_fd_get(n);
	if (f == NULL)
		return -EBADF;
	if (fd_is_open(to))
		uk_fd_close(to);
	fd_assign(to, f, fd_flags);
	return to;
}

int uk_fd_flags(int n, int set)
{
	if (!fd_is_open(n))
		return -EBADF;
	if (set >= 0)
		fd.flags[n] = (uint8_t)(set & FD_CLOEXEC);
	return fd.flags[n];
}

short uk_fd_poll(struct uk_file *f)
{
	short now = f->ops->poll != NULL ? f->ops->poll(f) : POLLIN | POLLOUT;

	/* The same, by their older names. */
	return (short)(now | (now & POLLIN ? POLLRDNORM : 0) | (now & POLLOUT ? POLLWRNORM : 0));
}

size_t uk_fd_iov_bytes(const struct iovec *v, int n)
{
	size_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += v[i].iov_len;
	return sum;
}

/* The next piece of v behind *off that has bytes; moves on in v. */
static size_t fd_piece(const struct iovec **v, int *n, size_t *off, char **at)
{
	while (*n > 0 && *off >= (*v)->iov_len) {
		*off -= (*v)->iov_len;
		(*v)++;
		(*n)--;
	}
	if (*n == 0)
		return 0;
	*at = (char *)(*v)->iov_base + *off;
	return (*v)->iov_len - *off;
}

size_t uk_fd_iov_get(const struct iovec *v, int n, size_t off, void *buf, size_t len)
{
	size_t done = 0, part;
	char *at;

	while (done < len && (part = fd_piece(&v, &n, &off, &at)) > 0) {
		part = part < len - done ? part : len - done;
		memcpy((char *)buf + done, at, part);
		done += part;
		off += part;
	}
	return done;
}

size_t uk_fd_iov_put(const struct iovec *v, int n, size_t off, const void *buf, size_t len)
{
	size_t done = 0, part;
	char *at;

	while (done < len && (part = fd_piece(&v, &n, &off, &at)) > 0) {
		part = part < len - done ? part : len - done;
		memcpy(at, (const char *)buf + done, part);
		done += part;
		off += part;
	}
	return done;
}
