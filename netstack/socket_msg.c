/* SPDX-License-Identifier: BSD-3-Clause */
/* Message headers: their checks, the bytes and control messages in them, and calls with many of them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <lwip/pbuf.h>
#include "netstack/socket_impl.h"
#include "plat-kvm/clock.h"

#define NSEC 1000000000ull
/* A program that sends without ever waiting lets packets in after as many messages. */
#define SENDS_A_POLL 64

ssize_t uk_socket_msg_check(const struct msghdr *m, bool no_copy)
{
	size_t n = (size_t)m->msg_iovlen, total = 0;

	if (n > UK_SOCKET_IOV_MAX)
		return -EMSGSIZE;
	if (n > 0 && m->msg_iov == NULL)
		return -EFAULT;
	for (size_t i = 0; i < n; i++) {
		if (m->msg_iov[i].iov_len > SSIZE_MAX)
			return -EINVAL;
		if (!no_copy && m->msg_iov[i].iov_base == NULL && m->msg_iov[i].iov_len > 0)
			return -EFAULT;
		total += m->msg_iov[i].iov_len;
		if (total > INT_MAX)
			total = INT_MAX;
	}
	if (m->msg_controllen > 0 && m->msg_control == NULL)
		return -EFAULT;
	return (ssize_t)total;
}

size_t uk_socket_msg_len(const struct msghdr *m)
{
	size_t total = 0;

	for (size_t i = 0; i < (size_t)m->msg_iovlen; i++)
		total += m->msg_iov[i].iov_len;
	return total < INT_MAX ? total : INT_MAX;
}

static long msg_send(struct uk_socket *s, const struct msghdr *m, int flags)
{
	ssize_t rc = uk_socket_msg_check(m, false);

	if (rc < 0)
		return rc;
	if ((int)m->msg_namelen < 0)
		return -EINVAL;
	if (m->msg_name != NULL && m->msg_namelen > sizeof(struct sockaddr_storage))
		return -EINVAL;
	if (s->file.flags & O_NONBLOCK)
		flags |= MSG_DONTWAIT;
	return s->ops->send(s, m, flags);
}

static long msg_recv(struct uk_socket *s, struct msghdr *m, int flags)
{
	/* tcp(7): MSG_TRUNC throws the bytes away */
	bool no_copy = flags & MSG_TRUNC && s->ops == &uk_socket_tcp_ops;
	ssize_t rc = uk_socket_msg_check(m, no_copy);

	if (rc < 0)
		return rc;
	if (m->msg_name != NULL && (int)m->msg_namelen < 0)
		return -EINVAL;
	if (s->file.flags & O_NONBLOCK)
		flags |= MSG_DONTWAIT;
	return s->ops->recv(s, m, flags);
}

/* Nothing of a program that only sends ever waits: the pollers get their turn here. */
static void msg_sent(void)
{
	static unsigned nb;

	if (++nb % SENDS_A_POLL == 0)
		uk_wait_yield();
}

long uk_socket_sendmsg(int fd, const struct msghdr *m, int flags)
{
	int error;
	struct uk_socket *s = uk_socket_get(fd, &error);
	long rc;

	if (s == NULL)
		return error;
	rc = m != NULL ? msg_send(s, m, flags) : -EFAULT;
	uk_socket_put(s);
	msg_sent();
	return rc;
}

long uk_socket_recvmsg(int fd, struct msghdr *m, int flags)
{
	int error;
	struct uk_socket *s = uk_socket_get(fd, &error);
	long rc;

	if (s == NULL)
		return error;
	rc = m != NULL ? msg_recv(s, m, flags & ~MSG_WAITFORONE) : -EFAULT;
	uk_socket_put(s);
	return rc;
}

long uk_socket_sendmmsg(int fd, struct mmsghdr *v, unsigned n, int flags)
{
	int error;
	struct uk_socket *s = uk_socket_get(fd, &error);
	long rc = 0;
	unsigned i;

	if (s == NULL)
		return error;
	if (n > UK_SOCKET_IOV_MAX)
		n = UK_SOCKET_IOV_MAX;
	if (v == NULL && n > 0)
		rc = -EFAULT;
	for (i = 0; i < n && rc >= 0; i++) {
		rc = msg_send(s, &v[i].msg_hdr, flags | (i + 1 < n ? MSG_BATCH : 0));
		if (rc < 0)
			break;
		v[i].msg_len = (unsigned)rc;
	}
	uk_socket_put(s);
	msg_sent();
	return i > 0 ? (long)i : rc;
}

