/* SPDX-License-Identifier: BSD-3-Clause */
/* lwIP between a card and an application: what comes in without a copy, what goes out and how, and that nothing is lost. */
#include "netstack/test/stack_rig.h"

/* -- ARP, ICMP, UDP -- */

static void test_address(void **state)
{
	assert_int_equal(uk_stack_wait_address(0, 0), 0);
	assert_non_null(strstr(fake_plat_console(),
		"@{\"type\":\"address\",\"netif\":0,\"ip\":\"10.0.0.2\",\"bits\":24,\"gateway\":\"10.0.0.1\"}"));
	assert_non_null(uk_stack_netif(0));
	assert_null(uk_stack_netif(1));
	stack_check_rest();
}

static void test_arp(void **state)
{
	struct fake_card_frame *f;

	stack_put(frames_arp(stack_out, false));
	f = stack_next_frame();
	assert_int_equal(frames_get16(f->data + 12), 0x0806);
	assert_int_equal(frames_get16(f->data + 20), 2);
	assert_memory_equal(f->data + 22, fake_card.mac.addr_bytes, 6);
	assert_int_equal(frames_get32(f->data + 28), FRAMES_CARD_IP);
	free(f);
	stack_check_rest();
}

/* Short ones are copied, longer ones go back in the buffer they came in, chains as chains. */
static void test_ping(void **state)
{
	static const uint32_t lens[] = { 0, 1, 56, 200, 300, 1000, 1472 };

	for (unsigned parts = 1; parts <= 3; parts++) {
		for (size_t i = 0; i < UK_ARRAY_SIZE(lens); i++) {
			uint32_t len = frames_ping(stack_out, (uint16_t)i, lens[i]);
			struct fake_card_frame *f;

			if (len / parts < 64 && parts > 1)
				continue; /* headers are in one buffer */
			assert_true(fake_card_put(stack_out, len, parts, 0));
			uk_stack_poll();
			f = stack_next_frame();
			stack_check_sums(f);
			assert_int_equal(f->data[34], 0);
			assert_memory_equal(f->data + 38, stack_out + 38, lens[i] + 4);
			if (len > UK_NETIF_COPY_MAX && parts == 1)
				assert_true(f->from_rx_pool);
			if (len <= UK_NETIF_COPY_MAX)
				assert_int_equal(f->nb_parts, 1);
			free(f);
		}
	}
	stack_check_rest();
}

static void test_udp_echo(void **state)
{
	static uint8_t text[1472];

	stack_fill_text(text, sizeof(text));
	for (uint32_t len = 0; len <= sizeof(text); len += 23) {
		struct fake_card_frame *f;

		stack_put(frames_udp(stack_out, 5000, UDP_PORT, text, len));
		f = stack_next_frame();
		stack_check_sums(f);
		assert_int_equal(frames_get16(f->data + 36), 5000);
		stack_check_text(f->data + 42, 0, len);
		free(f);
	}
	stack_check_rest();
}

/* A checksum that is wrong, or that the card vouches for, or a fragment's, of which a card can not know. */
static void test_udp_sums(void **state)
{
	uint32_t len = frames_udp(stack_out, 5000, UDP_PORT, "hello world", 11);

	stack_out[len - 1] ^= 1;
	assert_true(fake_card_put(stack_out, len, 1, 0));
	uk_stack_poll();
	assert_null(fake_card_take());
	assert_true(fake_card_put(stack_out, len, 1, UK_NETBUF_F_DATA_VALID));
	uk_stack_poll();
	free(stack_next_frame());
	assert_true(fake_card_put(stack_out, len, 1, UK_NETBUF_F_PARTIAL_CSUM));
	uk_stack_poll();
	free(stack_next_frame());
	/* the first 16 bytes (header and 8), the other 3 */
	len = frames_ip(stack_out, 17, 16, 9, 0x2000);
	assert_true(fake_card_put(stack_out, len, 1, UK_NETBUF_F_DATA_VALID));
	memmove(stack_out + 34, stack_out + 50, 3);
	len = frames_ip(stack_out, 17, 3, 9, 2);
	assert_true(fake_card_put(stack_out, len, 1, UK_NETBUF_F_DATA_VALID));
	uk_stack_poll();
	assert_null(fake_card_take());
	stack_check_rest();
}

