/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections that come: the queue of a listening socket. */
#include <errno.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include "netstack/socket_impl.h"

/* Linux' net.core.somaxconn. */
#define BACKLOG_MAX 4096

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
	uk_socket_tcp_ends(conn, pcb);
	*(t->last != NULL ? &t->last->next : &t->first) = conn;
	t->last = conn;
	t->nb_queued++;
	stcp_backlog(s);
	uk_socket_wake(s);
	return ERR_OK;
}

int uk_socket_tcp_listen(struct uk_socket *s, int backlog)
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

int uk_socket_tcp_accept(struct uk_socket *s, struct uk_socket **conn, bool dontwait)
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

void uk_socket_tcp_listen_end(struct uk_socket *s)
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
