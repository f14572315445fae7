/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AF_UNIX, as far as one program needs it: socketpair. Each end has a ring of what comes in; messages of SOCK_DGRAM lie there
 * with their length in front. There are no names: nobody else is there to connect.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include "netstack/socket_impl.h"

#define PIPE_BYTES 65536 /* a power of two */

struct uk_socket_pipe {
	uint32_t head, used;
	uint8_t data[PIPE_BYTES];
};

static void local_put(struct uk_socket_pipe *p, const void *from, uint32_t len)
{
	uint32_t at = (p->head + p->used) % PIPE_BYTES, part = PIPE_BYTES - at;

	part = part < len ? part : len;
	memcpy(p->data + at, from, part);
	memcpy(p->data, (const uint8_t *)from + part, len - part);
	p->used += len;
}

/* Copies from `skip` bytes behind the head. */
static void local_peek(const struct uk_socket_pipe *p, uint32_t skip, void *to, uint32_t len)
{
	uint32_t at = (p->head + skip) % PIPE_BYTES, part = PIPE_BYTES - at;

	part = part < len ? part : len;
	memcpy(to, p->data + at, part);
	memcpy((uint8_t *)to + part, p->data, len - part);
}

static void local_skip(struct uk_socket_pipe *p, uint32_t len)
{
	p->head = (p->head + len) % PIPE_BYTES;
	p->used -= len;
}

/* Gathers or scatters [0, len) of the message's bytes, from byte `done` of it on. */
static uint32_t local_put_iov(
	struct uk_socket_pipe *p, const struct msghdr *m, size_t done, uint32_t len)
{
	uint32_t total = 0;

	for (size_t i = 0; i < (size_t)m->msg_iovlen && total < len; i++) {
		size_t have = m->msg_iov[i].iov_len;
		uint32_t part;

		if (done >= have) {
			done -= have;
			continue;
		}
		part = have - done < len - total ? (uint32_t)(have - done) : len - total;
		local_put(p, (uint8_t *)m->msg_iov[i].iov_base + done, part);
		total += part;
		done = 0;
	}
	return total;
}

static uint32_t local_peek_iov(
	const struct uk_socket_pipe *p, uint32_t skip, struct msghdr *m, size_t done, uint32_t len)
{
	uint32_t total = 0;

	for (size_t i = 0; i < (size_t)m->msg_iovlen && total < len; i++) {
		size_t have = m->msg_iov[i].iov_len;
		uint32_t part;

		if (done >= have) {
			done -= have;
			continue;
		}
		part = have - done < len - total ? (uint32_t)(have - done) : len - total;
		local_peek(p, skip + total, (uint8_t *)m->msg_iov[i].iov_base + done, part);
		total += part;
		done = 0;
	}
	return total;
}

/* 0, or why nothing can be sent. */
static int local_may_send(struct uk_socket *s)
{
	struct uk_socket *peer = s->u.local.peer;

	if (s->error)
		return uk_socket_take_error(s);
	if (!s->u.local.was_paired)
		return -ENOTCONN;
	if (s->shut_wr)
		return -EPIPE;
	if (peer == NULL)
		return s->type == SOCK_STREAM ? -EPIPE : -ECONNREFUSED;
	return peer->shut_rd ? -EPIPE : 0;
}

static ssize_t local_stream_send(struct uk_socket *s, const struct msghdr *m, int flags)
{
	struct uk_socket_wait w = uk_socket_wait_for(s->opt.sndtimeo_ns, flags & MSG_DONTWAIT);
	size_t total = uk_socket_msg_len(m), done = 0;
	int rc;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->msg_name != NULL)
		return s->u.local.was_paired ? -EISCONN : -EOPNOTSUPP;
	do {
		struct uk_socket_pipe *p;
		uint32_t room;

		rc = local_may_send(s);
		if (rc < 0)
			return done > 0 ? (ssize_t)done : rc;
		p = s->u.local.peer->u.local.in;
		room = PIPE_BYTES - p->used;
		if (room > 0) {
			if (room > total - done)
				room = (uint32_t)(total - done);
			done += local_put_iov(p, m, done, room);
			uk_socket_wake(s->u.local.peer);
			continue;
		}
		rc = uk_socket_wait(s, &w);
		if (rc < 0)
			return done > 0 ? (ssize_t)done : rc;
	} while (done < total);
	return (ssize_t)done;
}

