/* SPDX-License-Identifier: BSD-3-Clause */
/* The system calls: arguments are checked here as far as one address space allows. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include "netstack/socket.h"
#include "netstack/socket_impl.h"

#define SOCK_FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

static const struct {
	int domain, type, protocol; /* protocol -1: any but 0 */
	const struct uk_socket_ops *ops;
} kinds[] = {
	{ AF_INET, SOCK_DGRAM, IPPROTO_UDP, &uk_socket_udp_ops },
	{ AF_INET, SOCK_STREAM, IPPROTO_TCP, &uk_socket_tcp_ops },
	{ AF_INET, SOCK_RAW, -1, &uk_socket_raw_ops },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_UDP, &uk_socket_udp_ops },
	{ AF_INET6, SOCK_STREAM, IPPROTO_TCP, &uk_socket_tcp_ops },
	{ AF_INET6, SOCK_RAW, -1, &uk_socket_raw_ops },
	/* nobody can be reached by name: for socketpair, and for ioctl */
	{ AF_UNIX, SOCK_STREAM, 0, &uk_socket_local_stream_ops },
	{ AF_UNIX, SOCK_DGRAM, 0, &uk_socket_local_dgram_ops },
	{ AF_NETLINK, SOCK_RAW, 0, &uk_socket_netlink_ops },
	{ AF_NETLINK, SOCK_DGRAM, 0, &uk_socket_netlink_ops },
};

static int call_create(int domain, int type, int protocol, struct uk_socket **s)
{
	int error = -EAFNOSUPPORT;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(kinds); i++) {
		int p = kinds[i].protocol;

		if (kinds[i].domain != domain)
			continue;
		if (error != -EPROTONOSUPPORT)
			error = -ESOCKTNOSUPPORT;
		if (kinds[i].type != type)
			continue;
		error = -EPROTONOSUPPORT;
		if (p < 0 ? protocol <= 0 || protocol > 255 : protocol != 0 && protocol != p)
			continue;
		*s = uk_socket_alloc(kinds[i].ops, domain, type, p > 0 ? p : protocol);
		return *s != NULL ? 0 : -ENOBUFS;
	}
	return error;
}

static long call_socket(int domain, int type, int protocol)
{
	struct uk_socket *s;
	int flags = type & SOCK_FLAGS, rc;

	if (type & ~(SOCK_FLAGS | 0xf))
		return -EINVAL;
	if (uk_socket_start() < 0)
		return -ENETDOWN;
	rc = call_create(domain, type & ~SOCK_FLAGS, protocol, &s);
	if (rc < 0)
		return rc;
	if (s->ops->open != NULL)
		rc = s->ops->open(s);
	if (rc >= 0)
		rc = uk_socket_install(s, flags);
	if (rc < 0)
		uk_socket_put(s);
	return rc;
}

