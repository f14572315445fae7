/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "pktgen-bench/guest/args.h"

static const char *const modes[] = { "tx", "rx", "fwd", NULL };

static struct {
	uint64_t rate, burst;
	bool csum, csum_given;
	unsigned int mode;
	struct pg_flow_sizes size;
	uint32_t ip;
	struct pg_flow_range ips, ports;
	uint8_t mac[6];
} v;

static const struct pg_args_option options[] = {
	{ .name = "rate", .type = PG_ARGS_U64, .value = &v.rate, .max = UINT64_MAX },
	{ .name = "burst", .type = PG_ARGS_U64, .value = &v.burst, .min = 1, .max = 64 },
	{ .name = "csum", .type = PG_ARGS_BOOL, .value = &v.csum, .given = &v.csum_given },
	{ .name = "mode", .type = PG_ARGS_WORD, .value = &v.mode, .words = modes },
	{ .name = "size", .type = PG_ARGS_SIZES, .value = &v.size, .min = 64, .max = 1518 },
	{ .name = "ip", .type = PG_ARGS_IP, .value = &v.ip },
	{ .name = "ips", .type = PG_ARGS_IPS, .value = &v.ips },
	{ .name = "ports", .type = PG_ARGS_PORTS, .value = &v.ports, .min = 1, .max = 65535 },
	{ .name = "mac", .type = PG_ARGS_MAC, .value = v.mac },
};

static char error[PG_ARGS_ERROR_MAX];

static int parse(const char *arg)
{
	char copy[1024], *argv[] = { copy };

	strcpy(copy, arg);
	memset(error, 'x', sizeof(error));
	return pg_args_parse(options, UK_ARRAY_SIZE(options), 1, argv, error);
}

#define ASSERT_TAKEN(arg)   assert_int_equal(parse(arg), 0)
#define ASSERT_REFUSED(arg) assert_int_equal(parse(arg), -EINVAL)
#define ASSERT_SAYS(arg, sentence)                                                                 \
	do {                                                                                       \
		ASSERT_REFUSED(arg);                                                               \
		assert_string_equal(error, sentence);                                              \
	} while (0)

static void test_u64(void **state)
{
	(void)state;
	static const struct {
		const char *arg;
		uint64_t value;
	} good[] = {
		{ "rate=0", 0 },
		{ "rate=007", 7 },
		{ "rate=64k", 64000 },
		{ "rate=3M", 3000000 },
		{ "rate=10G", 10000000000 },
		{ "rate=14.88M", 14880000 },
		{ "rate=0.001k", 1 },
		{ "rate=18446744073709551615", UINT64_MAX },
		{ "rate=18446744073.709551615G", UINT64_MAX },
	};
	static const char *const bad[] = { "rate=", "rate", "rate=-1", "rate=+1", "rate= 1",
		"rate=1 ", "rate=0x10", "rate=1e3", "rate=k", "rate=.5k", "rate=5.k", "rate=1.5",
		"rate=1.0001k", "rate=1.5.5k", "rate=1kk", "rate=1K", "rate=18446744073709551616",
		"rate=18446744073709551615k", "rate=18446744073.709551616G", "rate=99999999999G",
		"burst=0", "burst=65", "burst=1k" };

	for (unsigned int i = 0; i < UK_ARRAY_SIZE(good); i++) {
		ASSERT_TAKEN(good[i].arg);
		assert_true(v.rate == good[i].value);
	}
	v.rate = 5;
	for (unsigned int i = 0; i < UK_ARRAY_SIZE(bad); i++)
		ASSERT_REFUSED(bad[i]);
	assert_int_equal(v.rate, 5);
	ASSERT_TAKEN("burst=64");
	ASSERT_REFUSED("burst=65");
	assert_int_equal(v.burst, 64);
	ASSERT_TAKEN("burst=1");
	assert_int_equal(v.burst, 1);
	ASSERT_SAYS(
		"burst=65", "burst='65' is not a number from 1 to 64, with k, M or G if need be");
	ASSERT_SAYS(
		"burst", "burst needs a value: a number from 1 to 64, with k, M or G if need be");
}

static void test_bool(void **state)
{
	(void)state;
	static const char *const words[] = { "csum=off", "csum", "csum=no", "csum=yes", "csum=0",
		"csum=1", "csum=false", "csum=true", "csum=off", "csum=on" };

	for (unsigned int i = 0; i < UK_ARRAY_SIZE(words); i++) {
		v.csum_given = false;
		ASSERT_TAKEN(words[i]);
		assert_int_equal(v.csum, i & 1);
		assert_true(v.csum_given);
	}
	v.csum_given = false;
	ASSERT_SAYS("csum=", "csum='' is not on or off");
	ASSERT_SAYS("csum=onn", "csum='onn' is not on or off");
	ASSERT_REFUSED("csum=o");
	assert_false(v.csum_given);
}

