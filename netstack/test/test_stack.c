/* SPDX-License-Identifier: BSD-3-Clause */
/* lwIP between a card and an application: what comes in without a copy, what goes out and how, and that nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <lwip/stats.h>
#include <lwip/tcp.h>
#include <lwip/udp.h>
#include "netstack/netif.h"
#include "netstack/stack.h"
#include "netstack/test/fake_card.h"
#include "netstack/test/frames.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/test/fake_plat.h"

#define MS       1000000ull
#define UDP_PORT 7
#define TCP_PORT 80

static uint8_t out[FAKE_CARD_BYTES];
static struct tcp_pcb *conn; /* the connection that came last */
static uint32_t nb_pieces;   /* of lwIP's memory, at rest */
static struct pbuf *kept[8192];
static unsigned nb_kept;
static bool keep;

/* -- helpers -- */

static struct fake_card_frame *next_frame(void)
{
	struct fake_card_frame *f = fake_card_take();

	assert_non_null(f);
	return f;
}

static void put(uint32_t len)
{
	assert_true(fake_card_put(out, len, 1, 0));
	uk_stack_poll();
}

/* Time passes in small steps, as lwIP's timers want it. */
static void pass(uint64_t ms)
{
	for (uint64_t t = 0; t < ms; t += 50) {
		fake_plat_advance(50 * MS);
		uk_stack_poll();
	}
}

/* Checksums of IP and of what is in it are right; a partial one is completed first, as the card would. */
static void check_sums(struct fake_card_frame *f)
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

static void check_text(const uint8_t *p, uint32_t from, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(p[i], (uint8_t)((from + i) * 31 >> 3));
}

static void fill_text(uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 31 >> 3);
}

/* Everything is where it belongs. */
static void check_rest(void)
{
	uint32_t nb_free, nb_total, nb;

	fake_card.hold = false;
	pass(600); /* TCP's timer stops once it finds no connection */
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
	if (keep) {
		kept[nb_kept++] = p;
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
	conn = pcb;
	tcp_recv(pcb, tcp_take);
	return ERR_OK;
}

static int start(void **state)
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
	pass(2000);
	put(frames_arp(out, false));
	pass(100);
	fake_card_forget();
	uk_port_used(&nb_pieces);
	return 0;
}

/* -- ARP, ICMP, UDP -- */

static void test_address(void **state)
{
	assert_int_equal(uk_stack_wait_address(0, 0), 0);
	assert_non_null(strstr(fake_plat_console(),
		"@{\"type\":\"address\",\"netif\":0,\"ip\":\"10.0.0.2\",\"bits\":24,\"gateway\":\"10.0.0.1\"}"));
	assert_non_null(uk_stack_netif(0));
	assert_null(uk_stack_netif(1));
	check_rest();
}

static void test_arp(void **state)
{
	struct fake_card_frame *f;

	put(frames_arp(out, false));
	f = next_frame();
	assert_int_equal(frames_get16(f->data + 12), 0x0806);
	assert_int_equal(frames_get16(f->data + 20), 2);
	assert_memory_equal(f->data + 22, fake_card.mac.addr_bytes, 6);
	assert_int_equal(frames_get32(f->data + 28), FRAMES_CARD_IP);
	free(f);
	check_rest();
}

/* Short ones are copied, longer ones go back in the buffer they came in, chains as chains. */
static void test_ping(void **state)
{
	static const uint32_t lens[] = { 0, 1, 56, 200, 300, 1000, 1472 };

	for (unsigned parts = 1; parts <= 3; parts++) {
		for (size_t i = 0; i < UK_ARRAY_SIZE(lens); i++) {
			uint32_t len = frames_ping(out, (uint16_t)i, lens[i]);
			struct fake_card_frame *f;

			if (len / parts < 64 && parts > 1)
				continue; /* headers are in one buffer */
			assert_true(fake_card_put(out, len, parts, 0));
			uk_stack_poll();
			f = next_frame();
			check_sums(f);
			assert_int_equal(f->data[34], 0);
			assert_memory_equal(f->data + 38, out + 38, lens[i] + 4);
			if (len > UK_NETIF_COPY_MAX && parts == 1)
				assert_true(f->from_rx_pool);
			if (len <= UK_NETIF_COPY_MAX)
				assert_int_equal(f->nb_parts, 1);
			free(f);
		}
	}
	check_rest();
}

