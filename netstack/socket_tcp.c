/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Streams over TCP (RFC 9293, tcp(7)): connections come and go here; socket_tcp_io.c has the bytes. lwIP frees a pcb
 * by itself once both sides have closed, and tells only some of its ends: so a socket lets go of its pcb (detach) as
 * soon as nothing more can be done with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <lwip/pbuf.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include "netstack/socket_impl.h"
#include "plat-kvm/clock.h"

#define NSEC 1000000000ull

/* Linux' net.core.somaxconn. */
#define BACKLOG_MAX 4096

void uk_socket_tcp_detach(struct uk_socket *s)
{
	struct tcp_pcb *pcb = s->pcb.tcp;

	s->pcb.tcp = NULL;
	if (pcb == NULL)
		return;
	tcp_arg(pcb, NULL);
	if (pcb->state == LISTEN) {
		tcp_accept(pcb, NULL);
		return;
	}
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
}

/* lwIP has freed the pcb. Linux' tcp_reset says which error it is. */
static void stcp_error(void *arg, err_t err)
{
	struct uk_socket *s = arg;
	struct uk_socket_tcp *t = &s->u.tcp;

	s->pcb.tcp = NULL;
	if (t->connecting)
		s->error = err == ERR_RST ? ECONNREFUSED : ETIMEDOUT;
	else if (err == ERR_RST)
		s->error = t->fin ? EPIPE : ECONNRESET;
	else if (err != ERR_CLSD)
		s->error = ETIMEDOUT;
	t->connecting = t->connected = false;
	t->fin = true;
	s->shut_rd = s->shut_wr = true;
	uk_socket_wake(s);
}

static err_t stcp_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct uk_socket *s = arg;

	if (p != NULL) {
		uk_socket_tcp_queue(s, p);
	} else {
		s->u.tcp.fin = true;
		/* both sides have closed: the rest is lwIP's */
		if (pcb->state == CLOSING || pcb->state == TIME_WAIT) {
			s->u.tcp.connected = false;
			uk_socket_tcp_detach(s);
		}
	}
	uk_socket_wake(s);
	return ERR_OK;
}

static err_t stcp_sent(void *arg, struct tcp_pcb *pcb, uint16_t len)
{
	struct uk_socket *s = arg;

	/* no more wakes than there is use for; who lingers waits for the last byte */
	if (uk_socket_tcp_writable(s) || pcb->snd_queuelen == 0)
		uk_socket_wake(s);
	return ERR_OK;
}

/* Twice a second: who waits because there was no memory looks again. */
static err_t stcp_tick(void *arg, struct tcp_pcb *pcb)
{
	uk_socket_wake(arg);
	return ERR_OK;
}

/* What is known of both ends outlives the pcb. */
static void stcp_ends(struct uk_socket *s, const struct tcp_pcb *pcb)
{
	struct uk_socket_tcp *t = &s->u.tcp;

	ip_addr_copy(t->local_ip, pcb->local_ip);
	ip_addr_copy(t->remote_ip, pcb->remote_ip);
	t->local_port = pcb->local_port;
	t->remote_port = pcb->remote_port;
}

void uk_socket_tcp_attach(struct uk_socket *s, struct tcp_pcb *pcb)
{
	s->pcb.tcp = pcb;
	tcp_arg(pcb, s);
	tcp_recv(pcb, stcp_receive);
	tcp_sent(pcb, stcp_sent);
	tcp_err(pcb, stcp_error);
	tcp_poll(pcb, stcp_tick, 1);
	s->ops->apply(s);
}

static int stcp_open(struct uk_socket *s)
{
	struct tcp_pcb *pcb = tcp_new_ip_type(uk_socket_addr_type(s));

	if (pcb == NULL)
		return -ENOBUFS;
	uk_socket_tcp_attach(s, pcb);
	stcp_ends(s, pcb);
	return 0;
}

/* A socket whose connection failed may try another. */
static int stcp_reopen(struct uk_socket *s)
{
	if (s->pcb.tcp != NULL)
		return 0;
	s->shut_rd = s->shut_wr = s->u.tcp.fin = false;
	return stcp_open(s);
}

