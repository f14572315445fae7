/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "pktgen-bench/host/hist.h"

static struct pg_hist hist, other;

/* Every value lies in a bucket whose upper edge is not below it and at most 1/32 above. */
static void buckets_cover_all_values(void **state)
{
	(void)state;
	for (unsigned int bit = 0; bit < PG_HIST_MAX_BITS; bit++) {
		for (int d = -2; d <= 2; d++) {
			uint64_t v = (1ull << bit) + (uint64_t)(int64_t)d;
			unsigned int b;

			if (v >= 1ull << PG_HIST_MAX_BITS)
				continue;
			b = pg_hist_index(v);
			assert_in_range(b, 0, PG_HIST_BUCKETS - 1);
			assert_true(pg_hist_upper(b) >= v);
			assert_true(pg_hist_upper(b) - v <= v / 32);
			assert_true(b == 0 || pg_hist_upper(b - 1) < v);
		}
	}
	assert_int_equal(pg_hist_index(UINT64_MAX), PG_HIST_BUCKETS - 1);
}

static void percentiles_of_a_ramp(void **state)
{
	(void)state;
	pg_hist_reset(&hist);
	assert_int_equal(pg_hist_permille(&hist, 500), 0);
	for (uint64_t v = 1; v <= 100000; v++)
		pg_hist_add(&hist, v);
	assert_int_equal(hist.nb, 100000);
	assert_int_equal(hist.min, 1);
	assert_int_equal(hist.max, 100000);
	assert_int_equal(hist.sum, 5000050000u);
	assert_in_range(pg_hist_permille(&hist, 500), 50000, 50000 + 50000 / 32);
	assert_in_range(pg_hist_permille(&hist, 990), 99000, 100000);
	assert_int_equal(pg_hist_permille(&hist, 1000), 100000);
	assert_int_equal(pg_hist_permille(&hist, 0), 1);
}

static void one_sample_is_every_percentile(void **state)
{
	(void)state;
	pg_hist_reset(&hist);
	pg_hist_add(&hist, 123456);
	assert_int_equal(pg_hist_permille(&hist, 1), 123456);
	assert_int_equal(pg_hist_permille(&hist, 500), 123456);
	assert_int_equal(pg_hist_permille(&hist, 999), 123456);
}

static void huge_values_are_kept_exact_at_the_end(void **state)
{
	(void)state;
	pg_hist_reset(&hist);
	pg_hist_add(&hist, 1);
	pg_hist_add(&hist, 1ull << 50);
	assert_int_equal(hist.max, 1ull << 50);
	assert_int_equal(pg_hist_permille(&hist, 999), 1ull << 50);
}

static void merging_equals_adding(void **state)
{
	static struct pg_hist both;

	(void)state;
	pg_hist_reset(&hist);
	pg_hist_reset(&other);
	pg_hist_reset(&both);
	srand(7);
	for (int i = 0; i < 5000; i++) {
		uint64_t v = (uint64_t)rand() * (uint64_t)(rand() % 1000 + 1);

		pg_hist_add(i % 3 ? &hist : &other, v);
		pg_hist_add(&both, v);
	}
	pg_hist_merge(&hist, &other);
	assert_memory_equal(&hist, &both, sizeof(both));
	/* Merging an empty one changes nothing. */
	pg_hist_reset(&other);
	pg_hist_merge(&hist, &other);
	assert_memory_equal(&hist, &both, sizeof(both));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_cover_all_values),
		cmocka_unit_test(percentiles_of_a_ramp),
		cmocka_unit_test(one_sample_is_every_percentile),
		cmocka_unit_test(huge_values_are_kept_exact_at_the_end),
		cmocka_unit_test(merging_equals_adding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
