/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For a program that is compiled into a host test: its calls on descriptors go to our system calls and not to Linux' (the
 * compiler includes this first). What it asks of libc's resolver is Linux' own.
 */
#ifndef SLUICE_NETSTACK_TEST_SOCKETS_CALLS_H
#define SLUICE_NETSTACK_TEST_SOCKETS_CALLS_H

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "kernel/test/call.h"

static inline long host_errno(long rc)
{
	if (rc >= 0)
		return rc;
	errno = (int)-rc;
	return -1;
}

#define host(...) host_errno(call(__VA_ARGS__))

#define socket(a, b, c)            ((int)host(SYS_socket, a, b, c))
#define socketpair(a, b, c, d)     ((int)host(SYS_socketpair, a, b, c, d))
#define bind(a, b, c)              ((int)host(SYS_bind, a, b, c))
#define connect(a, b, c)           ((int)host(SYS_connect, a, b, c))
#define listen(a, b)               ((int)host(SYS_listen, a, b))
#define accept(a, b, c)            ((int)host(SYS_accept, a, b, c))
#define accept4(a, b, c, d)        ((int)host(SYS_accept4, a, b, c, d))
#define getsockname(a, b, c)       ((int)host(SYS_getsockname, a, b, c))
#define getpeername(a, b, c)       ((int)host(SYS_getpeername, a, b, c))
#define setsockopt(a, b, c, d, e)  ((int)host(SYS_setsockopt, a, b, c, d, e))
#define getsockopt(a, b, c, d, e)  ((int)host(SYS_getsockopt, a, b, c, d, e))
#define shutdown(a, b)             ((int)host(SYS_shutdown, a, b))
#define send(a, b, c, d)           host(SYS_sendto, a, b, c, d)
#define sendto(a, b, c, d, e, f)   host(SYS_sendto, a, b, c, d, e, f)
#define recv(a, b, c, d)           host(SYS_recvfrom, a, b, c, d)
#define recvfrom(a, b, c, d, e, f) host(SYS_recvfrom, a, b, c, d, e, f)
#define sendmsg(a, b, c)           host(SYS_sendmsg, a, b, c)
#define recvmsg(a, b, c)           host(SYS_recvmsg, a, b, c)
#define sendmmsg(a, b, c, d)       ((int)host(SYS_sendmmsg, a, b, c, d))
#define recvmmsg(a, b, c, d, e)    ((int)host(SYS_recvmmsg, a, b, c, d, e))
#define read(a, b, c)              host(SYS_read, a, b, c)
#define write(a, b, c)             host(SYS_write, a, b, c)
#define readv(a, b, c)             host(SYS_readv, a, b, c)
#define writev(a, b, c)            host(SYS_writev, a, b, c)
#define close(a)                   ((int)host(SYS_close, a))
#define pipe(a)                    ((int)host(SYS_pipe, a))
#define lseek(a, b, c)             host(SYS_lseek, a, b, c)
#define ioctl(a, b, c)             ((int)host(SYS_ioctl, a, b, c))
#define fcntl(a, ...)              ((int)host(SYS_fcntl, a, __VA_ARGS__))
#define poll(a, b, c)              ((int)host(SYS_poll, a, b, c))
#define select(a, b, c, d, e)      ((int)host(SYS_select, a, b, c, d, e))
#define epoll_create1(a)           ((int)host(SYS_epoll_create1, a))
#define epoll_ctl(a, b, c, d)      ((int)host(SYS_epoll_ctl, a, b, c, d))
#define epoll_wait(a, b, c, d)     ((int)host(SYS_epoll_wait, a, b, c, d))

#endif
