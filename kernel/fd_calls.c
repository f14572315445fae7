/* SPDX-License-Identifier: BSD-3-Clause */
/* The system calls that are common to all descriptors. They come before those of syscall.c. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "kernel/fd.h"
#include "kernel/syscall.h"

#define SIGACTION_BYTES 32 /* the kernel's: handler, flags, restorer, mask */
#define SETTABLE        (O_NONBLOCK | O_APPEND)

static long fd_rw(long n, const struct iovec *v, long nb, bool write)
{
	ssize_t (*op)(struct uk_file *, const struct iovec *, int);
	struct uk_file *f;
	size_t sum = 0;
	long rc = 0;

	if (nb < 0 || nb > UK_FD_IOV_MAX)
		return -EINVAL;
	for (long i = 0; i < nb; i++) {
		if (__builtin_add_overflow(sum, v[i].iov_len, &sum) || sum > SSIZE_MAX)
			return -EINVAL;
	}
	f = uk_fd_get((int)n);
	if (f == NULL)
		return -EBADF;
	op = write ? f->ops->writev : f->ops->readv;
	if ((f->flags & O_ACCMODE) == (write ? O_RDONLY : O_WRONLY) && op == NULL)
		rc = -EBADF;
	else if (op == NULL)
		rc = -EINVAL;
	else if (nb > 0)
		rc = op(f, v, (int)nb);
	uk_fd_put(f);
	return rc;
}

static long fd_ioctl(long n, unsigned long request, void *arg)
{
	struct uk_file *f = uk_fd_get((int)n);
	long rc = 0;

	if (f == NULL)
		return -EBADF;
	if (request == FIOCLEX || request == FIONCLEX)
		uk_fd_flags((int)n, request == FIOCLEX ? FD_CLOEXEC : 0);
	else if (request == FIONBIO)
		f->flags = *(int *)arg ? f->flags | O_NONBLOCK : f->flags & ~O_NONBLOCK;
	else
		rc = f->ops->ioctl != NULL ? f->ops->ioctl(f, request, arg) : -ENOTTY;
	uk_fd_put(f);
	return rc;
}

static long fd_fcntl(long n, long cmd, long arg)
{
	struct uk_file *f = uk_fd_get((int)n);
	long rc = 0;

	if (f == NULL)
		return -EBADF;
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		rc = uk_fd_dup((int)n, (int)arg, cmd == F_DUPFD ? 0 : FD_CLOEXEC);
		break;
	case F_GETFD:
		rc = uk_fd_flags((int)n, -1);
		break;
	case F_SETFD:
		uk_fd_flags((int)n, (int)(arg & FD_CLOEXEC));
		break;
	case F_GETFL:
		rc = f->flags;
		break;
	case F_SETFL:
		f->flags = (f->flags & ~SETTABLE) | (int)(arg & SETTABLE);
		break;
	default:
		rc = -EINVAL;
	}
	uk_fd_put(f);
	return rc;
}

static long fd_stat(long n, struct stat *st)
{
	struct uk_file *f = uk_fd_get((int)n);
	long rc = 0;

	if (f == NULL)
		return -EBADF;
	*st = (struct stat){ .st_nlink = 1, .st_blksize = UK_PAGE_SIZE };
	if (f->ops->stat != NULL)
		rc = f->ops->stat(f, st);
	else
		st->st_mode = S_IRUSR | S_IWUSR;
	uk_fd_put(f);
	return rc;
}

static long fd_dup3(long n, long to, long flags)
{
	if ((flags & ~O_CLOEXEC) != 0 || n == to)
		return -EINVAL;
	return uk_fd_dup_to((int)n, (int)to, flags & O_CLOEXEC ? FD_CLOEXEC : 0);
}

/* Nothing here has a position. */
static long fd_no_seek(long n)
{
	return uk_fd_flags((int)n, -1) < 0 ? -EBADF : -ESPIPE;
}

static long fd_limit(struct rlimit *old)
{
	if (old != NULL)
		*old = (struct rlimit){ .rlim_cur = UK_FD_MAX, .rlim_max = UK_FD_MAX };
	return 0;
}

/* Who writes to pipes ignores SIGPIPE: granted, no signal comes. A handler is another matter. */
static bool fd_ignore_signal(const uintptr_t *handler, void *old)
{
	if (handler != NULL && *handler > (uintptr_t)SIG_IGN)
		return false;
	if (old != NULL)
		memset(old, 0, SIGACTION_BYTES);
	return true;
}

static bool fd_call(long n, const long a[6], long *result)
{
	switch (n) {
	case SYS_read:
	case SYS_write:
		*result = fd_rw(
			a[0], &(struct iovec){ (void *)a[1], (size_t)a[2] }, 1, n == SYS_write);
		return true;
	case SYS_readv:
	case SYS_writev:
		*result = fd_rw(a[0], (const struct iovec *)a[1], a[2], n == SYS_writev);
		return true;
	case SYS_close:
		*result = uk_fd_close((int)a[0]);
		return true;
	case SYS_ioctl:
		*result = fd_ioctl(a[0], (unsigned long)a[1], (void *)a[2]);
		return true;
	case SYS_fcntl:
		*result = fd_fcntl(a[0], a[1], a[2]);
		return true;
	case SYS_dup:
		*result = uk_fd_dup((int)a[0], 0, 0);
		return true;
	case SYS_dup2:
		if (a[0] == a[1])
			*result = uk_fd_flags((int)a[0], -1) < 0 ? -EBADF : a[1];
		else
			*result = uk_fd_dup_to((int)a[0], (int)a[1], 0);
		return true;
	case SYS_dup3:
		*result = fd_dup3(a[0], a[1], a[2]);
		return true;
	case SYS_fstat:
		*result = fd_stat(a[0], (struct stat *)a[1]);
		return true;
	case SYS_lseek:
	case SYS_pread64:
	case SYS_pwrite64:
	case SYS_preadv:
	case SYS_pwritev:
		*result = fd_no_seek(a[0]);
		return true;
	case SYS_rt_sigaction:
		*result = 0;
		return fd_ignore_signal((const uintptr_t *)a[1], (void *)a[2]);
	case SYS_prlimit64:
		if (a[1] != RLIMIT_NOFILE || a[2] != 0)
			return false;
		*result = fd_limit((struct rlimit *)a[3]);
		return true;
	default:
		return false;
	}
}

__attribute__((constructor)) static void fd_start(void)
{
	static struct uk_syscall_set set = { .call = fd_call };

	uk_syscall_add(&set);
}
