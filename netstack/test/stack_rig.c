/* SPDX-License-Identifier: BSD-3-Clause */
#include "netstack/test/stack_rig.h"

uint8_t stack_out[FAKE_CARD_BYTES];
struct tcp_pcb *stack_conn; /* the connection that came last */
static uint32_t nb_pieces;  /* of lwIP's memory, at rest */
struct pbuf *stack_kept[NB_KEPT];
unsigned stack_nb_kept;
bool stack_keep;

/* -- helpers -- */

struct fake_card_frame *stack_next_frame(void)
{
	struct fake_card_frame *f = fake_card_take();

	assert_non_null(f);
	return f;
}

void stack_put(uint32_t len)
{
	assert_true(fake_card_put(stack_out, len, 1, 0));
	uk_stack_poll();
}

void stack_pass(uint64_t ms)
{
	for (uint64_t t = 0; t < ms; t += 50) {
		fake_plat_advance(50 * MS);
		uk_stack_poll();
	}
}

void stack_check_sums(struct fake_card_frame *f)
{
	uint8_t *ip = f->data + 14, *l4 = f->data + 34;
	uint32_t len = frames_get16(ip + 2) - 20u;

	assert_int_equal(f->len, 34 + len);
	assert_int_equal(frames_sum(ip, 20, 0), 0);
	if (f->flags & UK_NETBUF_F_PARTIAL_CSUM) {
		uint8_t *at = f->data + f->csum_start + f->csum_offset;

		assert_int_equal(f->csum_start, 34);
		frames_set16(at, frames_sum(l4, len, 0));
	}
	assert_int_equal(frames_sum(l4, len, ip[9] == 1 ? 0 : frames_pseudo(ip, len)), 0);
}

void stack_check_text(const uint8_t *p, uint32_t from, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(p[i], (uint8_t)((from + i) * 31 >> 3));
}

void stack_fill_text(uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 31 >> 3);
}

void stack_check_rest(void)
{
	uint32_t nb_free, nb_total, nb;

	fake_card.hold = false;
	stack_pass(600); /* TCP's timer stops once it finds no connection */
	fake_card_done();
	fake_card_forget();
	uk_stack_buffers(0, &nb_free, &nb_total);
	assert_int_equal(nb_free, nb_total);
	assert_int_equal(uk_netif_tx_out(), 0);
	uk_port_used(&nb);
	assert_int_equal(nb, nb_pieces);
}

/* -- the application -- */

static void udp_echo(
	void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from, u16_t port)
{
	if (stack_keep) {
		stack_kept[stack_nb_kept++] = p;
		return;
	}
	assert_int_equal(udp_sendto(pcb, p, from, port), ERR_OK);
	pbuf_free(p);
}

static err_t tcp_take(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	if (p == NULL)
		return ERR_OK;
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	return ERR_OK;
}

static err_t tcp_come(void *arg, struct tcp_pcb *pcb, err_t err)
{
	stack_conn = pcb;
	tcp_recv(pcb, tcp_take);
	return ERR_OK;
}

int stack_start(void **state)
{
	struct udp_pcb *udp;
	struct tcp_pcb *tcp;

	fake_plat_reset();
	fake_plat_advance(1000 * MS);
	fake_plat_arg("netdev.ip", "10.0.0.2/24:10.0.0.1");
	fake_plat_arg("netdev.ip6", "none");
	assert_int_equal(uk_stack_start(NULL), 0);
	assert_int_equal(uk_stack_start(NULL), 0);
	udp = udp_new();
	udp_bind(udp, IP_ANY_TYPE, UDP_PORT);
	udp_recv(udp, udp_echo, NULL);
	tcp = tcp_new();
	assert_int_equal(tcp_bind(tcp, IP_ANY_TYPE, TCP_PORT), ERR_OK);
	tcp_accept(tcp_listen(tcp), tcp_come);
	stack_pass(2000);
	stack_put(frames_arp(stack_out, false));
	stack_pass(100);
	fake_card_forget();
	uk_port_used(&nb_pieces);
	return 0;
}