static void test_udp_echo(void **state)
{
	static uint8_t text[1472];

	fill_text(text, sizeof(text));
	for (uint32_t len = 0; len <= sizeof(text); len += 23) {
		struct fake_card_frame *f;

		put(frames_udp(out, 5000, UDP_PORT, text, len));
		f = next_frame();
		check_sums(f);
		assert_int_equal(frames_get16(f->data + 36), 5000);
		check_text(f->data + 42, 0, len);
		free(f);
	}
	check_rest();
}

/* A checksum that is wrong, or that the card vouches for, or a fragment's, of which a card can not know. */
static void test_udp_sums(void **state)
{
	uint32_t len = frames_udp(out, 5000, UDP_PORT, "hello world", 11);

	out[len - 1] ^= 1;
	assert_true(fake_card_put(out, len, 1, 0));
	uk_stack_poll();
	assert_null(fake_card_take());
	assert_true(fake_card_put(out, len, 1, UK_NETBUF_F_DATA_VALID));
	uk_stack_poll();
	free(next_frame());
	assert_true(fake_card_put(out, len, 1, UK_NETBUF_F_PARTIAL_CSUM));
	uk_stack_poll();
	free(next_frame());
	/* the first 16 bytes (header and 8), the other 3 */
	len = frames_ip(out, 17, 16, 9, 0x2000);
	assert_true(fake_card_put(out, len, 1, UK_NETBUF_F_DATA_VALID));
	memmove(out + 34, out + 50, 3);
	len = frames_ip(out, 17, 3, 9, 2);
	assert_true(fake_card_put(out, len, 1, UK_NETBUF_F_DATA_VALID));
	uk_stack_poll();
	assert_null(fake_card_take());
	check_rest();
}