static int stcp_bind(struct uk_socket *s, const struct sockaddr *sa, socklen_t len)
{
	ip_addr_t ip;
	uint16_t port;
	err_t err;
	int rc = uk_socket_addr_get(s, sa, len, &ip, &port);

	if (rc < 0)
		return rc == -ENETUNREACH ? -EINVAL : rc;
	if (s->pcb.tcp == NULL || s->u.tcp.local_port != 0)
		return -EINVAL;
	if (!uk_socket_addr_local(&ip) || ip_addr_ismulticast(&ip))
		return -EADDRNOTAVAIL;
	if (ip_addr_isany(&ip))
		IP_SET_TYPE_VAL(ip, IP_IS_V6(&ip) ? uk_socket_addr_type(s) : IPADDR_TYPE_V4);
	err = tcp_bind(s->pcb.tcp, &ip, port);
	if (err != ERR_OK)
		return err == ERR_BUF ? -EADDRINUSE : uk_socket_addr_errno(err);
	stcp_ends(s, s->pcb.tcp);
	return 0;
}

/* -- connections that come -- */

/* lwIP drops SYNs while the queue is full, as Linux does; half-open ones are in its own count. */
static void stcp_backlog(struct uk_socket *s)
{
	struct uk_socket_tcp *t = &s->u.tcp;
	struct tcp_pcb_listen *pcb = (struct tcp_pcb_listen *)s->pcb.tcp;
	unsigned room = t->nb_queued <= t->backlog ? t->backlog + 1 - t->nb_queued : 0;

	pcb->backlog = (uint8_t)(room < UINT8_MAX ? room : UINT8_MAX);
}

static struct uk_socket *stcp_take(struct uk_socket *s)
{
	struct uk_socket_tcp *t = &s->u.tcp;
	struct uk_socket *conn = t->first;

	t->first = conn->next;
	if (t->first == NULL)
		t->last = NULL;
	t->nb_queued--;
	conn->next = NULL;
	return conn;
}

static err_t stcp_accepted(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct uk_socket *s = arg, *conn;
	struct uk_socket_tcp *t;

	if (err != ERR_OK || pcb == NULL || s == NULL)
		return ERR_VAL;
	t = &s->u.tcp;
	conn = uk_socket_alloc(&uk_socket_tcp_ops, s->domain, s->type, s->protocol);
	if (conn == NULL)
		return ERR_MEM;
	conn->opt = s->opt;
	conn->u.tcp.connected = conn->u.tcp.was_connected = true;
	uk_socket_tcp_attach(conn, pcb);
	stcp_ends(conn, pcb);
	*(t->last != NULL ? &t->last->next : &t->first) = conn;
	t->last = conn;
	t->nb_queued++;
	stcp_backlog(s);
	uk_socket_wake(s);
	return ERR_OK;
}

static int stcp_listen(struct uk_socket *s, int backlog)
{
	struct uk_socket_tcp *t = &s->u.tcp;
	struct tcp_pcb *pcb = s->pcb.tcp;
	err_t err = ERR_OK;

	if (pcb == NULL || t->connecting || t->connected || t->was_connected)
		return -EINVAL;
	t->backlog = backlog < 0 || backlog > BACKLOG_MAX ? BACKLOG_MAX : (unsigned)backlog;
	if (!t->listening) {
		if (t->local_port == 0)
			err = tcp_bind(pcb, &pcb->local_ip, 0);
		if (err == ERR_OK)
			pcb = tcp_listen_with_backlog_and_err(pcb, UINT8_MAX, &err);
		if (err != ERR_OK)
			return uk_socket_addr_errno(err);
		s->pcb.tcp = pcb;
		tcp_arg(pcb, s);
		tcp_accept(pcb, stcp_accepted);
		t->listening = true;
		ip_addr_copy(t->local_ip, pcb->local_ip);
		t->local_port = pcb->local_port;
	}
	stcp_backlog(s);
	return 0;
}

