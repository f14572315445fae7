/* SPDX-License-Identifier: BSD-3-Clause */
/* The life cycle of a socket, its waits, and what read, write, poll and close do with one. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <lwip/netif.h>
#include "kernel/syscall.h"
#include "netstack/socket.h"
#include "netstack/socket_impl.h"
#include "netstack/stack.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/console.h"

#define ADDRESS_WAIT_NS 10000000000ull

static ssize_t sock_readv(struct uk_file *f, const struct iovec *v, int n)
{
	struct uk_socket *s = (struct uk_socket *)f;
	struct msghdr m = { .msg_iov = (struct iovec *)v };
	ssize_t rc;

	m.msg_iovlen = n;
	rc = uk_socket_msg_check(&m, false);
	/* read of 0 bytes leaves a datagram where it is */
	if (rc <= 0)
		return rc;
	return s->ops->recv(s, &m, f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0);
}

static ssize_t sock_writev(struct uk_file *f, const struct iovec *v, int n)
{
	struct uk_socket *s = (struct uk_socket *)f;
	struct msghdr m = { .msg_iov = (struct iovec *)v };
	ssize_t rc;

	m.msg_iovlen = n;
	rc = uk_socket_msg_check(&m, false);
	if (rc < 0)
		return rc;
	return s->ops->send(s, &m, f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0);
}

static int sock_stat(struct uk_file *f, struct stat *st)
{
	st->st_mode = S_IFSOCK | 0777;
	return 0;
}

static short sock_poll(struct uk_file *f)
{
	struct uk_socket *s = (struct uk_socket *)f;
	short what = s->ops->poll(s);

	return (short)(s->error ? what | POLLERR : what);
}

static void sock_release(struct uk_file *f)
{
	struct uk_socket *s = (struct uk_socket *)f;

	s->ops->release(s);
	free(s);
}

static const struct uk_file_ops sock_file_ops = {
	.kind = "socket",
	.readv = sock_readv,
	.writev = sock_writev,
	.ioctl = uk_socket_ioctl,
	.stat = sock_stat,
	.poll = sock_poll,
	.release = sock_release,
};

struct uk_socket *uk_socket_alloc(
	const struct uk_socket_ops *ops, int domain, int type, int protocol)
{
	struct uk_socket *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	uk_fd_file_init(&s->file, &sock_file_ops, O_RDWR);
	s->ops = ops;
	s->domain = domain;
	s->type = type;
	s->protocol = protocol;
	uk_socket_opt_init(s);
	return s;
}

int uk_socket_install(struct uk_socket *s, int flags)
{
	if (flags & SOCK_NONBLOCK)
		s->file.flags |= O_NONBLOCK;
	return uk_fd_install(&s->file, flags & SOCK_CLOEXEC ? FD_CLOEXEC : 0);
}

struct uk_socket *uk_socket_get(int fd, int *error)
{
	struct uk_file *f = uk_fd_get(fd);

	if (f == NULL) {
		*error = -EBADF;
		return NULL;
	}
	if (f->ops != &sock_file_ops) {
		uk_fd_put(f);
		*error = -ENOTSOCK;
		return NULL;
	}
	return (struct uk_socket *)f;
}

void uk_socket_put(struct uk_socket *s)
{
	uk_fd_put(&s->file);
}

void uk_socket_wake(struct uk_socket *s)
{
	uk_wait_wake_all(&s->file.wq);
}

int uk_socket_take_error(struct uk_socket *s)
{
	int error = s->error;

	s->error = 0;
	return -error;
}

struct uk_socket_wait uk_socket_wait_for(uint64_t timeout_ns, bool dontwait)
{
	struct uk_socket_wait w = { .deadline_ns = UK_WAIT_FOREVER, .dontwait = dontwait };

	if (!dontwait && timeout_ns != UK_WAIT_FOREVER)
		w.deadline_ns = uk_clock_ns() + timeout_ns;
	return w;
}

int uk_socket_wait(struct uk_socket *s, struct uk_socket_wait *w)
{
	if (!w->dontwait)
		return uk_wait(&s->file.wq, w->deadline_ns) < 0 ? -EAGAIN : 0;
	if (w->polled)
		return -EAGAIN;
	w->polled = true;
	uk_wait_yield();
	return 0;
}

/* A program takes its network for granted: the first socket waits for the addresses, but not for ever. */
static void sock_wait_addresses(void)
{
	uint64_t deadline = uk_clock_ns() + ADDRESS_WAIT_NS;

	for (unsigned i = 0; uk_stack_netif(i) != NULL; i++) {
		if (uk_stack_wait_address(i, deadline) < 0)
			uk_console_printf("network: interface %u has no address yet\n", i);
	}
}

void uk_socket_flush(void)
{
	netif_poll_all();
	uk_stack_flush();
}

int uk_socket_start(void)
{
	static bool started;
	int rc = uk_stack_start(NULL);

	if (rc < 0 || started)
		return rc;
	started = true;
	uk_socket_icmp_start();
	sock_wait_addresses();
	return 0;
}

__attribute__((constructor)) static void sock_register(void)
{
	static struct uk_syscall_set calls = { .call = uk_socket_call };

	uk_syscall_add(&calls);
}
