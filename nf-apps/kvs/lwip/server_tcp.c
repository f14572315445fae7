/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections. What the store does not take yet waits in lwIP's buffers, and the peer's window closes. */
#include <errno.h>
#include <stdlib.h>
#include <lwip/tcp.h>
#include "nf-apps/kvs/lwip/server.h"

#define WRITE_MAX 32768u /* bytes of one tcp_write: its length is 16 bits wide */

struct conn {
	struct tcp_pcb *pcb;
	struct nf_kvs_conn *kvs;
	struct pbuf *in,
		*last; /* not taken yet, from byte in_off of the first part on; tot_len means nothing here */
	u16_t in_off;
	bool eof;    /* the peer sends no more */
	bool ending; /* the store said so */
};

static struct {
	struct nf_kvs *kvs;
	struct nf_server_tcp_stats stats;
} tcp;

const struct nf_server_tcp_stats *nf_server_tcp_stats(void)
{
	return &tcp.stats;
}

static size_t conn_write(void *arg, const void *data, size_t len)
{
	struct conn *c = arg;
	size_t done = 0;

	while (done < len) {
		size_t n = len - done, room = tcp_sndbuf(c->pcb);

		n = n < room ? n : room;
		n = n < WRITE_MAX ? n : WRITE_MAX;
		if (n == 0 || tcp_write(c->pcb, (const uint8_t *)data + done, (u16_t)n,
				      TCP_WRITE_FLAG_COPY) != ERR_OK)
			break;
		done += n;
	}
	tcp.stats.bytes_out += done;
	return done;
}

/* The pcb is gone, or goes. */
static void conn_free(struct conn *c)
{
	nf_kvs_conn_close(c->kvs);
	if (c->in != NULL)
		pbuf_free(c->in);
	free(c);
	tcp.stats.nb_open--;
}

static void conn_append(struct conn *c, struct pbuf *p)
{
	*(c->in == NULL ? &c->in : &c->last->next) = p;
	while (p->next != NULL)
		p = p->next;
	c->last = p;
}

static u32_t conn_waiting(const struct conn *c)
{
	u32_t n = 0;

	for (const struct pbuf *p = c->in; p != NULL; p = p->next)
		n += p->len;
	return n - c->in_off;
}

/* ERR_ABRT tells lwIP that the pcb is no more. */
static err_t conn_close(struct conn *c)
{
	struct tcp_pcb *pcb = c->pcb;
	u32_t left = conn_waiting(c);

	/* What is dropped counts as read: lwIP resets a connection that is closed with data unread, and our answers might
	 * be lost with it. */
	for (; left > 0; left -= left < WRITE_MAX ? left : WRITE_MAX)
		tcp_recved(pcb, (u16_t)(left < WRITE_MAX ? left : WRITE_MAX));
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	tcp_err(pcb, NULL);
	conn_free(c);
	if (tcp_close(pcb) == ERR_OK)
		return ERR_OK;
	tcp_abort(pcb);
	return ERR_ABRT;
}

/* Bytes from the front of what came in are done with. */
static void conn_taken(struct conn *c, u16_t n)
{
	tcp_recved(c->pcb, n);
	tcp.stats.bytes_in += n;
	c->in_off += n;
	while (c->in != NULL && c->in_off >= c->in->len) {
		struct pbuf *next = c->in->next;

		c->in_off -= c->in->len;
		if (next != NULL)
			pbuf_ref(next);
		pbuf_free(c->in);
		c->in = next;
	}
}

static void conn_feed(struct conn *c)
{
	while (c->in != NULL && !c->ending) {
		u16_t len = c->in->len - c->in_off;
		long n = nf_kvs_conn_input(c->kvs, (uint8_t *)c->in->payload + c->in_off, len);

		if (n < 0)
			c->ending = true;
		else
			conn_taken(c, (u16_t)n);
		if (n < (long)len)
			return;
	}
}

/* As far as it goes: input, output, the end. */
static err_t conn_run(struct conn *c)
{
	nf_server_tick(tcp.kvs);
	if (nf_kvs_conn_pending(c->kvs) && nf_kvs_conn_writable(c->kvs) < 0)
		c->ending = true;
	if (!nf_kvs_conn_pending(c->kvs))
		conn_feed(c);
	tcp_output(c->pcb);
	if (nf_kvs_conn_pending(c->kvs))
		return ERR_OK;
	return c->ending || (c->eof && c->in == NULL) ? conn_close(c) : ERR_OK;
}

static err_t conn_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct conn *c = arg;

	(void)err;
	if (p == NULL)
		c->eof = true;
	else
		conn_append(c, p);
	return conn_run(c);
}

static err_t conn_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	(void)pcb;
	(void)len;
	return conn_run(arg);
}

/* Now and then: memory may have come back that was lacking. */
static err_t conn_poll(void *arg, struct tcp_pcb *pcb)
{
	(void)pcb;
	return conn_run(arg);
}

static void conn_err(void *arg, err_t err)
{
	(void)err;
	if (arg != NULL)
		conn_free(arg);
}

static err_t conn_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct conn *c;

	(void)arg;
	if (pcb == NULL || err != ERR_OK)
		return ERR_VAL;
	c = calloc(1, sizeof(*c));
	if (c != NULL)
		c->kvs = nf_kvs_conn_open(
			tcp.kvs, &(struct nf_kvs_sink){ .write = conn_write, .arg = c });
	if (c == NULL || c->kvs == NULL) {
		free(c);
		tcp.stats.refused++;
		return ERR_MEM; /* lwIP resets it */
	}
	c->pcb = pcb;
	tcp_nagle_disable(pcb);
	ip_set_option(pcb, SOF_KEEPALIVE);
	tcp_arg(pcb, c);
	tcp_recv(pcb, conn_recv);
	tcp_sent(pcb, conn_sent);
	tcp_poll(pcb, conn_poll, 2);
	tcp_err(pcb, conn_err);
	tcp.stats.nb_open++;
	tcp.stats.nb_opened++;
	return ERR_OK;
}

int nf_server_tcp_start(struct nf_kvs *k, uint16_t port)
{
	struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY), *listening;

	tcp.kvs = k;
	if (pcb == NULL)
		return -ENOMEM;
	if (tcp_bind(pcb, IP_ANY_TYPE, port) != ERR_OK)
		goto undo_pcb;
	listening = tcp_listen(pcb);
	if (listening == NULL)
		goto undo_pcb;
	tcp_accept(listening, conn_accept);
	return 0;
undo_pcb:
	tcp_close(pcb);
	return -EADDRINUSE;
}