/* A datagram of several fragments each way; those that come are of 1400 bytes, as a path may make them. */
static void test_fragments(void **state)
{
	static uint8_t whole[6008], text[6000], got[6000];
	uint32_t off, sum = 0;
	struct fake_card_frame *f;

	fill_text(text, sizeof(text));
	frames_udp(out, 5000, UDP_PORT, text, sizeof(text));
	memcpy(whole, out + 34, sizeof(whole));
	for (off = 0; off < sizeof(whole); off += 1400) {
		uint32_t n = sizeof(whole) - off < 1400 ? (uint32_t)sizeof(whole) - off : 1400;
		uint16_t more = off + n < sizeof(whole) ? 0x2000 : 0;

		memcpy(out + 34, whole + off, n);
		put(frames_ip(out, 17, n, 10, (uint16_t)(off / 8 | more)));
	}
	for (off = 0; off < sizeof(whole); off += frames_get16(f->data + 16) - 20u, free(f)) {
		uint32_t n;

		f = next_frame();
		n = frames_get16(f->data + 16) - 20u;
		assert_int_equal((frames_get16(f->data + 20) & 0x1fff) * 8, off);
		assert_int_equal(frames_sum(f->data + 14, 20, 0), 0);
		assert_int_equal(!(frames_get16(f->data + 20) & 0x2000), off + n == sizeof(whole));
		sum += (uint16_t)~frames_sum(f->data + 34, n, 0);
		if (off == 0)
			sum += frames_pseudo(f->data + 14, sizeof(whole));
		memcpy(got + (off == 0 ? 0 : off - 8), f->data + (off == 0 ? 42 : 34),
			off == 0 ? n - 8 : n);
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal(sum, 0xffff);
	check_text(got, 0, sizeof(got));
	check_rest();
}

/* An application that keeps what it gets does not starve the card: from a point on it gets copies. */
static void test_keeps(void **state)
{
	uint32_t nb_free, nb_total;
	unsigned nb = 0;

	uk_stack_buffers(0, &nb_free, &nb_total);
	keep = true;
	for (; nb < nb_total + 1000; nb++)
		put(frames_udp(out, 5000, UDP_PORT, "hello world", 11));
	keep = false;
	assert_int_equal(nb_kept, nb);
	uk_stack_buffers(0, &nb_free, &nb_total);
	assert_true(nb_free > nb_total / 5);
	while (nb_kept > 0) {
		struct pbuf *p = kept[--nb_kept];

		assert_int_equal(p->tot_len, 11);
		assert_memory_equal(p->payload, "hello world", 11);
		pbuf_free(p);
	}
	check_rest();
}

/* What lwIP can not count in 16 bits, and what is no frame. */
static void test_odd_lengths(void **state)
{
	uint32_t len = frames_ping(out, 1, 1400);

	assert_true(fake_card_put(out, 65590, 40, 0));
	assert_true(fake_card_put(out, 13, 1, 0));
	for (uint32_t cut = 14; cut < len; cut += 3)
		assert_true(fake_card_put(out, cut, cut > 20 ? 2 : 1, 0));
	while (fake_card.nb_in > 0)
		uk_stack_poll();
	assert_null(fake_card_take());
	check_rest();
}

/* -- TCP -- */

static uint32_t peer_seq, card_seq; /* what each side sends next */

static void tcp_say(uint8_t flags, const void *payload, uint32_t len)
{
	put(frames_tcp(out, 6000, TCP_PORT, peer_seq, card_seq, flags, payload, len));
	peer_seq += len + (flags & (FRAMES_SYN | FRAMES_FIN) ? 1 : 0);
}

static void tcp_open(void)
{
	struct fake_card_frame *f;

	peer_seq = 1000;
	card_seq = 0;
	tcp_say(FRAMES_SYN, NULL, 0);
	f = next_frame();
	check_sums(f);
	assert_int_equal(f->data[47], FRAMES_SYN | FRAMES_ACK);
	card_seq = frames_get32(f->data + 38) + 1;
	free(f);
	conn = NULL;
	tcp_say(FRAMES_ACK, NULL, 0);
	assert_non_null(conn);
	fake_card_forget();
}

static void tcp_end(void)
{
	tcp_abort(conn);
	fake_card_done();
	check_rest();
}

/* Bytes of payload in a frame, checked against the text from `from` on. */
static uint32_t tcp_payload(const struct fake_card_frame *f, uint32_t from)
{
	uint32_t head = 34u + (f->data[46] >> 4) * 4u;

	check_text(f->data + head, from, f->len - head);
	return f->len - head;
}

static void write_text(const uint8_t *text, uint32_t from, uint32_t len, uint8_t flags)
{
	assert_int_equal(tcp_write(conn, text + from, (u16_t)len, flags), ERR_OK);
	assert_int_equal(tcp_output(conn), ERR_OK);
	uk_stack_flush();
}

static void test_tcp_small(void **state)
{
	static uint8_t text[200];
	struct fake_card_frame *f;

	fill_text(text, sizeof(text));
	tcp_open();
	for (uint32_t len = 1; len < 200; len += 13) {
		write_text(text, 0, len, TCP_WRITE_FLAG_COPY);
		f = next_frame();
		check_sums(f);
		assert_int_equal(f->flags, 0);
		assert_int_equal(tcp_payload(f, 0), len);
		card_seq += len;
		free(f);
		tcp_say(FRAMES_ACK, NULL, 0);
	}
	tcp_end();
}

/* What goes out in one round is one packet of several segments, acknowledged and continued, until all is over. */
static void tcp_bulk(uint8_t flags, uint32_t mss_most, bool merges)
{
	static uint8_t text[60000];
	uint32_t done = 0, nb_merged = 0;
	struct fake_card_frame *f;

	fill_text(text, sizeof(text));
	tcp_open();
	write_text(text, 0, sizeof(text), flags);
	while (done < sizeof(text)) {
		f = next_frame();
		check_sums(f);
		assert_int_equal(frames_get32(f->data + 38), card_seq);
		if (f->gso_type != UK_NETBUF_GSO_NONE) {
			assert_int_equal(f->gso_type, UK_NETBUF_GSO_TCPV4);
			assert_int_equal(f->hdr_len, 54);
			assert_true(f->gso_size <= mss_most && f->len - 54 > f->gso_size);
			nb_merged++;
		} else {
			assert_true(f->len - 54 <= mss_most);
		}
		card_seq += tcp_payload(f, done);
		done += f->len - 54;
		free(f);
		if (fake_card.nb_sent == 0)
			tcp_say(FRAMES_ACK, NULL, 0);
	}
	assert_int_equal(nb_merged > 0, merges);
	tcp_end();
}

static void test_tcp_bulk(void **state)
{
	tcp_bulk(TCP_WRITE_FLAG_COPY, 1460, true);
	tcp_bulk(0, 1460, true);
}

/* The end of the stream is a flag of the last segment only; the first one stays as lwIP made it. */
static void test_tcp_fin(void **state)
{
	static uint8_t text[4000];
	struct fake_card_frame *f;

	fill_text(text, sizeof(text));
	tcp_open();
	assert_int_equal(tcp_write(conn, text, sizeof(text), TCP_WRITE_FLAG_COPY), ERR_OK);
	assert_int_equal(tcp_close(conn), ERR_OK);
	uk_stack_flush();
	f = next_frame();
	check_sums(f);
	assert_int_equal(f->gso_size, 1460);
	assert_int_equal(tcp_payload(f, 0), sizeof(text));
	assert_true(f->data[47] & FRAMES_FIN);
	free(f);
	assert_null(fake_card_take());
	/* nobody answers: the first segment alone is sent again */
	for (unsigned i = 0; i < 100 && fake_card.nb_sent == 0; i++)
		pass(50);
	f = next_frame();
	check_sums(f);
	assert_int_equal(tcp_payload(f, 0), 1460);
	assert_false(f->data[47] & FRAMES_FIN);
	free(f);
	fake_card_forget();
	tcp_say(FRAMES_RST, NULL, 0);
	card_seq++;
	put(frames_tcp(out, 6000, TCP_PORT, peer_seq, card_seq, FRAMES_RST | FRAMES_ACK, NULL, 0));
	fake_card_done();
	check_rest();
}

/* What the card still holds is not touched: it is sent again only when the card is through with it. */
static void test_tcp_held(void **state)
{
	static uint8_t text[2920], before[FAKE_CARD_BYTES];
	const struct uk_netbuf *nb;
	struct fake_card_frame *f;
	uint32_t len;

	fill_text(text, sizeof(text));
	tcp_open();
	fake_card.hold = true;
	fake_card_done();
	write_text(text, 0, sizeof(text), TCP_WRITE_FLAG_COPY);
	assert_int_equal(fake_card.nb_held, 1);
	nb = fake_card.held[0];
	len = uk_netbuf_read(nb, 0, before, sizeof(before));
	fake_card_forget();
	pass(10000);
	assert_null(fake_card_take());
	assert_int_equal(uk_netbuf_read(nb, 0, out, sizeof(out)), len);
	assert_memory_equal(out, before, len);
	fake_card.hold = false;
	fake_card_done();
	for (unsigned i = 0; i < 1000 && fake_card.nb_sent == 0; i++)
		pass(50);
	f = next_frame();
	check_sums(f);
	assert_int_equal(tcp_payload(f, 0), 1460);
	free(f);
	tcp_end();
}

/* Acknowledged while the card still holds it (as a copy of what was lost would be): it stays until the card is done. */
static void test_tcp_acked_held(void **state)
{
	static uint8_t text[1460];

	fill_text(text, sizeof(text));
	tcp_open();
	fake_card.hold = true;
	fake_card_done();
	write_text(text, 0, sizeof(text), TCP_WRITE_FLAG_COPY);
	card_seq += sizeof(text);
	tcp_say(FRAMES_ACK, NULL, 0);
	tcp_abort(conn);
	assert_true(uk_netif_tx_out() > 0);
	uk_netbuf_read(fake_card.held[0], 54, out, sizeof(text));
	check_text(out, 0, sizeof(text));
	fake_card_done();
	check_rest();
}

/* A packet that the card put together from many, of several buffers. */
static void test_tcp_large_in(void **state)
{
	static uint8_t text[30000];
	struct fake_card_frame *f;
	uint32_t len;

	fill_text(text, sizeof(text));
	tcp_open();
	len = frames_tcp(out, 6000, TCP_PORT, peer_seq, card_seq, FRAMES_ACK, text, sizeof(text));
	assert_true(fake_card_put(out, len, 16, UK_NETBUF_F_PARTIAL_CSUM));
	uk_stack_poll();
	f = next_frame();
	check_sums(f);
	assert_int_equal(frames_get32(f->data + 42), peer_seq + sizeof(text));
	free(f);
	fake_card_forget();
	tcp_end();
}

/* -- the card -- */

/* A full card: what it does not take goes later, in order. */
static void test_full(void **state)
{
	fake_card.hold = true;
	fake_card_done();
	fake_card.room = 4;
	for (uint16_t i = 0; i < 20; i++)
		assert_true(fake_card_put(out, frames_ping(out, i, 500), 1, 0));
	uk_stack_poll();
	assert_int_equal(fake_card.nb_sent, 4);
	assert_int_equal(uk_stack_poll(), 0);
	for (unsigned i = 0; i < 20; i++) {
		fake_card_done();
		uk_stack_poll();
	}
	assert_int_equal(fake_card.nb_sent, 20);
	for (uint16_t i = 0; i < 20; i++) {
		struct fake_card_frame *f = next_frame();

		assert_int_equal(frames_get16(f->data + 40), i);
		free(f);
	}
	fake_card.room = FAKE_CARD_FRAMES;
	check_rest();
}

/* It takes nothing for a second, or goes away: nothing piles up. */
static void test_stuck(void **state)
{
	fake_card.hold = true;
	fake_card_done();
	fake_card.room = 0;
	for (uint16_t i = 0; i < 300; i++)
		put(frames_ping(out, i, 500));
	pass(1500);
	fake_card.room = FAKE_CARD_FRAMES;
	uk_stack_poll();
	fake_card_forget();
	check_rest();
	fake_card.gone = true;
	for (uint16_t i = 0; i < 300; i++)
		put(frames_ping(out, i, 500));
	fake_card.gone = false;
	assert_null(fake_card_take());
	check_rest();
	put(frames_ping(out, 1, 56));
	free(next_frame());
	check_rest();
}

/* Quiet for a while: the card is armed and a time to wake up is given; a packet ends that. */
static void test_idle(void **state)
{
	uint64_t due = 0;

	put(frames_ping(out, 1, 56));
	for (unsigned i = 0; i < 1000 && due == 0; i++) {
		fake_plat_advance(MS / 100);
		due = uk_stack_poll();
	}
	assert_true(due > uk_clock_ns() && due < uk_clock_ns() + 1000 * MS);
	assert_true(fake_card.armed);
	assert_true(fake_card_put(out, frames_ping(out, 2, 56), 1, 0));
	assert_true(fake_card.irq);
	uk_netdev_idle(due);
	assert_int_equal(uk_stack_poll(), 0);
	assert_false(fake_card.armed);
	assert_int_equal(fake_card.nb_sent, 2);
	check_rest();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_arp),
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_udp_echo),
		cmocka_unit_test(test_udp_sums),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_keeps),
		cmocka_unit_test(test_odd_lengths),
		cmocka_unit_test(test_tcp_small),
		cmocka_unit_test(test_tcp_bulk),
		cmocka_unit_test(test_tcp_fin),
		cmocka_unit_test(test_tcp_held),
		cmocka_unit_test(test_tcp_acked_held),
		cmocka_unit_test(test_tcp_large_in),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_idle),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