static int stcp_accept(struct uk_socket *s, struct uk_socket **conn, bool dontwait)
{
	struct uk_socket_wait w = uk_socket_wait_for(s->opt.rcvtimeo_ns, dontwait);
	int rc;

	while (s->u.tcp.first == NULL) {
		if (!s->u.tcp.listening)
			return -EINVAL;
		rc = uk_socket_wait(s, &w);
		if (rc < 0)
			return rc;
	}
	*conn = stcp_take(s);
	stcp_backlog(s);
	return 0;
}

static void stcp_listen_end(struct uk_socket *s)
{
	struct tcp_pcb *pcb = s->pcb.tcp;

	while (s->u.tcp.first != NULL) {
		struct uk_socket *conn = stcp_take(s);
		struct tcp_pcb *gone = conn->pcb.tcp;

		/* nobody will ever read from it: a reset, as Linux sends */
		uk_socket_tcp_detach(conn);
		if (gone != NULL)
			tcp_abort(gone);
		uk_socket_put(conn);
	}
	uk_socket_tcp_detach(s);
	tcp_close(pcb);
	s->u.tcp.listening = false;
	uk_socket_wake(s);
}

/* -- connections that go -- */

static err_t stcp_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct uk_socket *s = arg;

	s->u.tcp.connecting = false;
	s->u.tcp.connected = s->u.tcp.was_connected = true;
	stcp_ends(s, pcb);
	uk_socket_wake(s);
	return ERR_OK;
}

static int stcp_connect_begin(struct uk_socket *s, const struct sockaddr *sa, socklen_t len)
{
	ip_addr_t ip;
	uint16_t port;
	err_t err;
	int rc = uk_socket_addr_get(s, sa, len, &ip, &port);

	if (rc < 0)
		return rc;
	rc = stcp_reopen(s);
	if (rc < 0)
		return rc;
	uk_socket_addr_any_is_self(s, &ip);
	if (ip_addr_ismulticast(&ip))
		return -ENETUNREACH;
	if (!IP_ADDR_PCB_VERSION_MATCH(s->pcb.tcp, &ip))
		return -ENETUNREACH;
	err = tcp_connect(s->pcb.tcp, &ip, port, stcp_connected);
	if (err == ERR_BUF)
		return -EADDRNOTAVAIL;
	if (err != ERR_OK)
		return uk_socket_addr_errno(err);
	s->u.tcp.connecting = true;
	stcp_ends(s, s->pcb.tcp);
	return 0;
}

static int stcp_connect(struct uk_socket *s, const struct sockaddr *sa, socklen_t len)
{
	struct uk_socket_tcp *t = &s->u.tcp;
	struct uk_socket_wait w;
	bool dontwait = s->file.flags & O_NONBLOCK;
	int rc;

	if (sa->sa_family == AF_UNSPEC)
		return -EAFNOSUPPORT;
	/* success is told once, by the call that began it or by the next one */
	if (t->connected && t->untold) {
		t->untold = false;
		return 0;
	}
	if (t->listening || t->connected)
		return -EISCONN;
	if (s->error)
		return uk_socket_take_error(s);
	if (t->connecting && dontwait)
		return -EALREADY;
	if (!t->connecting) {
		rc = stcp_connect_begin(s, sa, len);
		if (rc < 0)
			return rc;
		t->untold = dontwait;
		if (dontwait)
			return -EINPROGRESS;
	}
	w = uk_socket_wait_for(s->opt.sndtimeo_ns, false);
	while (t->connecting) {
		if (uk_socket_wait(s, &w) < 0)
			return -EINPROGRESS;
	}
	return s->error ? uk_socket_take_error(s) : 0;
}

