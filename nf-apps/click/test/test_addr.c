/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers, units and addresses as text, both ways. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/click/addr.h"
#include "nf-apps/click/inet.h"

#define NO UINT64_MAX /* in a table: -EINVAL */

static void test_u64(void **state)
{
	static const struct {
		const char *s;
		uint64_t v;
	} good[] = {
		{ "0", 0 },
		{ "1", 1 },
		{ "+7", 7 },
		{ "0x10", 16 },
		{ "0XfF", 255 },
		{ "010", 8 },
		{ "00", 0 },
		{ "1_000_000", 1000000 },
		{ "0xffff_ffff", 0xffffffff },
		{ "18446744073709551615", UINT64_MAX },
		{ "0xffffffffffffffff", UINT64_MAX },
	};
	static const char *const bad[] = { "", " 1", "1 ", "-1", "x", "0x", "0xg", "08", "1a",
		"1__0", "_1", "1_", "1.0", "0b1", "+", "++1", "1,2" };
	uint64_t v;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(good); i++) {
		v = ~good[i].v;
		assert_int_equal(nf_addr_u64(good[i].s, &v), 0);
		assert_true(v == good[i].v);
	}
	for (unsigned i = 0; i < UK_ARRAY_SIZE(bad); i++) {
		v = 42;
		assert_int_equal(nf_addr_u64(bad[i], &v), -EINVAL);
		assert_true(v == 42);
	}
	assert_int_equal(nf_addr_u64("18446744073709551616", &v), -ERANGE);
	assert_int_equal(nf_addr_u64("0x10000000000000000", &v), -ERANGE);
	assert_int_equal(nf_addr_u64("99999999999999999999999999", &v), -ERANGE);
	assert_int_equal(nf_addr_u64("99999999999999999999999999x", &v), -EINVAL);
}

static void test_i64(void **state)
{
	int64_t v = 0;

	assert_int_equal(nf_addr_i64("-1", &v), 0);
	assert_int_equal(v, -1);
	assert_int_equal(nf_addr_i64("-0x10", &v), 0);
	assert_int_equal(v, -16);
	assert_int_equal(nf_addr_i64("+5", &v), 0);
	assert_int_equal(v, 5);
	assert_int_equal(nf_addr_i64("9223372036854775807", &v), 0);
	assert_true(v == INT64_MAX);
	assert_int_equal(nf_addr_i64("-9223372036854775808", &v), 0);
	assert_true(v == INT64_MIN);
	assert_int_equal(nf_addr_i64("9223372036854775808", &v), -ERANGE);
	assert_int_equal(nf_addr_i64("-9223372036854775809", &v), -ERANGE);
	assert_int_equal(nf_addr_i64("-+1", &v), -EINVAL);
	assert_int_equal(nf_addr_i64("--1", &v), -EINVAL);
	assert_int_equal(nf_addr_i64("-", &v), -EINVAL);
}

static void test_bool(void **state)
{
	static const char *const yes[] = { "true", "yes", "on", "1", "t", "y" };
	static const char *const no[] = { "false", "no", "off", "0", "f", "n" };
	static const char *const bad[] = { "", "True", "2", "tru", "yess", " true" };
	bool v;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(yes); i++) {
		v = false;
		assert_int_equal(nf_addr_bool(yes[i], &v), 0);
		assert_true(v);
		assert_int_equal(nf_addr_bool(no[i], &v), 0);
		assert_false(v);
	}
	for (unsigned i = 0; i < UK_ARRAY_SIZE(bad); i++)
		assert_int_equal(nf_addr_bool(bad[i], &v), -EINVAL);
}

struct unit_case {
	const char *s;
	uint64_t v;
};

static void units(int (*parse)(const char *, uint64_t *), const struct unit_case *c, unsigned nb)
{
	for (unsigned i = 0; i < nb; i++) {
		uint64_t v = 77;
		int rc = parse(c[i].s, &v);

		if (c[i].v == NO) {
			assert_int_equal(rc, -EINVAL);
			assert_true(v == 77);
			continue;
		}
		if (rc != 0 || v != c[i].v)
			fail_msg("'%s': %d, %lu", c[i].s, rc, v);
	}
}

