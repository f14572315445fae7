/* SPDX-License-Identifier: BSD-3-Clause */
/* The words of the programs, sizes and addresses as text. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "nf-apps/kvs/net_opts.h"

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		int rc;
		uint64_t v;
	} cases[] = {
		{ "0", 0, 0 },
		{ "1234", 0, 1234 },
		{ "64K", 0, 65536 },
		{ "2M", 0, 2 << 20 },
		{ "3G", 0, 3ull << 30 },
		{ "", -EINVAL, 0 },
		{ "K", -EINVAL, 0 },
		{ "1k", -EINVAL, 0 },
		{ "1KM", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "1.5G", -EINVAL, 0 },
		{ "99999999999999999999", -EINVAL, 0 },
		{ "18446744073709551G", -EINVAL, 0 },
	};

	for (unsigned i = 0; i < UK_ARRAY_SIZE(cases); i++) {
		uint64_t v = 0;

		assert_int_equal(nf_net_opts_size(cases[i].text, &v), cases[i].rc);
		if (cases[i].rc == 0)
			assert_int_equal(v, cases[i].v);
	}
}

static void test_words(void **state)
{
	static const char *const bad[] = { "", "port", "port=", "port=0", "port=65536", "nosuch=1",
		"evict=2", "burst=65", "mem=1M", "mem=33G", "por=1", "port =1", "PORT=1" };
	struct nf_net_opts o = nf_net_opts_default, was;

	assert_int_equal(nf_net_opts_word(&o, "kvs", "port=11212"), 0);
	assert_int_equal(nf_net_opts_word(&o, "kvs", "mem=64M"), 0);
	assert_int_equal(nf_net_opts_word(&o, "kvs", "item-max=1K"), 0);
	assert_int_equal(nf_net_opts_word(&o, "kvs", "evict=0"), 0);
	assert_int_equal(o.port, 11212);
	assert_int_equal(o.mem, 64 << 20);
	assert_int_equal(o.item_max, 1024);
	assert_int_equal(o.evict, 0);
	was = o;
	for (unsigned i = 0; i < UK_ARRAY_SIZE(bad); i++)
		assert_int_equal(nf_net_opts_word(&o, "kvs", bad[i]), -EINVAL);
	assert_memory_equal(&o, &was, sizeof(o));
}

static void test_ip4(void **state)
{
	static const char *const bad[] = { "", "10.0.0", "10.0.0.256", "10.0.0.2/33", "dhcp",
		"127.0.0.1/8", "224.0.0.1/4", "0.0.0.0", "10.0.0.2/24 ", "fd00::2" };
	struct nf_net_conf c = { 0 };

	assert_int_equal(nf_net_opts_ip4("10.0.0.2/24:10.0.0.1:8.8.8.8", &c), 0);
	assert_int_equal(__builtin_bswap32(c.ip4), 0x0a000002);
	assert_int_equal(__builtin_bswap32(c.ip4_mask), 0xffffff00);
	assert_int_equal(nf_net_opts_ip4("10.0.0.3", &c), 0);
	assert_int_equal(__builtin_bswap32(c.ip4_mask), 0xffffffff);
	assert_int_equal(nf_net_opts_ip4("none", &c), 0);
	assert_int_equal(c.ip4, 0);
	for (unsigned i = 0; i < UK_ARRAY_SIZE(bad); i++)
		assert_int_equal(nf_net_opts_ip4(bad[i], &c), -EINVAL);
}

static void test_ip6(void **state)
{
	static const char *const bad[] = { "", "auto", "ff02::1", "::", "::1", "fd00::2/129",
		"fd00::g", "10.0.0.1" };
	static const uint8_t want[16] = { 0xfd, [15] = 2 }, none[16];
	struct nf_net_conf c = { 0 };

	assert_int_equal(nf_net_opts_ip6("fd00::2/64,fd00::1", &c), 0);
	assert_memory_equal(c.ip6, want, 16);
	assert_int_equal(nf_net_opts_ip6("none", &c), 0);
	assert_memory_equal(c.ip6, none, 16);
	for (unsigned i = 0; i < UK_ARRAY_SIZE(bad); i++)
		assert_int_equal(nf_net_opts_ip6(bad[i], &c), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_ip4),
		cmocka_unit_test(test_ip6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