static ssize_t local_dgram_send(struct uk_socket *s, const struct msghdr *m, int flags)
{
	struct uk_socket_wait w = uk_socket_wait_for(s->opt.sndtimeo_ns, flags & MSG_DONTWAIT);
	size_t total = uk_socket_msg_len(m);
	uint32_t len = (uint32_t)total;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->msg_name != NULL)
		return -EOPNOTSUPP;
	if (total > PIPE_BYTES - sizeof(len))
		return -EMSGSIZE;
	for (;;) {
		struct uk_socket_pipe *p;
		int rc = local_may_send(s);

		if (rc < 0)
			return rc;
		p = s->u.local.peer->u.local.in;
		if (PIPE_BYTES - p->used >= sizeof(len) + len) {
			local_put(p, &len, sizeof(len));
			local_put_iov(p, m, 0, len);
			uk_socket_wake(s->u.local.peer);
			return (ssize_t)len;
		}
		rc = uk_socket_wait(s, &w);
		if (rc < 0)
			return rc;
	}
}

/* Waits for bytes. 0: none will come. */
static int local_wait(struct uk_socket *s, struct uk_socket_wait *w)
{
	struct uk_socket_local *l = &s->u.local;
	int rc;

	while (l->in == NULL || l->in->used == 0) {
		if (s->error)
			return uk_socket_take_error(s);
		if (s->shut_rd)
			return 0;
		if (!l->was_paired)
			return s->type == SOCK_STREAM ? -EINVAL : -EAGAIN;
		if (s->type == SOCK_STREAM && (l->peer == NULL || l->peer->shut_wr))
			return 0;
		rc = uk_socket_wait(s, w);
		if (rc < 0)
			return rc;
	}
	return 1;
}

static void local_begin(struct msghdr *m)
{
	m->msg_namelen = 0;
	m->msg_controllen = 0;
	m->msg_flags = 0;
}

/* There is room again. */
static void local_took(struct uk_socket *s)
{
	if (s->u.local.peer != NULL)
		uk_socket_wake(s->u.local.peer);
}

static ssize_t local_stream_recv(struct uk_socket *s, struct msghdr *m, int flags)
{
	struct uk_socket_wait w = uk_socket_wait_for(s->opt.rcvtimeo_ns, flags & MSG_DONTWAIT);
	size_t want = uk_socket_msg_len(m), done = 0;
	int rc;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	local_begin(m);
	while (done < want) {
		uint32_t n;

		rc = local_wait(s, &w);
		if (rc <= 0)
			return done > 0 ? (ssize_t)done : rc;
		n = s->u.local.in->used < want - done ? s->u.local.in->used
						      : (uint32_t)(want - done);
		n = local_peek_iov(s->u.local.in, 0, m, done, n);
		if (flags & MSG_PEEK)
			return (ssize_t)n;
		local_skip(s->u.local.in, n);
		local_took(s);
		done += n;
		if (!(flags & MSG_WAITALL))
			break;
	}
	return (ssize_t)done;
}

static ssize_t local_dgram_recv(struct uk_socket *s, struct msghdr *m, int flags)
{
	struct uk_socket_wait w = uk_socket_wait_for(s->opt.rcvtimeo_ns, flags & MSG_DONTWAIT);
	uint32_t len, n;
	int rc;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	local_begin(m);
	rc = local_wait(s, &w);
	if (rc <= 0)
		return rc;
	local_peek(s->u.local.in, 0, &len, sizeof(len));
	n = local_peek_iov(s->u.local.in, sizeof(len), m, 0, len);
	if (!(flags & MSG_PEEK)) {
		local_skip(s->u.local.in, sizeof(len) + len);
		local_took(s);
	}
	m->msg_flags = n < len ? MSG_TRUNC : 0;
	return flags & MSG_TRUNC ? (ssize_t)len : (ssize_t)n;
}

