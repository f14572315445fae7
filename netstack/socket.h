/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BSD sockets as Linux has them, as system calls under musl, over lwIP's raw API: AF_INET and AF_INET6 (dual
 * stack) with SOCK_STREAM, SOCK_DGRAM and SOCK_RAW, AF_UNIX as socketpair, and as much of AF_NETLINK as getifaddrs asks
 * for. A program calls libc (socket, bind, recvmmsg, poll, getaddrinfo, ...); docs/sockets.md has what differs from
 * Linux, call by call.
 *
 * Life cycle: an image lists the libraries 'socket', 'stack', 'lwip', 'fd', 'netdev' and its drivers; their system calls are then
 * there. The first call of socket starts the stack with its defaults and waits, for ten seconds at most, until each
 * interface has an address; a program that wants it otherwise calls uk_stack_start or uk_socket_start before.
 *
 * Data: a received packet's buffer stays in its socket's queue (bounded by SO_RCVBUF) and is copied once, into the
 * caller's memory; what is sent is copied once, into a buffer with head room. A call that has to wait runs the pollers of
 * kernel/wait.h meanwhile; one that may not wait runs them once before it says EAGAIN, so that a program that only spins sees its
 * packets, too.
 *
 * Thread: cooperative, one core. Errors: Linux' errno.
 */
#ifndef SLUICE_NETSTACK_SOCKET_H
#define SLUICE_NETSTACK_SOCKET_H

#include "plat-kvm/defs.h"

/*
 * Starts the stack with its defaults, if it does not run yet (uk_stack_start), and waits for addresses. Again: does nothing.
 * Returns: 0, or -errno after a message on the console.
 */
int uk_socket_start(void) UK_MUST_USE;

#endif
