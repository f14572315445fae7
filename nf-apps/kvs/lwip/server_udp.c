/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams: those of a burst are gathered, answered together (so that the store's cache misses overlap), and each
 * answer goes out in the buffer of its request.
 */
#include <errno.h>
#include <string.h>
#include <lwip/ip.h>
#include <lwip/udp.h>
#include "nf-apps/kvs/lwip/server.h"
#include "netstack/stack.h"

#define BATCH_MAX 64

/* A request, and where its answer goes. */
struct udp_request {
	struct pbuf *p;
	ip_addr_t from, to;
	struct netif *in;
	u16_t port;
};

static struct {
	struct nf_kvs *kvs;
	struct udp_pcb *pcb;
	struct udp_request requests[BATCH_MAX];
	struct nf_kvs_dgram dgrams[BATCH_MAX];
	unsigned nb;
	struct uk_stack_batch batch;
} udp;

/* From the address that was asked, unless that was one of many hosts. */
static void udp_answer(const struct udp_request *r, struct pbuf *p)
{
	if (ip_addr_ismulticast(&r->to) || ip_addr_isbroadcast(&r->to, r->in))
		udp_sendto_if(udp.pcb, p, &r->from, r->port, r->in);
	else
		udp_sendto_if_src(udp.pcb, p, &r->from, r->port, r->in, &r->to);
	pbuf_free(p);
}

static void *udp_more(void *arg, uint8_t **data, uint32_t *room)
{
	struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, NF_KVS_DGRAM_MAX, PBUF_RAM);

	(void)arg;
	if (p == NULL)
		return NULL;
	*data = p->payload;
	*room = p->len;
	return p;
}

/* len 0: the answer was given up. */
static void udp_sent(void *arg, void *buffer, uint32_t len)
{
	struct pbuf *p = buffer;

	if (len == 0) {
		pbuf_free(p);
		return;
	}
	pbuf_realloc(p, (u16_t)len);
	udp_answer(arg, p);
}

/* In one piece, with room for an answer behind it. NULL: no memory; the request is gone. */
static struct pbuf *udp_piece(struct pbuf *p)
{
	u16_t room = p->tot_len > NF_KVS_DGRAM_MAX ? p->tot_len : NF_KVS_DGRAM_MAX;
	struct pbuf *copy = pbuf_alloc(PBUF_TRANSPORT, room, PBUF_RAM);

	if (copy != NULL) {
		pbuf_copy_partial(p, copy->payload, p->tot_len, 0);
		copy->len = copy->tot_len = p->tot_len;
	}
	pbuf_free(p);
	return copy;
}

static bool udp_describe(struct udp_request *r, struct nf_kvs_dgram *d)
{
	uint32_t room = uk_stack_room(r->p);

	if (room == 0) {
		room = r->p->tot_len > NF_KVS_DGRAM_MAX ? r->p->tot_len : NF_KVS_DGRAM_MAX;
		r->p = udp_piece(r->p);
		if (r->p == NULL)
			return false;
	}
	*d = (struct nf_kvs_dgram){ .data = r->p->payload,
		.len = r->p->len,
		.room = room,
		.more = udp_more,
		.sent = udp_sent,
		.arg = r };
	return true;
}

static void udp_run(struct uk_stack_batch *b)
{
	unsigned n = udp.nb;

	(void)b;
	udp.nb = 0;
	if (n == 0) {
		nf_server_idle(udp.kvs);
		return;
	}
	nf_server_tick(udp.kvs);
	nf_kvs_dgrams(udp.kvs, udp.dgrams, n);
	for (unsigned i = 0; i < n; i++) {
		struct udp_request *r = &udp.requests[i];

		if (udp.dgrams[i].len == 0) {
			pbuf_free(r->p);
			continue;
		}
		r->p->len = r->p->tot_len = (u16_t)udp.dgrams[i].len;
		udp_answer(r, r->p);
	}
}

static void udp_recv_one(
	void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from, u16_t port)
{
	struct udp_request *r = &udp.requests[udp.nb];

	(void)arg;
	(void)pcb;
	r->p = p;
	if (!udp_describe(r, &udp.dgrams[udp.nb]))
		return;
	r->from = *from;
	r->to = *ip_current_dest_addr();
	r->in = ip_current_input_netif();
	r->port = port;
	if (++udp.nb == BATCH_MAX)
		udp_run(&udp.batch);
}

int nf_server_udp_start(struct nf_kvs *k, uint16_t port)
{
	udp.kvs = k;
	udp.pcb = udp_new_ip_type(IPADDR_TYPE_ANY);
	if (udp.pcb == NULL)
		return -ENOMEM;
	if (udp_bind(udp.pcb, IP_ANY_TYPE, port) != ERR_OK) {
		udp_remove(udp.pcb);
		return -EADDRINUSE;
	}
	udp_recv(udp.pcb, udp_recv_one, NULL);
	udp.batch.run = udp_run;
	uk_stack_batch_add(&udp.batch);
	return 0;
}
