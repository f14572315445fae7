/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipe(2), pipe(7): 64 KiB between two files. A write of up to PIPE_BUF bytes goes in whole or not at
 * all. Nobody to read is EPIPE; there are no signals.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "kernel/fd.h"
#include "kernel/syscall.h"

#define CAPACITY 65536u
#define ATOMIC   4096u /* PIPE_BUF */

struct pipe {
	struct uk_file rd, wr; /* refs 0: that end is closed */
	size_t start, len;
	char ring[CAPACITY];
};

static struct pipe *pipe_of_rd(struct uk_file *f)
{
	return UK_CONTAINER_OF(f, struct pipe, rd);
}

static struct pipe *pipe_of_wr(struct uk_file *f)
{
	return UK_CONTAINER_OF(f, struct pipe, wr);
}

static ssize_t pipe_readv(struct uk_file *f, const struct iovec *v, int n)
{
	struct pipe *p = pipe_of_rd(f);
	size_t want = uk_fd_iov_bytes(v, n), done = 0;
	bool was_full;

	while (want > 0 && p->len == 0) {
		int rc;

		if (p->wr.refs == 0)
			return 0;
		rc = f->flags & O_NONBLOCK ? -EAGAIN : uk_wait(&f->wq, UK_WAIT_FOREVER);
		if (rc < 0)
			return rc;
	}
	was_full = CAPACITY - p->len < ATOMIC;
	while (done < want && p->len > 0) {
		size_t part = CAPACITY - p->start < p->len ? CAPACITY - p->start : p->len;

		part = uk_fd_iov_put(v, n, done, p->ring + p->start, part);
		p->start = (p->start + part) % CAPACITY;
		p->len -= part;
		done += part;
	}
	/* Room where there was room before is no news (to edge-triggered epolls). */
	if (done > 0 && (was_full || p->wr.wq.first != NULL))
		uk_wait_wake_events(&p->wr.wq, UINT_MAX, POLLOUT);
	return (ssize_t)done;
}

static size_t pipe_fill(struct pipe *p, const struct iovec *v, int n, size_t off, size_t want)
{
	size_t done = 0;

	while (done < want && p->len < CAPACITY) {
		size_t end = (p->start + p->len) % CAPACITY;
		size_t part = (end < p->start ? p->start : CAPACITY) - end;

		part = part < want - done ? part : want - done;
		part = uk_fd_iov_get(v, n, off + done, p->ring + end, part);
		p->len += part;
		done += part;
	}
	if (done > 0)
		uk_wait_wake_events(&p->rd.wq, UINT_MAX, POLLIN);
	return done;
}

static ssize_t pipe_writev(struct uk_file *f, const struct iovec *v, int n)
{
	struct pipe *p = pipe_of_wr(f);
	size_t want = uk_fd_iov_bytes(v, n), done = 0;
	size_t least = want <= ATOMIC ? want : 1;
	int rc = 0;

	while (done < want) {
		if (p->rd.refs == 0)
			rc = -EPIPE;
		else if (CAPACITY - p->len >= least)
			done += pipe_fill(p, v, n, done, want - done);
		else
			rc = f->flags & O_NONBLOCK ? -EAGAIN : uk_wait(&f->wq, UK_WAIT_FOREVER);
		if (rc < 0)
			return done > 0 ? (ssize_t)done : rc;
	}
	return (ssize_t)done;
}

static int pipe_ioctl(struct pipe *p, unsigned long request, void *arg)
{
	if (request != FIONREAD)
		return -ENOTTY;
	*(int *)arg = (int)p->len;
	return 0;
}

static int pipe_rd_ioctl(struct uk_file *f, unsigned long request, void *arg)
{
	return pipe_ioctl(pipe_of_rd(f), request, arg);
}

static int pipe_wr_ioctl(struct uk_file *f, unsigned long request, void *arg)
{
	return pipe_ioctl(pipe_of_wr(f), request, arg);
}

static int pipe_stat(struct uk_file *f, struct stat *st)
{
	st->st_mode = S_IFIFO | S_IRUSR | S_IWUSR;
	return 0;
}

static short pipe_rd_poll(struct uk_file *f)
{
	const struct pipe *p = pipe_of_rd(f);

	return (short)((p->len > 0 ? POLLIN : 0) | (p->wr.refs == 0 ? POLLHUP : 0));
}

static short pipe_wr_poll(struct uk_file *f)
{
	const struct pipe *p = pipe_of_wr(f);

	return (short)((CAPACITY - p->len >= ATOMIC ? POLLOUT : 0) |
		       (p->rd.refs == 0 ? POLLERR : 0));
}

static void pipe_end_closed(struct pipe *p, struct uk_file *other)
{
	if (other->refs == 0)
		free(p);
	else
		uk_wait_wake_all(&other->wq);
}

static void pipe_rd_release(struct uk_file *f)
{
	pipe_end_closed(pipe_of_rd(f), &pipe_of_rd(f)->wr);
}

static void pipe_wr_release(struct uk_file *f)
{
	pipe_end_closed(pipe_of_wr(f), &pipe_of_wr(f)->rd);
}

static const struct uk_file_ops pipe_rd_ops = {
	.kind = "pipe",
	.readv = pipe_readv,
	.ioctl = pipe_rd_ioctl,
	.stat = pipe_stat,
	.poll = pipe_rd_poll,
	.release = pipe_rd_release,
};

static const struct uk_file_ops pipe_wr_ops = {
	.kind = "pipe",
	.writev = pipe_writev,
	.ioctl = pipe_wr_ioctl,
	.stat = pipe_stat,
	.poll = pipe_wr_poll,
	.release = pipe_wr_release,
};

static long pipe_create(int fds[2], int flags)
{
	int fd_flags = flags & O_CLOEXEC ? FD_CLOEXEC : 0, rd, wr;
	struct pipe *p;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	p = malloc(sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	uk_fd_file_init(&p->rd, &pipe_rd_ops, O_RDONLY | (flags & O_NONBLOCK));
	uk_fd_file_init(&p->wr, &pipe_wr_ops, O_WRONLY | (flags & O_NONBLOCK));
	p->start = 0;
	p->len = 0;
	rd = uk_fd_install(&p->rd, fd_flags);
	wr = rd < 0 ? rd : uk_fd_install(&p->wr, fd_flags);
	if (wr < 0) {
		if (rd >= 0)
			uk_fd_close(rd);
		else
			uk_fd_put(&p->rd);
		uk_fd_put(&p->wr);
		return wr;
	}
	fds[0] = rd;
	fds[1] = wr;
	return 0;
}

static bool pipe_call(long n, const long a[6], long *result)
{
	if (n != SYS_pipe && n != SYS_pipe2)
		return false;
	*result = pipe_create((int *)a[0], n == SYS_pipe2 ? (int)a[1] : 0);
	return true;
}

__attribute__((constructor)) static void pipe_start(void)
{
	static struct uk_syscall_set set = { .call = pipe_call };

	uk_syscall_add(&set);
}
