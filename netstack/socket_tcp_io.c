/* SPDX-License-Identifier: BSD-3-Clause */
/* The bytes of a TCP connection, in both directions. */
#include <errno.h>
#include <string.h>
#include <lwip/pbuf.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include "netstack/socket_impl.h"

/* Small segments are gathered once as many wait: a peer may send single bytes, each in a whole buffer. */
#define LOOSE_MAX    64
#define GATHER_BYTES 4096
#define GATHER_LEAST 1024 /* longer segments stay as they are */
/* Linux' rule of thumb, too: a program is told of room when it is a third. */
#define WRITABLE_PART 3
#define CHUNK_MAX     (UINT16_MAX - 1)

/* -- in -- */

static void tio_append(struct uk_socket_tcp *t, struct pbuf *p)
{
	*(t->rx_last != NULL ? &t->rx_last->next : &t->rx_first) = p;
	for (; p != NULL; p = p->next) {
		t->rx_last = p;
		t->rx_bytes += p->len;
		t->nb_rx++;
	}
	t->gather_room = 0;
}

/* Copies a small segment behind the last bytes; false: there is no memory. */
static bool tio_gather(struct uk_socket_tcp *t, const struct pbuf *p)
{
	struct pbuf *last = t->rx_last;

	if (t->gather_room < p->tot_len) {
		last = pbuf_alloc(PBUF_RAW, GATHER_BYTES, PBUF_RAM);
		if (last == NULL)
			return false;
		last->len = 0;
		tio_append(t, last);
		t->gather_room = GATHER_BYTES;
	}
	pbuf_copy_partial(p, (uint8_t *)last->payload + last->len, p->tot_len, 0);
	last->len += p->tot_len;
	t->gather_room -= p->tot_len;
	t->rx_bytes += p->tot_len;
	return true;
}

void uk_socket_tcp_queue(struct uk_socket *s, struct pbuf *p)
{
	struct uk_socket_tcp *t = &s->u.tcp;

	if (t->nb_rx >= LOOSE_MAX && p->tot_len < GATHER_LEAST && tio_gather(t, p))
		pbuf_free(p);
	else
		tio_append(t, p);
}

/* The first pbuf on its own, as lwIP wants to have it back. */
static void tio_pop(struct uk_socket_tcp *t)
{
	struct pbuf *p = t->rx_first;

	t->rx_first = p->next;
	if (t->rx_first == NULL) {
		t->rx_last = NULL;
		t->gather_room = 0;
	}
	t->nb_rx--;
	t->rx_off = 0;
	p->next = NULL;
	p->tot_len = p->len;
	pbuf_free(p);
}

void uk_socket_tcp_drop(struct uk_socket *s)
{
	while (s->u.tcp.rx_first != NULL)
		tio_pop(&s->u.tcp);
	s->u.tcp.rx_bytes = 0;
}

/* The peer may send as much again. */
static void tio_consume(struct uk_socket *s, size_t n)
{
	struct uk_socket_tcp *t = &s->u.tcp;
	size_t left = n;

	t->rx_bytes -= n;
	while (left > 0) {
		size_t part = t->rx_first->len - t->rx_off;

		if (part > left) {
			t->rx_off += (uint32_t)left;
			break;
		}
		left -= part;
		tio_pop(t);
	}
	while (n > 0 && s->pcb.tcp != NULL) {
		uint16_t part = n < UINT16_MAX ? (uint16_t)n : UINT16_MAX;

		tcp_recved(s->pcb.tcp, part);
		n -= part;
	}
}

/* MSG_TRUNC on a stream: the bytes are thrown away (tcp(7)). */
static size_t tio_take(
	struct uk_socket *s, struct msghdr *m, size_t done, size_t want, size_t off, int flags)
{
	struct uk_socket_tcp *t = &s->u.tcp;
	size_t have = t->rx_bytes > off ? t->rx_bytes - off : 0, n = want < have ? want : have;

	if (!(flags & MSG_TRUNC))
		n = uk_socket_msg_scatter(m, done, t->rx_first, t->rx_off + off, n);
	if (!(flags & MSG_PEEK))
		tio_consume(s, n);
	return n;
}

/* Nothing to read: what that means, 0 for "wait". */
static int tio_end(struct uk_socket *s, size_t done, bool *end)
{
	struct uk_socket_tcp *t = &s->u.tcp;

	*end = true;
	if (done > 0 && (s->error || t->fin || s->shut_rd))
		return 0;
	if (s->error)
		return uk_socket_take_error(s);
	if (t->fin || s->shut_rd)
		return 0;
	if (!t->connected && !t->connecting)
		return -ENOTCONN;
	*end = false;
	return 0;
}

