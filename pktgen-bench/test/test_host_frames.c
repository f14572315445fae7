/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "pktgen-bench/host/frames.h"

/* The checksum by the book, a byte pair at a time in network order (RFC 1071). */
static uint16_t plain_sum(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void assert_right_sums(const uint8_t *f, uint32_t len)
{
	uint32_t udp_len = len - 34;
	uint32_t pseudo = plain_sum(f + 26, 8, 17 + udp_len);

	assert_int_equal(plain_sum(f + 14, 20, 0), 0xffff);
	assert_int_equal(plain_sum(f + 34, udp_len, pseudo), 0xffff);
	assert_false(f[40] == 0 && f[41] == 0);
}

static void every_size_has_right_lengths_and_sums(void **state)
{
	uint8_t *f;
	struct pg_frames_spec s;

	(void)state;
	for (uint32_t len = PG_FRAMES_MIN; len <= PG_FRAMES_MAX; len += len < 1600 ? 1 : 97) {
		f = malloc(len); /* exactly, for the address sanitizer */
		assert_non_null(f);
		pg_frames_flow(&s, len);
		s.len = len;
		s.stream = 3;
		pg_frames_build(f, &s);
		assert_int_equal(f[16] << 8 | f[17], len - 14);
		assert_int_equal(f[38] << 8 | f[39], len - 34);
		assert_right_sums(f, len);
		assert_true(pg_frames_intact(f, len));
		free(f);
	}
}

static void stamping_keeps_the_sum_right(void **state)
{
	uint8_t f[60];
	struct pg_frames_spec s;
	const struct pg_probe *p;
	uint32_t part;

	(void)state;
	pg_frames_flow(&s, 5);
	s.len = sizeof(f);
	part = pg_frames_build(f, &s);
	srand(3);
	for (int i = 0; i < 200000; i++) {
		uint32_t seq = (uint32_t)rand() * 2654435761u;
		uint64_t ns = i % 3 ? (uint64_t)rand() << 33 ^ (uint64_t)rand() : 0;

		pg_frames_stamp(f, part, seq, ns);
		assert_right_sums(f, sizeof(f));
		p = pg_frames_probe(f, sizeof(f));
		assert_non_null(p);
		assert_int_equal(ntohl(p->seq), seq);
		assert_int_equal(__builtin_bswap64(p->stamp_ns), ns);
	}
}

/* A sum that comes out as 0 must be sent as 0xffff (RFC 768). */
static void a_zero_sum_is_sent_as_ones(void **state)
{
	uint8_t f[60];
	struct pg_frames_spec s;
	uint32_t part, seq;

	(void)state;
	pg_frames_flow(&s, 0);
	s.len = sizeof(f);
	part = pg_frames_build(f, &s);
	for (seq = 0; seq < 0x20000; seq++) {
		pg_frames_stamp(f, part, seq, 0);
		if (f[40] == 0xff && f[41] == 0xff)
			break;
	}
	assert_true(seq < 0x20000);
	assert_true(pg_frames_intact(f, sizeof(f)));
}

static void any_flipped_bit_is_noticed(void **state)
{
	uint8_t f[100];
	struct pg_frames_spec s;

	(void)state;
	pg_frames_flow(&s, 1);
	s.len = sizeof(f);
	pg_frames_build(f, &s);
	for (unsigned int bit = 14 * 8; bit < 8 * sizeof(f); bit++) {
		f[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(pg_frames_intact(f, sizeof(f)));
		f[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(pg_frames_intact(f, sizeof(f)));
}

static void what_is_no_probe_is_refused(void **state)
{
	uint8_t f[128];
	struct pg_frames_spec s;

	(void)state;
	pg_frames_flow(&s, 1);
	s.len = sizeof(f);
	pg_frames_build(f, &s);
	assert_null(pg_frames_probe(f, sizeof(f) - 1));
	assert_null(pg_frames_probe(f, 13));
	assert_null(pg_frames_probe(f, 0));
	f[12] = 0x86;
	assert_null(pg_frames_probe(f, sizeof(f)));
}

static void swapping_exchanges_the_addresses(void **state)
{
	uint8_t f[14] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 };
	const uint8_t want[14] = { 7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 13, 14 };

	(void)state;
	pg_frames_swap(f);
	assert_memory_equal(f, want, sizeof(f));
}

static void flows_differ(void **state)
{
	struct pg_frames_spec a, b;

	(void)state;
	for (uint32_t i = 1; i < 70000; i += 997) {
		pg_frames_flow(&a, i);
		pg_frames_flow(&b, i - 1);
		assert_true(a.ip_src != b.ip_src || a.port_src != b.port_src);
	}
}

static void readdressed_frames_are_right(void **state)
{
	const struct pg_frames_nets nets = { 0x0a000000u, 0xffff0000u, 0xc0a80000u, 0xffff0000u };
	uint8_t f[200];

	for (uint32_t flow = 0; flow < 200000; flow += 997) {
		struct pg_frames_spec s;
		uint32_t src, dst, part, ip_part;
		uint16_t port;

		pg_frames_flow(&s, 0);
		s.ip_src = s.ip_dst = s.port_src = 0;
		s.len = 60 + flow % 140;
		part = pg_frames_build(f, &s);
		ip_part = (uint32_t)pg_frames_sum(f + 14, 10, 0) + pg_frames_sum(f + 26, 8, 0);
		pg_frames_spread(&nets, flow, &src, &dst, &port);
		pg_frames_stamp(
			f, pg_frames_readdress(f, ip_part, part, src, dst, port), flow, flow * 3);
		assert_right_sums(f, s.len);
		assert_true(pg_frames_intact(f, s.len));
		assert_int_equal(f[26] << 8 | f[27], 0x0a00);
		assert_int_equal(f[30] << 8 | f[31], 0xc0a8);
	}
}

static void spread_flows_differ(void **state)
{
	const struct pg_frames_nets nets = { 0x0a000000u, 0xffffff00u, 0x0a010001u, 0xffffffffu };
	static uint8_t seen[1 << 24];

	for (uint32_t flow = 0; flow < 254u * 1000; flow++) {
		uint32_t src, dst, key;
		uint16_t port;

		pg_frames_spread(&nets, flow, &src, &dst, &port);
		assert_int_equal(ntohl(dst), 0x0a010001u);
		key = (ntohl(src) & 0xff) << 16 | ntohs(port);
		assert_int_equal(seen[key], 0);
		seen[key] = 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_has_right_lengths_and_sums),
		cmocka_unit_test(stamping_keeps_the_sum_right),
		cmocka_unit_test(a_zero_sum_is_sent_as_ones),
		cmocka_unit_test(any_flipped_bit_is_noticed),
		cmocka_unit_test(what_is_no_probe_is_refused),
		cmocka_unit_test(swapping_exchanges_the_addresses),
		cmocka_unit_test(flows_differ),
		cmocka_unit_test(readdressed_frames_are_right),
		cmocka_unit_test(spread_flows_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