static long call_socketpair(int domain, int type, int protocol, int fds[2])
{
	struct uk_socket *pair[2];
	int flags = type & SOCK_FLAGS, rc;

	type &= ~SOCK_FLAGS;
	if (fds == NULL)
		return -EFAULT;
	if (domain != AF_UNIX)
		return domain == AF_INET || domain == AF_INET6 ? -EOPNOTSUPP : -EAFNOSUPPORT;
	if (type != SOCK_STREAM && type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (protocol != 0 && protocol != PF_UNIX)
		return -EPROTONOSUPPORT;
	rc = uk_socket_local_pair(type, pair);
	if (rc < 0)
		return rc;
	rc = uk_socket_install(pair[0], flags);
	if (rc < 0)
		goto undo_pair;
	fds[0] = rc;
	rc = uk_socket_install(pair[1], flags);
	if (rc < 0)
		goto undo_first;
	fds[1] = rc;
	return 0;

undo_first:
	uk_fd_close(fds[0]);
	uk_socket_put(pair[1]);
	return rc;
undo_pair:
	uk_socket_put(pair[0]);
	uk_socket_put(pair[1]);
	return rc;
}

static int call_address_ok(const struct sockaddr *sa, socklen_t len)
{
	if (len > sizeof(struct sockaddr_storage) || len < sizeof(sa_family_t))
		return -EINVAL;
	return sa == NULL ? -EFAULT : 0;
}

static long call_bind(struct uk_socket *s, const struct sockaddr *sa, socklen_t len)
{
	int rc = call_address_ok(sa, len);

	if (rc < 0)
		return rc;
	return s->ops->bind != NULL ? s->ops->bind(s, sa, len) : -EOPNOTSUPP;
}

static long call_connect(struct uk_socket *s, const struct sockaddr *sa, socklen_t len)
{
	int rc = call_address_ok(sa, len);

	if (rc < 0)
		return rc;
	return s->ops->connect != NULL ? s->ops->connect(s, sa, len) : -EOPNOTSUPP;
}

static long call_name(struct uk_socket *s, bool peer, void *to, socklen_t *len)
{
	struct sockaddr_storage sa = { 0 };
	int rc;

	if (to == NULL || len == NULL)
		return -EFAULT;
	if ((int)*len < 0)
		return -EINVAL;
	rc = s->ops->name(s, peer, &sa);
	if (rc < 0)
		return rc;
	uk_socket_msg_name(&sa, (socklen_t)rc, to, len);
	return 0;
}

static long call_accept(struct uk_socket *s, void *to, socklen_t *len, int flags)
{
	struct uk_socket *conn;
	int fd, rc;

	if (flags & ~SOCK_FLAGS)
		return -EINVAL;
	if (s->ops->accept == NULL)
		return -EOPNOTSUPP;
	rc = s->ops->accept(s, &conn, s->file.flags & O_NONBLOCK);
	if (rc < 0)
		return rc;
	fd = uk_socket_install(conn, flags);
	if (fd < 0) {
		uk_socket_put(conn);
		return fd;
	}
	if (to != NULL) {
		/* a connection that is gone by now has no peer, and is handed out nevertheless */
		if (call_name(conn, true, to, len) < 0 && len != NULL)
			*len = 0;
	}
	return fd;
}

static long call_listen(struct uk_socket *s, int backlog)
{
	return s->ops->listen != NULL ? s->ops->listen(s, backlog) : -EOPNOTSUPP;
}

static long call_shutdown(struct uk_socket *s, int how)
{
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	return s->ops->shutdown != NULL ? s->ops->shutdown(s, how) : -EOPNOTSUPP;
}

static long call_setsockopt(
	struct uk_socket *s, int level, int name, const void *val, socklen_t len)
{
	if ((int)len < 0)
		return -EINVAL;
	if (val == NULL && len > 0)
		return -EFAULT;
	return uk_socket_opt_set(s, level, name, val, len);
}

static long call_getsockopt(struct uk_socket *s, int level, int name, void *val, socklen_t *len)
{
	if (val == NULL || len == NULL)
		return -EFAULT;
	if ((int)*len < 0)
		return -EINVAL;
	return uk_socket_opt_get(s, level, name, val, len);
}

static long call_sendto(
	int fd, void *buf, size_t len, int flags, const struct sockaddr *sa, socklen_t sa_len)
{
	struct iovec v = { buf, len };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	m.msg_name = (void *)sa;
	m.msg_namelen = sa != NULL ? sa_len : 0;
	return uk_socket_sendmsg(fd, &m, flags);
}

static long call_recvfrom(
	int fd, void *buf, size_t len, int flags, struct sockaddr *sa, socklen_t *sa_len)
{
	struct iovec v = { buf, len };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	long n;

	if (sa != NULL && sa_len == NULL)
		return -EFAULT;
	m.msg_name = sa;
	m.msg_namelen = sa != NULL ? *sa_len : 0;
	n = uk_socket_recvmsg(fd, &m, flags);
	if (n >= 0 && sa != NULL)
		*sa_len = m.msg_namelen;
	return n;
}

/* Calls of one socket that needs no more than itself. */
static long call_one(long n, struct uk_socket *s, const long a[6])
{
	switch (n) {
	case SYS_bind:
		return call_bind(s, (const struct sockaddr *)a[1], (socklen_t)a[2]);
	case SYS_connect:
		return call_connect(s, (const struct sockaddr *)a[1], (socklen_t)a[2]);
	case SYS_listen:
		return call_listen(s, (int)a[1]);
	case SYS_accept:
		return call_accept(s, (void *)a[1], (socklen_t *)a[2], 0);
	case SYS_accept4:
		return call_accept(s, (void *)a[1], (socklen_t *)a[2], (int)a[3]);
	case SYS_getsockname:
		return call_name(s, false, (void *)a[1], (socklen_t *)a[2]);
	case SYS_getpeername:
		return call_name(s, true, (void *)a[1], (socklen_t *)a[2]);
	case SYS_setsockopt:
		return call_setsockopt(
			s, (int)a[1], (int)a[2], (const void *)a[3], (socklen_t)a[4]);
	case SYS_getsockopt:
		return call_getsockopt(s, (int)a[1], (int)a[2], (void *)a[3], (socklen_t *)a[4]);
	default:
		return call_shutdown(s, (int)a[1]);
	}
}

static long call_fd(long n, const long a[6])
{
	int error;
	struct uk_socket *s = uk_socket_get((int)a[0], &error);
	long rc;

	if (s == NULL)
		return error;
	rc = call_one(n, s, a);
	uk_socket_put(s);
	uk_socket_flush();
	return rc;
}

/* What goes by messages, or makes descriptors. */
static bool call_other(long n, const long a[6], long *result)
{
	switch (n) {
	case SYS_socket:
		*result = call_socket((int)a[0], (int)a[1], (int)a[2]);
		return true;
	case SYS_socketpair:
		*result = call_socketpair((int)a[0], (int)a[1], (int)a[2], (int *)a[3]);
		return true;
	case SYS_sendto:
		*result = call_sendto((int)a[0], (void *)a[1], (size_t)a[2], (int)a[3],
			(const struct sockaddr *)a[4], (socklen_t)a[5]);
		return true;
	case SYS_recvfrom:
		*result = call_recvfrom((int)a[0], (void *)a[1], (size_t)a[2], (int)a[3],
			(struct sockaddr *)a[4], (socklen_t *)a[5]);
		return true;
	case SYS_sendmsg:
		*result = uk_socket_sendmsg((int)a[0], (const struct msghdr *)a[1], (int)a[2]);
		return true;
	case SYS_recvmsg:
		*result = uk_socket_recvmsg((int)a[0], (struct msghdr *)a[1], (int)a[2]);
		return true;
	case SYS_sendmmsg:
		*result = uk_socket_sendmmsg(
			(int)a[0], (struct mmsghdr *)a[1], (unsigned)a[2], (int)a[3]);
		return true;
	case SYS_recvmmsg:
		*result = uk_socket_recvmmsg((int)a[0], (struct mmsghdr *)a[1], (unsigned)a[2],
			(int)a[3], (const struct timespec *)a[4]);
		return true;
	default:
		return false;
	}
}

static bool call_files(long n, const long a[6], long *result)
{
	if (n == SYS_open)
		*result = uk_socket_file_open((const char *)a[0], (int)a[1]);
	else if (n == SYS_openat)
		*result = uk_socket_file_open((const char *)a[1], (int)a[2]);
	else
		return false;
	return *result != -ENOENT;
}

bool uk_socket_call(long n, const long args[6], long *result)
{
	switch (n) {
	case SYS_bind:
	case SYS_connect:
	case SYS_listen:
	case SYS_accept:
	case SYS_accept4:
	case SYS_getsockname:
	case SYS_getpeername:
	case SYS_setsockopt:
	case SYS_getsockopt:
	case SYS_shutdown:
		*result = call_fd(n, args);
		return true;
	default:
		return call_other(n, args, result) || call_files(n, args, result);
	}
}
