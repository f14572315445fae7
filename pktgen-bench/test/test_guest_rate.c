/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include "pktgen-bench/guest/rate.h"

static uint64_t xorshift(void)
{
	static uint64_t s = 88172645463325252u;

	s ^= s << 13;
	s ^= s >> 7;
	return s ^= s << 17;
}

static void test_limits(void **state)
{
	(void)state;
	struct pg_rate r;

	assert_int_equal(pg_rate_start(&r, 1, 0, 32, 0), -EINVAL);
	assert_int_equal(pg_rate_start(&r, 1, 1000, 0, 0), -EINVAL);
	assert_int_equal(pg_rate_start(&r, PG_RATE_PPS_MAX + 1, 1000, 1, 0), -EINVAL);
	assert_int_equal(pg_rate_start(&r, 1, PG_RATE_HZ_MAX + 1, 1, 0), -EINVAL);
	assert_int_equal(pg_rate_start(&r, 1, 1000, PG_RATE_BURST_MAX + 1, 0), -EINVAL);
	assert_int_equal(
		pg_rate_start(&r, PG_RATE_PPS_MAX, PG_RATE_HZ_MAX, PG_RATE_BURST_MAX, 0), 0);
}

static void test_unlimited(void **state)
{
	(void)state;
	struct pg_rate r;

	assert_int_equal(pg_rate_start(&r, 0, 2600000000u, 32, 5), 0);
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(pg_rate_take(&r, 5, i), i);
}

/*
 * Polled at any intervals in which the bucket does not overflow: after t exactly pps * t
 * packets have been granted or lie in the bucket, whatever t is.
 */
static void exact_at(uint64_t pps, uint64_t hz, uint32_t burst)
{
	const uint64_t start = UINT64_MAX - hz; /* the counter wraps on the way */
	uint64_t now = start, granted = 0;
	uint64_t most = (uint64_t)burst * hz / pps; /* cycles in which a bucket fills */
	struct pg_rate r;

	assert_int_equal(pg_rate_start(&r, pps, hz, burst, now), 0);
	for (unsigned int i = 0; i < 200000; i++) {
		now += xorshift() % most;
		uint32_t want = xorshift() % 8 ? burst : 1 + xorshift() % burst;
		uint32_t got = pg_rate_take(&r, now, want);

		granted += got;
		if (got == want) /* what may be left over must not overflow the bucket */
			granted += pg_rate_take(&r, now, burst);
		unsigned __int128 earned = (unsigned __int128)(now - start) * pps / hz;

		assert_int_equal(granted + r.credit / hz, earned);
		assert_true(r.credit < hz);
	}
}

static void test_exact(void **state)
{
	(void)state;
	exact_at(14880952, 2600000000u, 32);
	exact_at(1, 2600000000u, 32);
	exact_at(3, 2599999999u, 1);
	exact_at(60000000, 2600000001u, 32);
	exact_at(100000000, 1000000000, 64);
	exact_at(999983, 2399999987u, 7);
}

/* An idle spell, however long, earns one burst and no more. */
static void test_burst(void **state)
{
	(void)state;
	const uint64_t hz = 2600000000u;
	struct pg_rate r;
	uint64_t now = 1000;
	unsigned int i = 0;

	assert_int_equal(pg_rate_start(&r, 1000000, hz, 32, now), 0);
	assert_int_equal(pg_rate_take(&r, now, 32), 0);
	for (uint64_t idle = hz; idle < UINT64_MAX / 4; idle *= 3) {
		now += idle;
		assert_int_equal(pg_rate_take(&r, now, i++ % 2 ? UINT32_MAX : 1000), 32);
		assert_int_equal(pg_rate_take(&r, now, 1000), 0);
		now += 2600;
		assert_int_equal(pg_rate_take(&r, now, 1000), 1);
	}
}

/* A packet goes in the cycle that earns it, not before. */
static void test_edge(void **state)
{
	(void)state;
	struct pg_rate r;

	assert_int_equal(pg_rate_start(&r, 1000000, 2600000000u, 32, 7), 0);
	for (uint64_t n = 1; n < 100; n++) {
		assert_int_equal(pg_rate_take(&r, 7 + 2600 * n - 1, 1), 0);
		assert_int_equal(pg_rate_take(&r, 7 + 2600 * n, 2), 1);
	}
}

/* A ring that was full gives back; the bucket never overflows by it. */
static void test_untake(void **state)
{
	(void)state;
	struct pg_rate r;

	assert_int_equal(pg_rate_start(&r, 1000, 1000000, 16, 0), 0);
	assert_int_equal(pg_rate_take(&r, 10000, 32), 10);
	pg_rate_untake(&r, 7);
	assert_int_equal(pg_rate_take(&r, 10000, 32), 7);
	pg_rate_untake(&r, 7);
	assert_int_equal(pg_rate_take(&r, 20000000, 4), 4);
	pg_rate_untake(&r, 4);
	pg_rate_untake(&r, 4);
	assert_int_equal(pg_rate_take(&r, 20000000, 100), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_unlimited),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_edge),
		cmocka_unit_test(test_untake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
