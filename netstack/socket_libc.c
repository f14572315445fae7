/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * musl makes a call of sendmmsg a system call for each message, since its headers' padding is not the kernel's. It is ours here,
 * so the whole batch goes in one.
 */
#include <errno.h>
#include <sys/socket.h>
#include "netstack/socket_impl.h"

int sendmmsg(int fd, struct mmsghdr *v, unsigned n, unsigned flags)
{
	long rc = uk_socket_sendmmsg(fd, v, n, (int)flags);

	if (rc >= 0)
		return (int)rc;
	errno = (int)-rc;
	return -1;
}