static int local_shutdown(struct uk_socket *s, int how)
{
	struct uk_socket *peer = s->u.local.peer;

	if (!s->u.local.was_paired)
		return -ENOTCONN;
	s->shut_rd |= how != SHUT_WR;
	s->shut_wr |= how != SHUT_RD;
	uk_socket_wake(s);
	if (peer != NULL)
		uk_socket_wake(peer);
	return 0;
}

static int local_name(struct uk_socket *s, bool peer, struct sockaddr_storage *sa)
{
	if (peer && s->u.local.peer == NULL)
		return -ENOTCONN;
	sa->ss_family = AF_UNIX;
	return sizeof(sa_family_t);
}

static short local_poll(struct uk_socket *s)
{
	struct uk_socket *peer = s->u.local.peer;
	bool stream = s->type == SOCK_STREAM;
	bool ended = s->shut_rd || (stream && s->u.local.was_paired && (!peer || peer->shut_wr));
	short what = 0;

	if (ended)
		what |= POLLIN | POLLRDNORM | POLLRDHUP;
	if (s->u.local.in != NULL && s->u.local.in->used > 0)
		what |= POLLIN | POLLRDNORM;
	if (peer == NULL || PIPE_BYTES - peer->u.local.in->used > PIPE_BYTES / 4)
		what |= POLLOUT | POLLWRNORM;
	if (stream && (!s->u.local.was_paired || peer == NULL || (ended && s->shut_wr)))
		what |= POLLHUP;
	return what;
}

static int local_pending(struct uk_socket *s)
{
	uint32_t len = 0;

	if (s->u.local.in == NULL || s->u.local.in->used == 0)
		return 0;
	if (s->type == SOCK_STREAM)
		return (int)s->u.local.in->used;
	local_peek(s->u.local.in, 0, &len, sizeof(len));
	return (int)len;
}

static void local_release(struct uk_socket *s)
{
	struct uk_socket *peer = s->u.local.peer;

	if (peer != NULL) {
		peer->u.local.peer = NULL;
		if (s->type == SOCK_STREAM && s->u.local.in->used > 0)
			peer->error = ECONNRESET;
		uk_socket_wake(peer);
	}
	free(s->u.local.in);
}

int uk_socket_local_pair(int type, struct uk_socket *pair[2])
{
	const struct uk_socket_ops *ops =
		type == SOCK_STREAM ? &uk_socket_local_stream_ops : &uk_socket_local_dgram_ops;

	pair[0] = uk_socket_alloc(ops, AF_UNIX, type, 0);
	pair[1] = uk_socket_alloc(ops, AF_UNIX, type, 0);
	for (int i = 0; i < 2 && pair[i] != NULL; i++)
		pair[i]->u.local.in = calloc(1, sizeof(*pair[i]->u.local.in));
	if (!pair[0] || !pair[1] || !pair[0]->u.local.in || !pair[1]->u.local.in)
		goto undo_alloc;
	for (int i = 0; i < 2; i++) {
		pair[i]->u.local.peer = pair[1 - i];
		pair[i]->u.local.was_paired = true;
	}
	return 0;

undo_alloc:
	for (int i = 0; i < 2; i++) {
		if (pair[i] != NULL)
			uk_socket_put(pair[i]);
	}
	return -ENOMEM;
}

const struct uk_socket_ops uk_socket_local_stream_ops = {
	.send = local_stream_send,
	.recv = local_stream_recv,
	.shutdown = local_shutdown,
	.name = local_name,
	.poll = local_poll,
	.pending = local_pending,
	.release = local_release,
};

const struct uk_socket_ops uk_socket_local_dgram_ops = {
	.send = local_dgram_send,
	.recv = local_dgram_recv,
	.shutdown = local_shutdown,
	.name = local_name,
	.poll = local_poll,
	.pending = local_pending,
	.release = local_release,
};
