/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP's raw API at its simplest: echo (RFC 862, UDP and TCP, port 7), discard (RFC 863, TCP, port 9) and a source of
 * bytes (after RFC 864, TCP, port 19). Callbacks do all; the loop only waits.
 */
#include <stdio.h>
#include <string.h>
#include <lwip/tcp.h>
#include <lwip/udp.h>
#include "dataplane/netdev_driver.h"
#include "kernel/alloc.h"
#include "kernel/wait.h"
#include "netstack/stack.h"

#define PORT_ECHO    7
#define PORT_DISCARD 9
#define PORT_SOURCE  19

const struct uk_alloc_ops *const uk_alloc_image = &uk_tlsf_ops;
const struct uk_netdev_driver *const uk_netdev_drivers[] = { &uk_virtio_net_driver, NULL };

static void udp_echo(
	void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from, u16_t port)
{
	udp_sendto(pcb, p, from, port);
	pbuf_free(p);
}

/* -- TCP echo: what does not fit in the send buffer waits in a chain, its window closed -- */

static void echo_push(struct tcp_pcb *pcb, struct pbuf *waiting)
{
	while (waiting != NULL) {
		struct pbuf *next = waiting->next;
		u16_t len = waiting->len;

		if (tcp_write(pcb, waiting->payload, len, TCP_WRITE_FLAG_COPY) != ERR_OK)
			break;
		if (next != NULL)
			pbuf_ref(next);
		pbuf_free(waiting);
		waiting = next;
		tcp_recved(pcb, len);
	}
	tcp_arg(pcb, waiting);
	tcp_output(pcb);
}

static err_t echo_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct pbuf *waiting = arg;

	if (p == NULL) {
		if (waiting == NULL)
			return tcp_close(pcb);
		tcp_abort(pcb); /* the peer closed and does not read */
		return ERR_ABRT;
	}
	if (waiting != NULL)
		pbuf_cat(waiting, p);
	else
		waiting = p;
	echo_push(pcb, waiting);
	return ERR_OK;
}

static err_t echo_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	echo_push(pcb, arg);
	return ERR_OK;
}

static void echo_err(void *arg, err_t err)
{
	if (arg != NULL)
		pbuf_free(arg);
}

static err_t echo_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	if (pcb == NULL)
		return ERR_VAL;
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, echo_recv);
	tcp_sent(pcb, echo_sent);
	tcp_err(pcb, echo_err);
	return ERR_OK;
}

/* -- discard, source -- */

static err_t discard_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	if (p == NULL)
		return tcp_close(pcb);
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	return ERR_OK;
}

static err_t discard_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	if (pcb == NULL)
		return ERR_VAL;
	tcp_recv(pcb, discard_recv);
	return ERR_OK;
}

static char text[16384];

/* By reference: the text never changes. */
static err_t source_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	while (tcp_sndbuf(pcb) >= sizeof(text) &&
		tcp_write(pcb, text, sizeof(text), TCP_WRITE_FLAG_MORE) == ERR_OK)
		;
	tcp_output(pcb);
	return ERR_OK;
}

static err_t source_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	if (pcb == NULL)
		return ERR_VAL;
	tcp_recv(pcb, discard_recv);
	tcp_sent(pcb, source_sent);
	return source_sent(NULL, pcb, 0);
}

/* -- main -- */

static int listen_on(u16_t port, tcp_accept_fn accept)
{
	struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY), *listening;

	if (pcb == NULL || tcp_bind(pcb, IP_ANY_TYPE, port) != ERR_OK)
		return -1;
	listening = tcp_listen(pcb);
	if (listening == NULL)
		return -1;
	tcp_accept(listening, accept);
	return 0;
}

static int serve_udp(void)
{
	struct udp_pcb *pcb = udp_new_ip_type(IPADDR_TYPE_ANY);

	if (pcb == NULL || udp_bind(pcb, IP_ANY_TYPE, PORT_ECHO) != ERR_OK)
		return -1;
	udp_recv(pcb, udp_echo, NULL);
	return 0;
}

int main(void)
{
	struct uk_wait_queue never = { 0 };

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(' ' + i % 95);
	if (uk_stack_start(NULL) < 0)
		return 1;
	if (serve_udp() < 0 || listen_on(PORT_ECHO, echo_accept) < 0 ||
		listen_on(PORT_DISCARD, discard_accept) < 0 ||
		listen_on(PORT_SOURCE, source_accept) < 0)
		return 1;
	printf("@{\"type\":\"ready\"}\n");
	while (uk_wait(&never, UK_WAIT_FOREVER) == 0)
		;
	return 0;
}
