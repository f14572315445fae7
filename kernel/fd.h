/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * File descriptors: what a number stands for (console, socket, pipe, eventfd, epoll) and the calls
 * that are common to all: read, write, readv, writev, close, dup, dup2, dup3, fcntl, ioctl, fstat,
 * lseek. 0, 1 and 2 are the console. An image has them if it lists the library 'fd'; poll, select,
 * epoll, eventfd, pipe and timerfd come with it. Thread: cooperative, one core.
 */
#ifndef SLUICE_KERNEL_FD_H
#define SLUICE_KERNEL_FD_H

#include <sys/types.h>
#include <sys/uio.h>
#include "kernel/wait.h"

/* Numbers are below this. */
#define UK_FD_MAX     1024
#define UK_FD_IOV_MAX 1024

struct uk_file;
struct stat;

/*
 * NULL where a kind has none: the call then fails as Linux has it (read and write with -EBADF where
 * the access mode forbids them, else -EINVAL; ioctl -ENOTTY; poll tells POLLIN | POLLOUT). Each
 * returns a result or -errno. The caller of an operation holds a reference meanwhile.
 */
struct uk_file_ops {
	const char *kind; /* "socket", "pipe", ... for messages */
	/* Blocking unless f->flags has O_NONBLOCK. n is 1 to UK_FD_IOV_MAX, the lengths' sum fits. */
	ssize_t (*readv)(struct uk_file *f, const struct iovec *v, int n);
	ssize_t (*writev)(struct uk_file *f, const struct iovec *v, int n);
	/* FIONBIO, FIOCLEX and FIONCLEX are answered before. */
	int (*ioctl)(struct uk_file *f, unsigned long request, void *arg);
	/* *st is all zero but for st_nlink and st_blksize. NULL: a file of no type, as eventfd's. */
	int (*stat)(struct uk_file *f, struct stat *st);
	/* POLLIN, POLLOUT, POLLERR, POLLHUP, POLLRDHUP as they are now. Never blocks. */
	short (*poll)(struct uk_file *f);
	/* The last reference went; the file's memory is the implementer's again. */
	void (*release)(struct uk_file *f);
};

/* First member of whatever implements it. */
struct uk_file {
	const struct uk_file_ops *ops;
	unsigned refs; /* descriptors, and calls under way */
	int flags;     /* O_NONBLOCK, O_RDWR... as fcntl(F_GETFL) tells */
	/* Woken whenever poll() may tell something new (uk_wait_wake_events, if it is known what):
	 * poll, select and epoll watch it. */
	struct uk_wait_queue wq;
};

/* refs 1. flags: the access mode, and O_NONBLOCK. */
void uk_fd_file_init(struct uk_file *f, const struct uk_file_ops *ops, int flags);
/* The lowest free number, >= 0; takes the reference on success. -EMFILE. fd_flags: FD_CLOEXEC or 0. */
int uk_fd_install(struct uk_file *f, int fd_flags) UK_MUST_USE;
/* With one more reference (uk_fd_put gives it back), or NULL: -EBADF. */
struct uk_file *uk_fd_get(int fd) UK_MUST_USE;
/* At the last one watches of f->wq are told that it goes, then f is released. */
void uk_fd_put(struct uk_file *f);
/* 0 or -EBADF. A call under way on the file goes on, as on Linux. */
int uk_fd_close(int fd);

/* What dup, dup3 and fcntl(F_DUPFD) do: a number >= `from` (-EMFILE, -EINVAL), or `to` itself. */
int uk_fd_dup(int fd, int from, int fd_flags) UK_MUST_USE;
int uk_fd_dup_to(int fd, int to, int fd_flags) UK_MUST_USE;
/* FD_CLOEXEC or 0, -EBADF; set with a value >= 0. */
int uk_fd_flags(int fd, int set);

/* POLLIN... now, whatever the kind. */
short uk_fd_poll(struct uk_file *f);

/* Copies between `buf` and the part of v[0..n) behind `off`; bytes copied, at most len. */
size_t uk_fd_iov_get(const struct iovec *v, int n, size_t off, void *buf, size_t len);
size_t uk_fd_iov_put(const struct iovec *v, int n, size_t off, const void *buf, size_t len);
size_t uk_fd_iov_bytes(const struct iovec *v, int n);

#endif