static int stcp_shutdown(struct uk_socket *s, int how)
{
	struct uk_socket_tcp *t = &s->u.tcp;

	if (t->listening) {
		if (how != SHUT_WR)
			stcp_listen_end(s);
		return 0;
	}
	if (!t->connected)
		return -ENOTCONN;
	s->shut_rd |= how != SHUT_WR;
	if (how != SHUT_RD && !s->shut_wr && s->pcb.tcp != NULL) {
		s->shut_wr = true;
		/* lwIP sends the FIN after what is queued, now or from its timer */
		if (tcp_shutdown(s->pcb.tcp, 0, 1) != ERR_OK)
			return -ENOTCONN;
	}
	uk_socket_wake(s);
	return 0;
}

static int stcp_name(struct uk_socket *s, bool peer, struct sockaddr_storage *sa)
{
	struct uk_socket_tcp *t = &s->u.tcp;

	if (!peer)
		return (int)uk_socket_addr_put(s->domain, &t->local_ip, t->local_port, sa);
	if (!t->connected)
		return -ENOTCONN;
	return (int)uk_socket_addr_put(s->domain, &t->remote_ip, t->remote_port, sa);
}

static short stcp_poll(struct uk_socket *s)
{
	struct uk_socket_tcp *t = &s->u.tcp;
	short what = 0;

	if (t->listening)
		return t->first != NULL ? POLLIN | POLLRDNORM : 0;
	if (t->connecting)
		return 0;
	if (!t->was_connected && s->pcb.tcp != NULL)
		return POLLOUT | POLLWRNORM | POLLHUP;
	if (t->fin || s->shut_rd)
		what |= POLLIN | POLLRDNORM | POLLRDHUP;
	if (t->rx_bytes >= (size_t)s->opt.rcvlowat)
		what |= POLLIN | POLLRDNORM;
	if (s->shut_wr || s->pcb.tcp == NULL || uk_socket_tcp_writable(s))
		what |= POLLOUT | POLLWRNORM;
	if (s->pcb.tcp == NULL || ((t->fin || s->shut_rd) && s->shut_wr))
		what |= POLLHUP;
	return what;
}

static int stcp_pending(struct uk_socket *s)
{
	if (s->u.tcp.listening)
		return -EINVAL;
	return s->u.tcp.rx_bytes > INT_MAX ? INT_MAX : (int)s->u.tcp.rx_bytes;
}

/* SO_LINGER: until the peer has everything, or time is up; lwIP goes on in any case. */
static void stcp_linger(struct uk_socket *s)
{
	uint64_t deadline = uk_clock_ns() + (uint64_t)s->opt.linger_s * NSEC;
	struct uk_socket_wait w = { .deadline_ns = deadline };

	while (s->pcb.tcp != NULL && (s->pcb.tcp->unsent != NULL || s->pcb.tcp->unacked != NULL)) {
		if (uk_socket_wait(s, &w) < 0)
			return;
	}
}

static void stcp_release(struct uk_socket *s)
{
	struct uk_socket_tcp *t = &s->u.tcp;
	/* RFC 1122, 4.2.2.13: data that nobody read means a reset */
	bool reset = t->rx_bytes > 0 || (s->opt.linger && s->opt.linger_s == 0);
	struct tcp_pcb *pcb;

	if (t->listening) {
		stcp_listen_end(s);
		return;
	}
	if (s->opt.linger && !reset && t->connected)
		stcp_linger(s);
	uk_socket_tcp_drop(s);
	pcb = s->pcb.tcp;
	uk_socket_tcp_detach(s);
	if (pcb == NULL)
		return;
	if (reset)
		tcp_abort(pcb);
	else
		tcp_close(pcb);
	uk_socket_flush();
}

const struct uk_socket_ops uk_socket_tcp_ops = {
	.open = stcp_open,
	.bind = stcp_bind,
	.connect = stcp_connect,
	.listen = stcp_listen,
	.accept = stcp_accept,
	.send = uk_socket_tcp_send,
	.recv = uk_socket_tcp_recv,
	.shutdown = stcp_shutdown,
	.name = stcp_name,
	.poll = stcp_poll,
	.pending = stcp_pending,
	.set = uk_socket_tcp_set,
	.get = uk_socket_tcp_get,
	.apply = uk_socket_tcp_apply,
	.release = stcp_release,
};