static void test_time(void **state)
{
	static const struct unit_case cases[] = {
		{ "0", 0 },
		{ "1", 1000000000 },
		{ "1s", 1000000000 },
		{ "1 s", 1000000000 },
		{ "1.5sec", 1500000000 },
		{ "50ms", 50000000 },
		{ "50 msec", 50000000 },
		{ "20us", 20000 },
		{ "20usec", 20000 },
		{ "7ns", 7 },
		{ "7nsec", 7 },
		{ "2m", 120000000000 },
		{ "2 min", 120000000000 },
		{ "1h", 3600000000000 },
		{ "1hr", 3600000000000 },
		{ "1d", 86400000000000 },
		{ "1 day", 86400000000000 },
		{ ".5", 500000000 },
		{ "5.", 5000000000 },
		{ "1e3ms", 1000000000 },
		{ "1e-3", 1000000 },
		{ "0.1234567894", 123456789 },
		{ "0.1234567895", 123456790 },
		{ "1_000ms", 1000000000 },
		{ "+2", 2000000000 },
		{ "0.000_000_01e10", 100000000000 },
		{ "", NO },
		{ "s", NO },
		{ "-1", NO },
		{ "1 ", NO },
		{ " 1", NO },
		{ "1x", NO },
		{ "1ks", NO },
		{ "1..2", NO },
		{ "1e", NO },
		{ "1e+", NO },
		{ "e3", NO },
		{ ".", NO },
		{ "0x10", NO },
		{ "1 2s", NO },
	};
	uint64_t v;

	units(nf_addr_time_ns, cases, UK_ARRAY_SIZE(cases));
	assert_int_equal(nf_addr_time_ns("18446744073.709551615", &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(nf_addr_time_ns("18446744074", &v), -ERANGE);
	assert_int_equal(nf_addr_time_ns("1e99999999999999999", &v), -ERANGE);
	assert_int_equal(nf_addr_time_ns("213504d", &v), -ERANGE);
	assert_int_equal(nf_addr_time_ns("0e99999999999999999", &v), 0);
	assert_true(v == 0);
	assert_int_equal(nf_addr_time_ns("1e-99999999999999999", &v), 0);
	assert_true(v == 0);
}

static void test_bandwidth(void **state)
{
	static const struct unit_case cases[] = {
		{ "1000", 1000 },
		{ "8bps", 1 },
		{ "8 bps", 1 },
		{ "8baud", 1 },
		{ "8b/s", 1 },
		{ "1kbps", 125 },
		{ "1 kbps", 125 },
		{ "1 Kbps", 125 },
		{ "10Mbps", 1250000 },
		{ "10.5 Mbps", 1312500 },
		{ "1Gbps", 125000000 },
		{ "1Tbps", 125000000000 },
		{ "1Bps", 1 },
		{ "5 kB/s", 5000 },
		{ "2MBps", 2000000 },
		{ "1KiBps", 1024 },
		{ "1 MiB/s", 1048576 },
		{ "1Kibps", 128 },
		{ "2GiB/s", 2147483648 },
		{ "0", 0 },
		{ "", NO },
		{ "bps", NO },
		{ "10k", NO },
		{ "10kk", NO },
		{ "10ibps", NO },
		{ "-1", NO },
		{ "1 mbps", NO },
	};
	uint64_t v;

	units(nf_addr_bandwidth, cases, UK_ARRAY_SIZE(cases));
	assert_int_equal(nf_addr_bandwidth("1e30", &v), -ERANGE);
	assert_int_equal(nf_addr_bandwidth("99999999999GiB/s", &v), -ERANGE);
}

static void test_decimal(void **state)
{
	uint64_t v;

	assert_int_equal(nf_addr_decimal("1.25", 4, 2, &v), 0);
	assert_true(v == 125);
	assert_int_equal(nf_addr_decimal("1.25", 3, 0, &v), 0); /* 1.2 */
	assert_true(v == 1);
	assert_int_equal(nf_addr_decimal("1.5", 3, 0, &v), 0);
	assert_true(v == 2);
	assert_int_equal(nf_addr_decimal("0.05", 4, 1, &v), 0);
	assert_true(v == 1);
	assert_int_equal(nf_addr_decimal("0.05", 4, 0, &v), 0);
	assert_true(v == 0);
	assert_int_equal(nf_addr_decimal("123", 3, -1, &v), 0);
	assert_true(v == 12);
	assert_int_equal(nf_addr_decimal("5", 1, -1, &v), 0);
	assert_true(v == 1);
	assert_int_equal(nf_addr_decimal("5", 1, -2, &v), 0);
	assert_true(v == 0);
	assert_int_equal(nf_addr_decimal("18446744073709551615.4", 22, 0, &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(nf_addr_decimal("18446744073709551615.5", 22, 0, &v), -ERANGE);
}

static void test_ip4(void **state)
{
	static const char *const bad[] = { "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4 ",
		" 1.2.3.4", "1..3.4", ".1.2.3", "1.2.3.", "a.b.c.d", "1.2.3.0004", "0x1.2.3.4",
		"1,2,3,4" };
	char buf[NF_ADDR_IP4_LEN];
	uint32_t be;

	assert_int_equal(nf_addr_ip4("1.2.3.4", &be), 0);
	assert_int_equal(nf_inet_ntoh32(be), 0x01020304);
	assert_int_equal(nf_addr_ip4("255.255.255.255", &be), 0);
	assert_string_equal(nf_addr_print_ip4(be, buf), "255.255.255.255");
	assert_int_equal(nf_addr_ip4("010.0.0.09", &be), 0); /* decimal, as in Click */
	assert_string_equal(nf_addr_print_ip4(be, buf), "10.0.0.9");
	for (unsigned i = 0; i < UK_ARRAY_SIZE(bad); i++)
		assert_int_equal(nf_addr_ip4(bad[i], &be), -EINVAL);
}

static void test_ip4_prefix(void **state)
{
	static const struct {
		const char *s;
		uint32_t addr, mask;
	} good[] = {
		{ "10.0.0.0/8", 0x0a000000, 0xff000000 },
		{ "10/8", 0x0a000000, 0xff000000 },
		{ "18.26.4/24", 0x121a0400, 0xffffff00 },
		{ "10.1.2.3/8", 0x0a010203, 0xff000000 },
		{ "1.2.3.4", 0x01020304, 0xffffffff },
		{ "1.2.3.4/32", 0x01020304, 0xffffffff },
		{ "0.0.0.0/0", 0, 0 },
		{ "0/0", 0, 0 },
		{ "1.2.3.4/255.0.255.0", 0x01020304, 0xff00ff00 },
		{ "1.2.3.4/0.0.0.0", 0x01020304, 0 },
		{ "128.0.0.0/1", 0x80000000, 0x80000000 },
	};
	static const char *const bad[] = { "", "/", "10/", "/8", "18.26/24", "10", "1.2.3.4/33",
		"1.2.3.4/-1", "1.2.3.4/8/8", "1.2.3.4/255.0.0", "18.26/255.255.0.0", "1.2.3.4/ 8",
		"10./8" };
	uint32_t be, mask;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(good); i++) {
		if (nf_addr_ip4_prefix(good[i].s, &be, &mask) != 0)
			fail_msg("%s", good[i].s);
		assert_int_equal(nf_inet_ntoh32(be), good[i].addr);
		assert_int_equal(nf_inet_ntoh32(mask), good[i].mask);
	}
	for (unsigned i = 0; i < UK_ARRAY_SIZE(bad); i++) {
		if (nf_addr_ip4_prefix(bad[i], &be, &mask) != -EINVAL)
			fail_msg("%s", bad[i]);
	}
}

static void test_ip6(void **state)
{
	/* as it is read, as it is printed (RFC 5952) */
	static const char *const good[][2] = {
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "1:0:0:2:0:0:0:3", "1:0:0:2::3" },
		{ "1:0:0:2:3:0:0:4", "1::2:3:0:0:4" },
		{ "1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7" },
		{ "::ffff:1.2.3.4", "::ffff:1.2.3.4" },
		{ "::13.1.68.3", "::d01:4403" },
		{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
		{ "fe80:0000::0001", "fe80::1" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ "0:0:0:0:0:0:0:1", "::1" },
	};
	static const char *const bad[] = { "", ":", ":::", "1", "1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9", "1::2::3",
		"12345::", "g::", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:", ":1",
		"1::2:", "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4", "::1.2.3", "::1 ", " ::1", "::1%eth0",
		"1:2:3:4::5:6:7:8" };
	char buf[NF_ADDR_IP6_LEN];
	struct nf_ip6 v, again;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(good); i++) {
		if (nf_addr_ip6(good[i][0], &v) != 0)
			fail_msg("%s", good[i][0]);
		assert_string_equal(nf_addr_print_ip6(&v, buf), good[i][1]);
		assert_int_equal(nf_addr_ip6(buf, &again), 0);
		assert_memory_equal(&v, &again, 16);
	}
	for (unsigned i = 0; i < UK_ARRAY_SIZE(bad); i++) {
		if (nf_addr_ip6(bad[i], &v) != -EINVAL)
			fail_msg("%s", bad[i]);
	}
	memset(&v, 0xff, sizeof(v));
	assert_string_equal(nf_addr_print_ip6(&v, buf), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void test_ip6_prefix(void **state)
{
	struct nf_ip6 v;
	unsigned len;

	assert_int_equal(nf_addr_ip6_prefix("2001:db8::/32", &v, &len), 0);
	assert_int_equal(len, 32);
	assert_int_equal(v.b[0], 0x20);
	assert_int_equal(nf_addr_ip6_prefix("::/0", &v, &len), 0);
	assert_int_equal(len, 0);
	assert_int_equal(nf_addr_ip6_prefix("::1", &v, &len), 0);
	assert_int_equal(len, 128);
	assert_int_equal(nf_addr_ip6_prefix("::1/129", &v, &len), -EINVAL);
	assert_int_equal(nf_addr_ip6_prefix("::1/", &v, &len), -EINVAL);
	assert_int_equal(nf_addr_ip6_prefix("/8", &v, &len), -EINVAL);
	assert_int_equal(
		nf_addr_ip6_prefix("1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/8", &v, &len),
		-EINVAL);
}

static void test_ether(void **state)
{
	static const char *const bad[] = { "", "1:2:3:4:5", "1:2:3:4:5:6:7", "1:2:3:4:5:g",
		"1:2:3:4:5:", "001:2:3:4:5:6", "1:2-3:4:5:6", "1.2.3.4.5.6", "1:2:3:4:5:6 ",
		"::::::" };
	char buf[NF_ADDR_ETHER_LEN];
	uint8_t v[6];

	assert_int_equal(nf_addr_ether("00:1b:21:aB:0:ff", v), 0);
	assert_string_equal(nf_addr_print_ether(v, buf), "00-1B-21-AB-00-FF");
	assert_int_equal(nf_addr_ether("1-2-3-4-5-6", v), 0);
	assert_string_equal(nf_addr_print_ether(v, buf), "01-02-03-04-05-06");
	for (unsigned i = 0; i < UK_ARRAY_SIZE(bad); i++)
		assert_int_equal(nf_addr_ether(bad[i], v), -EINVAL);
}

static void test_names(void **state)
{
	uint16_t port;
	uint8_t proto;

	assert_int_equal(nf_addr_service("http", NF_IP_TCP, &port), 0);
	assert_int_equal(port, 80);
	assert_int_equal(nf_addr_service("domain", NF_IP_UDP, &port), 0);
	assert_int_equal(port, 53);
	assert_int_equal(nf_addr_service("smtp", NF_IP_TCP, &port), 0);
	assert_int_equal(nf_addr_service("smtp", NF_IP_UDP, &port), -EINVAL);
	assert_int_equal(nf_addr_service("smtp", 0, &port), 0);
	assert_int_equal(nf_addr_service("", 0, &port), -EINVAL);
	assert_int_equal(nf_addr_service("exec", NF_IP_TCP, &port), 0);
	assert_int_equal(port, 512);
	assert_int_equal(nf_addr_ip_proto("tcp", &proto), 0);
	assert_int_equal(proto, 6);
	assert_int_equal(nf_addr_ip_proto("47", &proto), 0);
	assert_int_equal(proto, 47);
	assert_int_equal(nf_addr_ip_proto("256", &proto), -EINVAL);
	assert_int_equal(nf_addr_ip_proto("TCP?", &proto), -EINVAL);
}

static void test_print_time(void **state)
{
	struct nf_text t = { 0 };

	nf_addr_print_time(1500000000, &t);
	nf_text_add(&t, " ", 1);
	nf_addr_print_time(1, &t);
	nf_text_add(&t, " ", 1);
	nf_addr_print_time(UINT64_MAX, &t);
	assert_string_equal(nf_text_get(&t), "1.500000 0.000000001 18446744073.709551615");
	nf_text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_i64),
		cmocka_unit_test(test_bool),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_bandwidth),
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_ip4),
		cmocka_unit_test(test_ip4_prefix),
		cmocka_unit_test(test_ip6),
		cmocka_unit_test(test_ip6_prefix),
		cmocka_unit_test(test_ether),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_print_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