/* The time at which recvmmsg is through, looked at after each message only, as Linux does. */
static int msg_deadline(const struct timespec *t, uint64_t *deadline)
{
	*deadline = UK_WAIT_FOREVER;
	if (t == NULL)
		return 0;
	if (t->tv_sec < 0 || t->tv_nsec < 0 || t->tv_nsec >= (long)NSEC)
		return -EINVAL;
	*deadline = uk_clock_ns() + (uint64_t)t->tv_sec * NSEC + (uint64_t)t->tv_nsec;
	return 0;
}

static long msg_recv_many(
	struct uk_socket *s, struct mmsghdr *v, unsigned n, int flags, uint64_t deadline)
{
	long rc = 0;
	unsigned i;

	/* what is pending is told before, and not in the middle */
	if (s->error)
		return uk_socket_take_error(s);
	for (i = 0; i < n; i++) {
		rc = msg_recv(s, &v[i].msg_hdr, flags & ~MSG_WAITFORONE);
		if (rc < 0)
			break;
		v[i].msg_len = (unsigned)rc;
		flags |= MSG_BATCH | (flags & MSG_WAITFORONE ? MSG_DONTWAIT : 0);
		if (deadline != UK_WAIT_FOREVER && uk_clock_ns() >= deadline) {
			i++;
			break;
		}
	}
	if (i == 0)
		return rc;
	/* told at the next call */
	if (rc < 0 && rc != -EAGAIN)
		s->error = (int)-rc;
	return (long)i;
}

long uk_socket_recvmmsg(int fd, struct mmsghdr *v, unsigned n, int flags, const struct timespec *t)
{
	uint64_t deadline;
	int error = msg_deadline(t, &deadline);
	struct uk_socket *s;
	long rc;

	if (error < 0)
		return error;
	s = uk_socket_get(fd, &error);
	if (s == NULL)
		return error;
	if (n > UK_SOCKET_IOV_MAX)
		n = UK_SOCKET_IOV_MAX;
	rc = v == NULL && n > 0 ? -EFAULT : msg_recv_many(s, v, n, flags, deadline);
	uk_socket_put(s);
	return rc;
}

size_t uk_socket_msg_scatter(
	const struct msghdr *m, size_t done, const struct pbuf *p, size_t off, size_t len)
{
	size_t copied = 0, i = 0, n = (size_t)m->msg_iovlen;

	while (i < n && done >= m->msg_iov[i].iov_len)
		done -= m->msg_iov[i++].iov_len;
	while (p != NULL && off >= p->len) {
		off -= p->len;
		p = p->next;
	}
	while (p != NULL && i < n && copied < len) {
		size_t part = m->msg_iov[i].iov_len - done;

		if (part > p->len - off)
			part = p->len - off;
		if (part > len - copied)
			part = len - copied;
		memcpy((uint8_t *)m->msg_iov[i].iov_base + done, (uint8_t *)p->payload + off, part);
		copied += part;
		done += part;
		off += part;
		while (i < n && done == m->msg_iov[i].iov_len) {
			done = 0;
			i++;
		}
		while (p != NULL && off == p->len) {
			off = 0;
			p = p->next;
		}
	}
	return copied;
}

void uk_socket_msg_gather(const struct msghdr *m, struct pbuf *p)
{
	size_t off = 0;

	for (size_t i = 0; i < (size_t)m->msg_iovlen; i++) {
		const uint8_t *from = m->msg_iov[i].iov_base;
		size_t left = m->msg_iov[i].iov_len;

		while (left > 0 && p != NULL) {
			size_t part = p->len - off < left ? p->len - off : left;

			memcpy((uint8_t *)p->payload + off, from, part);
			from += part;
			left -= part;
			off += part;
			if (off == p->len) {
				off = 0;
				p = p->next;
			}
		}
	}
}

void uk_socket_msg_control(
	struct uk_socket_cmsg *c, int level, int type, const void *data, size_t len)
{
	struct cmsghdr h = { 0 };

	if (c->left < CMSG_LEN(len)) {
		c->flags |= MSG_CTRUNC;
		return;
	}
	h.cmsg_len = CMSG_LEN(len);
	h.cmsg_level = level;
	h.cmsg_type = type;
	memcpy(c->at, &h, sizeof(h));
	memcpy(c->at + CMSG_LEN(0), data, len);
	c->left -= CMSG_SPACE(len) < c->left ? CMSG_SPACE(len) : c->left;
	c->at += CMSG_SPACE(len);
}

void uk_socket_msg_name(
	const struct sockaddr_storage *sa, socklen_t sa_len, void *to, socklen_t *len)
{
	memcpy(to, sa, *len < sa_len ? *len : sa_len);
	*len = sa_len;
}
