/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "pktgen-bench/guest/hist.h"

static uint64_t xorshift(void)
{
	static uint64_t s = 88172645463325252u;

	s ^= s << 13;
	s ^= s >> 7;
	return s ^= s << 17;
}

/* Buckets tile the numbers: no gap, no overlap, none wider than 1/32 of its values. */
static void test_tiles(void **state)
{
	(void)state;
	assert_int_equal(pg_hist_low(0), 0);
	for (unsigned int i = 0; i + 1 < PG_HIST_BUCKETS; i++) {
		uint64_t low = pg_hist_low(i), high = pg_hist_high(i);

		assert_int_equal(pg_hist_bucket(low), i);
		assert_int_equal(pg_hist_bucket(high), i);
		assert_int_equal(pg_hist_low(i + 1), high + 1);
		assert_true((high - low) * 32 <= low);
	}
	assert_int_equal(pg_hist_bucket(((uint64_t)1 << 40) - 1), PG_HIST_BUCKETS - 1);
	assert_int_equal(pg_hist_bucket((uint64_t)1 << 40), PG_HIST_BUCKETS - 1);
	assert_int_equal(pg_hist_bucket(UINT64_MAX), PG_HIST_BUCKETS - 1);
}

static void test_empty(void **state)
{
	(void)state;
	static struct pg_hist h;

	pg_hist_reset(&h);
	assert_int_equal(pg_hist_percentile(&h, 500000), 0);
	assert_int_equal(pg_hist_percentile(&h, 0), 0);
	assert_int_equal(pg_hist_percentile(&h, 1000000), 0);
	assert_int_equal(pg_hist_mean(&h), 0);
}

static void test_small_exact(void **state)
{
	(void)state;
	static struct pg_hist h;

	pg_hist_reset(&h);
	for (uint64_t v = 1; v <= 50; v++)
		pg_hist_record(&h, v);
	assert_int_equal(h.min, 1);
	assert_int_equal(h.max, 50);
	assert_int_equal(pg_hist_mean(&h), 25);
	assert_int_equal(pg_hist_percentile(&h, 0), 1);
	assert_int_equal(pg_hist_percentile(&h, 1), 1);
	assert_int_equal(pg_hist_percentile(&h, 500000), 25);
	assert_int_equal(pg_hist_percentile(&h, 500001), 26);
	assert_int_equal(pg_hist_percentile(&h, 980000), 49);
	assert_int_equal(pg_hist_percentile(&h, 1000000), 50);

	pg_hist_reset(&h);
	for (uint64_t v = 1; v <= 7; v++)
		pg_hist_record(&h, v);
	assert_int_equal(pg_hist_percentile(&h, 857142), 6); /* 5.999994 values */
	assert_int_equal(pg_hist_percentile(&h, 857143), 7); /* 6.000001 values */
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Against the sorted values themselves: never below the true one, at most 1/32 above. */
static void test_percentiles(void **state)
{
	(void)state;
	enum { N = 20000 };
	static uint64_t values[N];
	static struct pg_hist h;

	pg_hist_reset(&h);
	for (unsigned int i = 0; i < N; i++) {
		values[i] = xorshift() >> (24 + xorshift() % 36);
		pg_hist_record(&h, values[i]);
	}
	qsort(values, N, sizeof(values[0]), compare);
	for (uint32_t ppm = 50; ppm <= 1000000; ppm += 50) {
		uint64_t exact = values[((uint64_t)N * ppm + 999999) / 1000000 - 1];
		uint64_t got = pg_hist_percentile(&h, ppm);

		assert_true(got >= exact && got - exact <= exact / 32);
	}
	assert_int_equal(h.min, values[0]);
	assert_int_equal(h.max, values[N - 1]);
}

/* Values beyond the last bucket do not distort the maximum. */
static void test_overflow(void **state)
{
	(void)state;
	static struct pg_hist h;

	pg_hist_reset(&h);
	pg_hist_record(&h, UINT64_MAX / 4);
	pg_hist_record(&h, 10);
	assert_int_equal(pg_hist_percentile(&h, 500000), 10);
	assert_int_equal(pg_hist_percentile(&h, 1000000), UINT64_MAX / 4);
}

/* Two halves merged are the whole, in either order and with an empty one. */
static void test_merge(void **state)
{
	(void)state;
	static struct pg_hist all, half[2], none, sum;

	for (unsigned int i = 0; i < 5000; i++) {
		uint64_t v = 100 + (xorshift() >> (30 + xorshift() % 30));

		pg_hist_record(&all, v);
		pg_hist_record(&half[v & 1], v);
	}
	for (unsigned int first = 0; first < 2; first++) {
		pg_hist_reset(&sum);
		pg_hist_merge(&sum, &none);
		pg_hist_merge(&sum, &half[first]);
		pg_hist_merge(&sum, &none);
		pg_hist_merge(&sum, &half[!first]);
		assert_memory_equal(&sum, &all, sizeof(all));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tiles),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_small_exact),
		cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
