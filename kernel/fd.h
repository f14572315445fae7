/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * File descriptors: what a number stands for (console, socket, pipe, eventfd, epoll) and the calls that are common
 * to all. 0, 1 and 2 are the console. Thread: cooperative, one core.
 */
#ifndef SLUICE_KERNEL_FD_H
#define SLUICE_KERNEL_FD_H

#include <sys/types.h>
#include <sys/uio.h>
#include "kernel/wait.h"

struct uk_file;
struct stat;

/* NULL where a kind has none: the call then fails with -EINVAL (read, write), -ENOTTY (ioctl) and so on. Each returns a result or -errno. */
struct uk_file_ops {
	const char *kind; /* "socket", "pipe", ... for messages */
	/* Blocking unless f->flags has O_NONBLOCK. */
	ssize_t (*readv)(struct uk_file *f, const struct iovec *v, int n);
	ssize_t (*writev)(struct uk_file *f, const struct iovec *v, int n);
	int (*ioctl)(struct uk_file *f, unsigned long request, void *arg);
	int (*stat)(struct uk_file *f, struct stat *st);
	/* POLLIN, POLLOUT, POLLERR, POLLHUP, POLLRDHUP as they are now. Never blocks. */
	short (*poll)(struct uk_file *f);
	/* The last descriptor went. */
	void (*release)(struct uk_file *f);
};

/* First member of whatever implements it. */
struct uk_file {
	const struct uk_file_ops *ops;
	unsigned refs;           /* descriptors, and calls under way */
	int flags;               /* O_NONBLOCK, O_RDWR... as fcntl(F_GETFL) tells */
	struct uk_wait_queue wq; /* woken whenever poll() may tell something new; poll, select, epoll watch it */
};

/* refs 1, no flags. */
void uk_fd_file_init(struct uk_file *f, const struct uk_file_ops *ops, int flags);
/* The lowest free number, >= 0; takes the reference on success. -EMFILE. fd_flags: FD_CLOEXEC or 0. */
int uk_fd_install(struct uk_file *f, int fd_flags) UK_MUST_USE;
/* With one more reference (uk_fd_put gives it back), or NULL: -EBADF. */
struct uk_file *uk_fd_get(int fd) UK_MUST_USE;
void uk_fd_put(struct uk_file *f);
int uk_fd_close(int fd);

#endif