static void test_word(void **state)
{
	(void)state;
	ASSERT_TAKEN("mode=fwd");
	assert_int_equal(v.mode, 2);
	ASSERT_TAKEN("mode=tx");
	assert_int_equal(v.mode, 0);
	ASSERT_SAYS("mode=a ~b", "mode='a ~b' is not one of tx, rx, fwd");
	ASSERT_SAYS("mode=t", "mode='t' is not one of tx, rx, fwd");
	ASSERT_SAYS("mode=txx", "mode='txx' is not one of tx, rx, fwd");
	ASSERT_SAYS("mode", "mode needs a value: one of tx, rx, fwd");
}

static void test_sizes(void **state)
{
	(void)state;
	ASSERT_TAKEN("size=64");
	assert_int_equal(v.size.nb, 1);
	assert_int_equal(v.size.list[0], 64);
	ASSERT_TAKEN("size=1518,64,100");
	assert_int_equal(v.size.nb, 3);
	assert_int_equal(v.size.list[0], 1518);
	assert_int_equal(v.size.list[2], 100);
	ASSERT_TAKEN("size=64-1518");
	assert_int_equal(v.size.nb, 0);
	assert_int_equal(v.size.range.first, 64);
	assert_int_equal(v.size.range.last, 1518);
	ASSERT_TAKEN("size=imix");
	assert_memory_equal(&v.size, &pg_flow_imix, sizeof(v.size));
	ASSERT_TAKEN("size=64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,"
		     "64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,65");
	assert_int_equal(v.size.nb, PG_FLOW_SIZES);
	assert_int_equal(v.size.list[31], 65);

	static const char *const bad[] = { "size=", "size=63", "size=1519", "size=64,", "size=,64",
		"size=64,,65", "size=64-", "size=-64", "size=100-64", "size=64-1519", "size=63-100",
		"size=64-65-66", "size=64,70-80", "size=imi", "size=1k",
		"size=64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,"
		"64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64",
		"size=18446744073709551680", "size=65600" };

	for (unsigned int i = 0; i < UK_ARRAY_SIZE(bad); i++)
		ASSERT_REFUSED(bad[i]);
	assert_int_equal(v.size.list[31], 65);
	ASSERT_SAYS("size=63",
		"size='63' is not frame sizes from 64 to 1518: one, a list such as 64,128 (at most "
		"32), a range such as 64-256, or imix (64 to 1518)");
}

/* IMIX is no way around the limit of the sizes. */
static void test_imix_limit(void **state)
{
	(void)state;
	struct pg_flow_sizes sizes;
	const struct pg_args_option small[] = {
		{ .name = "size", .type = PG_ARGS_SIZES, .value = &sizes, .min = 64, .max = 1500 },
	};
	char arg[] = "size=imix", *argv[] = { arg };

	assert_int_equal(pg_args_parse(small, 1, 1, argv, error), -EINVAL);
}

static void test_ip(void **state)
{
	(void)state;
	ASSERT_TAKEN("ip=10.1.2.255");
	assert_int_equal(v.ip, 0x0a0102ff);
	ASSERT_TAKEN("ip=0.0.0.0");
	assert_int_equal(v.ip, 0);
	ASSERT_TAKEN("ips=255.255.255.255");
	assert_true(v.ips.first == UINT32_MAX && v.ips.last == UINT32_MAX);
	ASSERT_TAKEN("ips=10.0.0.1-10.0.0.254");
	assert_true(v.ips.first == 0x0a000001 && v.ips.last == 0x0a0000fe);

	static const char *const bad[] = { "ip=", "ip=10", "ip=10.0.0", "ip=10.0.0.",
		"ip=10.0.0.256", "ip=10.0.0.0.1", "ip=.10.0.0", "ip=10..0.1", "ip=10.0.0.01",
		"ip=10.0.0.0x1", "ip=10.0.0.1-10.0.0.2", "ip=10.0.0.4294967297",
		"ips=10.0.0.2-10.0.0.1", "ips=10.0.0.1-", "ips=-10.0.0.1",
		"ips=10.0.0.1-10.0.0.2-10.0.0.3", "ips=10.0.0.1-254", "ips=10.0.0.0/24" };

	for (unsigned int i = 0; i < UK_ARRAY_SIZE(bad); i++)
		ASSERT_REFUSED(bad[i]);
	assert_true(v.ips.first == 0x0a000001 && v.ips.last == 0x0a0000fe);
	ASSERT_SAYS("ips=10.0.0.2-10.0.0.1",
		"ips='10.0.0.2-10.0.0.1' is not an IPv4 address or a range such as "
		"10.0.0.1-10.0.0.254");
}

