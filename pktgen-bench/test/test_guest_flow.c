/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "pktgen-bench/guest/flow.h"

static unsigned char buffers[4][PG_FLOW_SIZE_MAX];
static char error[PG_FLOW_ERROR_MAX];

/* 10.0.0.1:1000 to 10.0.0.2:2000, 64 bytes. */
static struct pg_flow_conf conf_plain(void)
{
	return (struct pg_flow_conf){
		.src_mac = { 2, 0, 0, 0, 0, 1 },
		.dst_mac = { 2, 0, 0, 0, 0, 2 },
		.src_ip = { 0x0a000001, 0x0a000001 },
		.dst_ip = { 0x0a000002, 0x0a000002 },
		.src_port = { 1000, 1000 },
		.dst_port = { 2000, 2000 },
		.sizes = { .nb = 1, .list = { 64 } },
		.ttl = 64,
		.stream = 3,
	};
}

/* The check sum as RFC 1071 has it, byte by byte, for comparison. */
static uint32_t sum16(const unsigned char *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint32_t get16(const unsigned char *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t get32(const unsigned char *p)
{
	return get16(p) << 16 | get16(p + 2);
}

/* Checks everything in a frame that a receiver could check. */
static void assert_frame(const unsigned char *p, size_t len, bool udp_csum)
{
	assert_int_equal(get16(p + 12), 0x0800);
	assert_int_equal(p[14], 0x45);
	assert_int_equal(get16(p + 16), len - 14);
	assert_int_equal(sum16(p + 14, 20, 0), 0xffff);
	assert_int_equal(p[23], 17);
	assert_int_equal(get16(p + 38), len - 34);
	if (udp_csum) {
		/* Pseudo header: addresses, protocol, length. */
		uint32_t sum = sum16(p + 26, 8, 17 + get16(p + 38));

		assert_int_not_equal(get16(p + 40), 0);
		assert_int_equal(sum16(p + 34, len - 34, sum), 0xffff);
	} else {
		assert_int_equal(get16(p + 40), 0);
	}
	for (size_t i = 60; i < len; i++)
		assert_int_equal(p[i], 0);
}

static struct pg_flow start(const struct pg_flow_conf *conf)
{
	struct pg_flow f;

	assert_int_equal(pg_flow_check(conf, PG_FLOW_SIZE_MAX, error), 0);
	pg_flow_start(&f, conf);
	for (unsigned int i = 0; i < 4; i++) {
		memset(buffers[i], 0xa5, sizeof(buffers[i]));
		pg_flow_prepare(&f, buffers[i]);
	}
	return f;
}

/* Byte for byte what the issue calls a 64-byte frame, written out by hand. */
static void test_golden(void **state)
{
	(void)state;
	static const unsigned char golden[60] = {
		2,
		0,
		0,
		0,
		0,
		2,
		2,
		0,
		0,
		0,
		0,
		1,
		8,
		0, /* Ethernet */
		0x45,
		0,
		0,
		46,
		0,
		0,
		0,
		0,
		64,
		17,
		0x66,
		0xbd,
		10,
		0,
		0,
		1,
		10,
		0,
		0,
		2, /* IPv4 */
		0x03,
		0xe8,
		0x07,
		0xd0,
		0,
		26,
		0,
		0, /* UDP */
		'S',
		'L',
		'P',
		'G',
		0,
		0,
		0,
		1,
		0x11,
		0x22,
		0x33,
		0x44,
		0x55,
		0x66,
		0x77,
		0x88,
		0,
		3,
	};
	struct pg_flow_conf conf = conf_plain();
	struct pg_flow f = start(&conf);

	assert_int_equal(pg_flow_fill(&f, buffers[0], 1), 60);
	assert_int_equal(pg_flow_fill(&f, buffers[0], 0x1122334455667788), 60);
	assert_memory_equal(buffers[0], golden, sizeof(golden));
	assert_int_equal(buffers[0][60], 0xa5);
	assert_frame(buffers[0], 60, false);
}

/* Any sum of 64 bits, carries and all, against folding it half by half. */
static void test_fold(void **state)
{
	(void)state;
	static const uint64_t edges[] = { 0, 1, 0xffff, 0x10000, 0xffffffff, 0x100000000,
		0x1ffffffff, 0xfffffffe00000001, 0xffffffff00000000, 0xffffffff00000001,
		0xffffffffffff0000, 0x1fffeffff, UINT64_MAX - 1, UINT64_MAX };
	uint64_t sum = 1;

	for (unsigned int i = 0; i < 100000; i++) {
		uint64_t s = i < UK_ARRAY_SIZE(edges) ? edges[i] : (sum *= 6364136223846793005u);

		uint16_t got = pg_flow_fold(s);

		while (s >> 16)
			s = (s & 0xffff) + (s >> 16);
		assert_int_equal(got, (uint16_t)~s);
	}
}

static void test_udp_csum(void **state)
{
	(void)state;
	struct pg_flow_conf conf = conf_plain();

	conf.udp_csum = true;
	struct pg_flow f = start(&conf);

	for (uint64_t i = 0; i < 200000; i++) {
		assert_int_equal(pg_flow_fill(&f, buffers[i % 4], i * 0x9e3779b97f4a7c15), 60);
		assert_frame(buffers[i % 4], 60, true);
	}
}

/* 0xffff stands for a check sum of 0, in each frame where that comes up. */
static void test_udp_csum_zero(void **state)
{
	(void)state;
	struct pg_flow_conf conf = conf_plain();
	unsigned int nb_zero = 0;

	conf.udp_csum = true;
	struct pg_flow f = start(&conf);

	for (uint64_t i = 0; i < 65536; i++) {
		f.seq = 0;
		(void)!pg_flow_fill(&f, buffers[0], i);
		assert_frame(buffers[0], 60, true);
		nb_zero += get16(buffers[0] + 40) == 0xffff;
	}
	assert_int_equal(nb_zero, 1);
}

/* All combinations once, source port fastest, then again from the start; sums always right. */
static void test_flows(void **state)
{
	(void)state;
	struct pg_flow_conf conf = conf_plain();
	unsigned int i = 0;

	conf.src_ip = (struct pg_flow_range){ 0x0a00fffe, 0x0a010001 };
	conf.dst_ip = (struct pg_flow_range){ 0xfffffffd, 0xffffffff };
	conf.src_port = (struct pg_flow_range){ 65530, 65535 };
	conf.dst_port = (struct pg_flow_range){ 0, 4 };
	conf.udp_csum = true;
	assert_int_equal(pg_flow_count(&conf), 4 * 3 * 6 * 5);
	struct pg_flow f = start(&conf);

	for (unsigned int round = 0; round < 2; round++)
		for (uint32_t dst = 0xfffffffd; dst != 0; dst++)
			for (uint32_t src = 0x0a00fffe; src <= 0x0a010001; src++)
				for (uint32_t dport = 0; dport <= 4; dport++)
					for (uint32_t sport = 65530; sport <= 65535; sport++) {
						unsigned char *p = buffers[i % 4];

						assert_int_equal(pg_flow_fill(&f, p, i), 60);
						assert_frame(p, 60, true);
						assert_int_equal(get32(p + 26), src);
						assert_int_equal(get32(p + 30), dst);
						assert_int_equal(get16(p + 34), sport);
						assert_int_equal(get16(p + 36), dport);
						assert_int_equal(get32(p + 46), i++);
					}
}

static void test_sizes_list(void **state)
{
	(void)state;
	struct pg_flow_conf conf = conf_plain();

	conf.sizes = (struct pg_flow_sizes){ .nb = 3, .list = { 1500, 64, 9018 } };
	for (unsigned int csum = 0; csum < 2; csum++) {
		conf.udp_csum = csum;
		struct pg_flow f = start(&conf);

		assert_int_equal(f.longest, 9014);
		for (unsigned int i = 0; i < 30; i++) {
			uint16_t len = pg_flow_fill(&f, buffers[i % 4], i);

			assert_int_equal(len, conf.sizes.list[i % 3] - 4);
			assert_frame(buffers[i % 4], len, csum);
		}
	}
}

/* Every size of a range, odd ones as well, and round again. */
static void test_sizes_range(void **state)
{
	(void)state;
	struct pg_flow_conf conf = conf_plain();

	conf.sizes = (struct pg_flow_sizes){ .range = { 64, 1518 } };
	conf.udp_csum = true;
	struct pg_flow f = start(&conf);

	for (unsigned int i = 0; i < 3000; i++) {
		uint16_t len = pg_flow_fill(&f, buffers[i % 4], i);

		assert_int_equal(len, 60 + i % 1455);
		assert_frame(buffers[i % 4], len, true);
	}
}

static void test_imix(void **state)
{
	(void)state;
	struct pg_flow_conf conf = conf_plain();
	unsigned int nb[3] = { 0 };

	conf.sizes = pg_flow_imix;
	struct pg_flow f = start(&conf);

	for (unsigned int i = 0; i < 1200; i++) {
		uint16_t len = pg_flow_fill(&f, buffers[i % 4], i);

		assert_frame(buffers[i % 4], len, false);
		nb[0] += len == 60;
		nb[1] += len == 590;
		nb[2] += len == 1514;
	}
	assert_int_equal(nb[0], 700);
	assert_int_equal(nb[1], 400);
	assert_int_equal(nb[2], 100);
}

/* One combination only: nothing but number and stamp is written, whatever stands in the buffer. */
static void test_fixed_writes_little(void **state)
{
	(void)state;
	struct pg_flow_conf conf = conf_plain();
	struct pg_flow f = start(&conf);

	assert_false(f.varies);
	memset(buffers[0], 0x77, 100);
	assert_int_equal(pg_flow_fill(&f, buffers[0], 0), 60);
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(buffers[0][i], i >= 46 && i < 58 ? 0 : 0x77);
}

static void test_count_saturates(void **state)
{
	(void)state;
	struct pg_flow_conf conf = conf_plain();

	conf.src_ip = conf.dst_ip = (struct pg_flow_range){ 0, UINT32_MAX };
	assert_true(pg_flow_count(&conf) == UINT64_MAX);
	conf.dst_ip.first = 1u << 31;
	assert_true(pg_flow_count(&conf) == (uint64_t)1 << 63);
}

#define ASSERT_REFUSED(conf, max, sentence)                                                        \
	do {                                                                                       \
		assert_int_equal(pg_flow_check(conf, max, error), -EINVAL);                        \
		assert_string_equal(error, sentence);                                              \
	} while (0)

static void test_check(void **state)
{
	(void)state;
	struct pg_flow_conf good = conf_plain(), c = good;

	c.sizes.list[0] = 63;
	ASSERT_REFUSED(&c, 1518, "a frame size of 63 bytes (with CRC) is not within 64 to 1518");
	c.sizes.list[0] = 1519;
	ASSERT_REFUSED(&c, 1518, "a frame size of 1519 bytes (with CRC) is not within 64 to 1518");
	c.sizes.list[0] = 9019;
	ASSERT_REFUSED(&c, 65535, "a frame size of 9019 bytes (with CRC) is not within 64 to 9018");
	c.sizes.nb = 33;
	ASSERT_REFUSED(&c, 1518, "a list of sizes has at most 32 entries");
	c.sizes = (struct pg_flow_sizes){ .range = { 100, 64 } };
	ASSERT_REFUSED(&c, 1518, "the range of frame sizes ends before it starts");
	c.sizes = (struct pg_flow_sizes){ .range = { 60, 64 } };
	ASSERT_REFUSED(&c, 1518, "a frame size of 60 bytes (with CRC) is not within 64 to 1518");
	c.sizes = (struct pg_flow_sizes){ .range = { 64, 70000 } };
	ASSERT_REFUSED(&c, 1518, "a frame size of 70000 bytes (with CRC) is not within 64 to 1518");
	c = good;
	c.src_ip.first = c.src_ip.last + 1;
	ASSERT_REFUSED(&c, 1518, "the range of source addresses ends before it starts");
	c = good;
	c.dst_port.last = 65536;
	ASSERT_REFUSED(&c, 1518, "the range of destination ports ends above 65535");
	c = good;
	c.src_mac[0] = 1;
	ASSERT_REFUSED(&c, 1518, "the source MAC address is a multicast address");
	c = good;
	c.ttl = 0;
	ASSERT_REFUSED(&c, 1518, "a TTL of 0 can not be sent");
	assert_int_equal(pg_flow_check(&good, 64, error), 0);
}

/* A probe is found after what forwarders change, and not in what only looks like one. */
static void test_probe(void **state)
{
	(void)state;
	struct pg_flow_conf conf = conf_plain();
	struct pg_flow f = start(&conf);
	unsigned char *p = buffers[0];

	assert_int_equal(pg_flow_fill(&f, p, 5), 60);
	p[22]--; /* TTL */
	p[35]++; /* a port */
	const struct pg_probe *probe = pg_flow_probe(p, 60);

	assert_ptr_equal(probe, p + 42);
	assert_int_equal(be64toh(probe->stamp_ns), 5);
	assert_null(pg_flow_probe(p, 59));
	assert_null(pg_flow_probe(NULL, 0));
	static const unsigned char where[] = { 12, 13, 14, 23, 42, 45 };

	for (unsigned int i = 0; i < sizeof(where); i++) {
		p[where[i]] ^= 1;
		assert_null(pg_flow_probe(p, 60));
		p[where[i]] ^= 1;
	}
	assert_non_null(pg_flow_probe(p, 60));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_udp_csum),
		cmocka_unit_test(test_udp_csum_zero),
		cmocka_unit_test(test_flows),
		cmocka_unit_test(test_sizes_list),
		cmocka_unit_test(test_sizes_range),
		cmocka_unit_test(test_imix),
		cmocka_unit_test(test_fixed_writes_little),
		cmocka_unit_test(test_count_saturates),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
