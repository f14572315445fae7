/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Streams over TCP (RFC 9293, tcp(7)): connections go and end here; socket_tcp_listen.c has those that
 * come, socket_tcp_io.c the bytes. lwIP frees a pcb
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
#include <lwip/timeouts.h>
#include "netstack/socket_impl.h"
#include "plat-kvm/clock.h"

#define NSEC          1000000000ull
#define TIME_WAIT_MAX 1024
#define TRIM_MS       250

/*
 * lwIP keeps each pcb in TIME_WAIT for two minutes and looks through all of them for each segment of a new connection. Beyond a number
 * the oldest go, as on Linux beyond net.ipv4.tcp_max_tw_buckets.
 */
static bool trimming;

static void stcp_trim(void *arg)
{
	struct tcp_pcb *pcb = tcp_tw_pcbs;

	/* the youngest is first */
	for (unsigned i = 1; pcb != NULL && i < TIME_WAIT_MAX; i++)
		pcb = pcb->next;
	while (pcb != NULL && pcb->next != NULL)
		tcp_abort(pcb->next);
	trimming = tcp_tw_pcbs != NULL;
	if (trimming)
		sys_timeout(TRIM_MS, stcp_trim, NULL);
}

static void stcp_trim_later(void)
{
	if (!trimming)
		sys_timeout(TRIM_MS, stcp_trim, NULL);
	trimming = true;
}

void uk_socket_tcp_detach(struct uk_socket *s)
{
	struct tcp_pcb *pcb = s->pcb.tcp;

	s->pcb.tcp = NULL;
	if (pcb == NULL)
		return;
	stcp_trim_later();
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
void uk_socket_tcp_ends(struct uk_socket *s, const struct tcp_pcb *pcb)
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
	uk_socket_tcp_ends(s, pcb);
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
	uk_socket_tcp_ends(s, s->pcb.tcp);
	return 0;
}

static err_t stcp_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct uk_socket *s = arg;

	s->u.tcp.connecting = false;
	s->u.tcp.connected = s->u.tcp.was_connected = true;
	uk_socket_tcp_ends(s, pcb);
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
	uk_socket_tcp_ends(s, s->pcb.tcp);
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
			uk_socket_tcp_listen_end(s);
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
		uk_socket_tcp_listen_end(s);
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
	.listen = uk_socket_tcp_listen,
	.accept = uk_socket_tcp_accept,
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