static void test_ports(void **state)
{
	(void)state;
	ASSERT_TAKEN("ports=80");
	assert_true(v.ports.first == 80 && v.ports.last == 80);
	ASSERT_TAKEN("ports=1-65535");
	assert_true(v.ports.first == 1 && v.ports.last == 65535);

	static const char *const bad[] = { "ports=", "ports=0", "ports=65536", "ports=0-5",
		"ports=5-65536", "ports=6-5", "ports=5-", "ports=-5", "ports=5-6-7", "ports=http" };

	for (unsigned int i = 0; i < UK_ARRAY_SIZE(bad); i++)
		ASSERT_REFUSED(bad[i]);
	ASSERT_SAYS(
		"ports=0", "ports='0' is not a port from 1 to 65535 or a range such as 1000-1999");
}

static void test_mac(void **state)
{
	(void)state;
	static const uint8_t mac[6] = { 0x02, 0xaB, 0xcd, 0xEF, 0x00, 0x9f };

	ASSERT_TAKEN("mac=02:aB:cd:EF:00:9f");
	assert_memory_equal(v.mac, mac, 6);

	static const char *const bad[] = { "mac=", "mac=02:ab:cd:ef:00", "mac=02:ab:cd:ef:00:9",
		"mac=02:ab:cd:ef:00:9ff", "mac=02-ab-cd-ef-00-9f", "mac=02:ab:cd:ef:00:9g",
		"mac=02:ab:cd:ef:00:/0",
		"mac=02ab:cd:ef:00:9f:", "mac=02:ab:cd:ef:00:9f:", "mac=2:abc:cd:ef:00:9f",
		"mac=02:ab:cd:ef:00:@0", "mac=02:ab:cd:ef:00:`0" };

	for (unsigned int i = 0; i < UK_ARRAY_SIZE(bad); i++)
		ASSERT_REFUSED(bad[i]);
	assert_memory_equal(v.mac, mac, 6);
	ASSERT_SAYS("mac=x", "mac='x' is not a MAC address such as 02:00:00:00:00:01");
}

static void test_names(void **state)
{
	(void)state;
	static const char *const list = "; the options are rate, burst, csum, mode, size, ip, ips, "
					"ports, mac";
	static const char *const bad[] = { "", "=", "rat=1", "ratee=1", "Rate=1", "-rate=1" };
	char expected[200];

	for (unsigned int i = 0; i < UK_ARRAY_SIZE(bad); i++) {
		ASSERT_REFUSED(bad[i]);
		assert_non_null(strstr(error, list));
	}
	ASSERT_REFUSED("speed=5");
	strcpy(expected, "unknown option 'speed'");
	assert_string_equal(error, strcat(expected, list));
}

/* What comes from outside can neither break the sentence nor the terminal. */
static void test_hostile(void **state)
{
	(void)state;
	char arg[1000] = "burst=";

	ASSERT_SAYS("mode=\033[2J\n\xff", "mode='?[2J?\?' is not one of tx, rx, fwd");
	memset(arg + 6, '9', 900);
	ASSERT_REFUSED(arg);
	assert_non_null(strstr(error, "999...' is not a number from 1 to 64"));
	memset(arg, 'n', 900);
	ASSERT_REFUSED(arg);
	assert_non_null(strstr(error, "nnn...'; the options are rate"));
}

static void test_several(void **state)
{
	(void)state;
	char a[] = "rate=5", b[] = "csum", c[] = "rate=6", d[] = "burst=0";
	char *good[] = { a, b }, *twice[] = { a, c }, *second[] = { a, d };

	v.rate = 0;
	assert_int_equal(pg_args_parse(options, UK_ARRAY_SIZE(options), 2, good, error), 0);
	assert_int_equal(v.rate, 5);
	assert_int_equal(pg_args_parse(options, UK_ARRAY_SIZE(options), 0, NULL, error), 0);
	assert_int_equal(pg_args_parse(options, UK_ARRAY_SIZE(options), 2, twice, error), -EINVAL);
	assert_string_equal(error, "rate is given twice");
	assert_int_equal(pg_args_parse(options, UK_ARRAY_SIZE(options), 2, second, error), -EINVAL);
	assert_non_null(strstr(error, "burst='0'"));
}

/* A text longer than its space is cut, not overrun. */
static void test_expects_cut(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < UK_ARRAY_SIZE(options); i++) {
		char whole[300], text[300];

		pg_args_expects(&options[i], whole, sizeof(whole));
		for (size_t size = 1; size < 200; size++) {
			memset(text, 'x', sizeof(text));
			pg_args_expects(&options[i], text, size);
			assert_true(strlen(text) < size);
			assert_memory_equal(text, whole, strlen(text));
			assert_int_equal(text[size], 'x');
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_bool),
		cmocka_unit_test(test_word),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_imix_limit),
		cmocka_unit_test(test_ip),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_expects_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