ssize_t uk_socket_tcp_recv(struct uk_socket *s, struct msghdr *m, int flags)
{
	struct uk_socket_tcp *t = &s->u.tcp;
	struct uk_socket_wait w = uk_socket_wait_for(s->opt.rcvtimeo_ns, flags & MSG_DONTWAIT);
	size_t want = uk_socket_msg_len(m), least = (size_t)s->opt.rcvlowat, done = 0;
	bool end;
	int rc;

	if (t->listening)
		return -ENOTCONN;
	if (flags & (MSG_OOB | MSG_ERRQUEUE))
		return flags & MSG_OOB ? -EINVAL : -EAGAIN;
	m->msg_namelen = 0;
	m->msg_controllen = 0;
	m->msg_flags = 0;
	w.polled = flags & MSG_BATCH;
	if (flags & MSG_WAITALL || least > want)
		least = want;
	for (;;) {
		done += tio_take(s, m, done, want - done, flags & MSG_PEEK ? done : 0, flags);
		if (want == 0 ? t->rx_bytes > 0 : done > 0 && done >= least)
			return (ssize_t)done;
		rc = tio_end(s, done, &end);
		if (!end)
			rc = uk_socket_wait(s, &w);
		if (end || rc < 0)
			return done > 0 ? (ssize_t)done : rc;
	}
}

/* -- out -- */

size_t uk_socket_tcp_room(const struct uk_socket *s)
{
	const struct tcp_pcb *pcb = s->pcb.tcp;
	size_t limit = (size_t)s->opt.sndbuf, used = TCP_SND_BUF - pcb->snd_buf;

	if (pcb->snd_queuelen + 2u >= TCP_SND_QUEUELEN || used >= limit)
		return 0;
	return limit - used < pcb->snd_buf ? limit - used : pcb->snd_buf;
}

bool uk_socket_tcp_writable(const struct uk_socket *s)
{
	return uk_socket_tcp_room(s) >= (size_t)s->opt.sndbuf / WRITABLE_PART ||
	       uk_socket_tcp_room(s) >= TCP_SND_BUF / WRITABLE_PART;
}

/* Hands lwIP as much of [at, at + len) as it takes now. 0: it has to send something first. */
static size_t tio_write(struct uk_socket *s, const uint8_t *at, size_t len, bool more)
{
	struct tcp_pcb *pcb = s->pcb.tcp;
	size_t room = uk_socket_tcp_room(s), n = len < room ? len : room;
	uint8_t how = TCP_WRITE_FLAG_COPY;

	if (n > CHUNK_MAX)
		n = CHUNK_MAX;
	if (n < len || more)
		how |= TCP_WRITE_FLAG_MORE;
	while (n > 0) {
		if (tcp_write(pcb, at, (uint16_t)n, how) == ERR_OK)
			return n;
		/* no memory for so much */
		n /= 2;
		how |= TCP_WRITE_FLAG_MORE;
	}
	return 0;
}

/* Whether a program may send now: 0, or -errno. -EAGAIN: it has to wait for the connection. */
static int tio_may_send(struct uk_socket *s)
{
	struct uk_socket_tcp *t = &s->u.tcp;

	if (s->error)
		return uk_socket_take_error(s);
	if (s->shut_wr || t->listening)
		return -EPIPE;
	if (t->connecting)
		return -EAGAIN;
	return t->connected && s->pcb.tcp != NULL ? 0 : -EPIPE;
}

static void tio_output(struct uk_socket *s, int flags)
{
	struct tcp_pcb *pcb = s->pcb.tcp;

	if (pcb == NULL)
		return;
	/* corked, and less than a segment: it waits, at most until the next acknowledgement */
	if ((s->opt.cork || flags & MSG_MORE) &&
		(pcb->unsent == NULL || (pcb->unsent->next == NULL && pcb->unsent->len < pcb->mss)))
		return;
	tcp_output(pcb);
	uk_socket_flush();
}

/* One part of the message. Returns what went, or -errno if nothing did. */
static ssize_t tio_send_part(
	struct uk_socket *s, const struct iovec *v, bool more, int flags, struct uk_socket_wait *w)
{
	size_t done = 0;
	int rc;

	while (done < v->iov_len) {
		size_t n = 0;

		rc = tio_may_send(s);
		if (rc == 0)
			n = tio_write(s, (uint8_t *)v->iov_base + done, v->iov_len - done, more);
		done += n;
		if (n > 0)
			continue;
		if (rc == 0) {
			tcp_output(s->pcb.tcp);
			uk_socket_flush();
		}
		if (rc == 0 || rc == -EAGAIN)
			rc = uk_socket_wait(s, w);
		if (rc < 0)
			return done > 0 ? (ssize_t)done : rc;
	}
	return (ssize_t)done;
}

ssize_t uk_socket_tcp_send(struct uk_socket *s, const struct msghdr *m, int flags)
{
	struct uk_socket_wait w = uk_socket_wait_for(s->opt.sndtimeo_ns, flags & MSG_DONTWAIT);
	size_t total = 0, nb = (size_t)m->msg_iovlen;
	ssize_t n = 0;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	n = tio_may_send(s);
	if (n < 0 && n != -EAGAIN)
		return n;
	for (size_t i = 0; i < nb; i++) {
		bool more = i + 1 < nb || flags & (MSG_MORE | MSG_BATCH);

		n = tio_send_part(s, &m->msg_iov[i], more, flags, &w);
		if (n > 0)
			total += (size_t)n;
		if (n < 0 || (size_t)n < m->msg_iov[i].iov_len)
			break;
	}
	if (!(flags & MSG_BATCH))
		tio_output(s, flags);
	return total > 0 ? (ssize_t)total : n;
}