/* A datagram of several fragments each way; those that come are of 1400 bytes, as a path may make them. */
static void test_fragments(void **state)
{
	static uint8_t whole[6008], text[6000], got[6000];
	uint32_t off, sum = 0;
	struct fake_card_frame *f;

	stack_fill_text(text, sizeof(text));
	frames_udp(stack_out, 5000, UDP_PORT, text, sizeof(text));
	memcpy(whole, stack_out + 34, sizeof(whole));
	for (off = 0; off < sizeof(whole); off += 1400) {
		uint32_t n = sizeof(whole) - off < 1400 ? (uint32_t)sizeof(whole) - off : 1400;
		uint16_t more = off + n < sizeof(whole) ? 0x2000 : 0;

		memcpy(stack_out + 34, whole + off, n);
		stack_put(frames_ip(stack_out, 17, n, 10, (uint16_t)(off / 8 | more)));
	}
	for (off = 0; off < sizeof(whole); off += frames_get16(f->data + 16) - 20u, free(f)) {
		uint32_t n;

		f = stack_next_frame();
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
	stack_check_text(got, 0, sizeof(got));
	stack_check_rest();
}

/* An application that keeps what it gets does not starve the card: from a point on it gets copies. */
static void test_keeps(void **state)
{
	uint32_t nb_free, nb_total;
	unsigned nb = 0;

	uk_stack_buffers(0, &nb_free, &nb_total);
	stack_keep = true;
	for (; nb < nb_total + 1000; nb++)
		stack_put(frames_udp(stack_out, 5000, UDP_PORT, "hello world", 11));
	stack_keep = false;
	assert_int_equal(stack_nb_kept, nb);
	uk_stack_buffers(0, &nb_free, &nb_total);
	assert_true(nb_free > nb_total / 5);
	while (stack_nb_kept > 0) {
		struct pbuf *p = stack_kept[--stack_nb_kept];

		assert_int_equal(p->tot_len, 11);
		assert_memory_equal(p->payload, "hello world", 11);
		pbuf_free(p);
	}
	stack_check_rest();
}

/* What lwIP can not count in 16 bits, and what is no frame. */
static void test_odd_lengths(void **state)
{
	uint32_t len = frames_ping(stack_out, 1, 1400);

	assert_true(fake_card_put(stack_out, 65590, 40, 0));
	assert_true(fake_card_put(stack_out, 13, 1, 0));
	for (uint32_t cut = 14; cut < len; cut += 3)
		assert_true(fake_card_put(stack_out, cut, cut > 20 ? 2 : 1, 0));
	while (fake_card.nb_in > 0)
		uk_stack_poll();
	assert_null(fake_card_take());
	stack_check_rest();
}

/* -- the card -- */

/* A full card: what it does not take goes later, in order. */
static void test_full(void **state)
{
	fake_card.hold = true;
	fake_card_done();
	fake_card.room = 4;
	for (uint16_t i = 0; i < 20; i++)
		assert_true(fake_card_put(stack_out, frames_ping(stack_out, i, 500), 1, 0));
	uk_stack_poll();
	assert_int_equal(fake_card.nb_sent, 4);
	assert_int_equal(uk_stack_poll(), 0);
	for (unsigned i = 0; i < 20; i++) {
		fake_card_done();
		uk_stack_poll();
	}
	assert_int_equal(fake_card.nb_sent, 20);
	for (uint16_t i = 0; i < 20; i++) {
		struct fake_card_frame *f = stack_next_frame();

		assert_int_equal(frames_get16(f->data + 40), i);
		free(f);
	}
	fake_card.room = FAKE_CARD_FRAMES;
	stack_check_rest();
}

/* It takes nothing for a second, or goes away: nothing piles up. */
static void test_stuck(void **state)
{
	fake_card.hold = true;
	fake_card_done();
	fake_card.room = 0;
	for (uint16_t i = 0; i < 300; i++)
		stack_put(frames_ping(stack_out, i, 500));
	stack_pass(1500);
	fake_card.room = FAKE_CARD_FRAMES;
	uk_stack_poll();
	fake_card_forget();
	stack_check_rest();
	fake_card.gone = true;
	for (uint16_t i = 0; i < 300; i++)
		stack_put(frames_ping(stack_out, i, 500));
	fake_card.gone = false;
	assert_null(fake_card_take());
	stack_check_rest();
	stack_put(frames_ping(stack_out, 1, 56));
	free(stack_next_frame());
	stack_check_rest();
}

/* Quiet for a while: the card is armed and a time to wake up is given; a packet ends that. */
static void test_idle(void **state)
{
	uint64_t due = 0;

	stack_put(frames_ping(stack_out, 1, 56));
	for (unsigned i = 0; i < 1000 && due == 0; i++) {
		fake_plat_advance(MS / 100);
		due = uk_stack_poll();
	}
	assert_true(due > uk_clock_ns() && due < uk_clock_ns() + 1000 * MS);
	assert_true(fake_card.armed);
	assert_true(fake_card_put(stack_out, frames_ping(stack_out, 2, 56), 1, 0));
	assert_true(fake_card.irq);
	uk_netdev_idle(due);
	assert_int_equal(uk_stack_poll(), 0);
	assert_false(fake_card.armed);
	assert_int_equal(fake_card.nb_sent, 2);
	stack_check_rest();
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
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_idle),
	};

	return cmocka_run_group_tests(tests, stack_start, NULL);
}
