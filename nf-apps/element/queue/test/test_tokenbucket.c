/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "nf-apps/element/queue/tokenbucket.h"

#define SECOND 1000000000ull

static struct nf_tokenbucket full(uint64_t rate, uint64_t capacity)
{
	struct nf_tokenbucket b = { .rate = 0 };

	nf_tokenbucket_set(&b, rate, capacity);
	nf_tokenbucket_level(&b, UINT64_MAX, 0);
	return b;
}

/* Takes whatever is there at irregular times, always before the bucket is full: not one is lost. */
static void test_no_drift(void **state)
{
	static const uint64_t rates[] = { 1, 3, 7, 999, 1000003, 999999937 };

	for (unsigned i = 0; i < UK_ARRAY_SIZE(rates); i++) {
		struct nf_tokenbucket b = full(rates[i], 1000000000);
		uint64_t now = 0, taken = 0, step = 1;

		nf_tokenbucket_level(&b, 0, 0);
		while (now < 1000 * SECOND) {
			step = step * 48271 % 2147483647;
			now += step % 900000000;
			nf_tokenbucket_fill(&b, now);
			while (nf_tokenbucket_has(&b, 1)) {
				uint64_t n = nf_tokenbucket_size(&b);

				nf_tokenbucket_take(&b, (uint32_t)n);
				taken += n;
			}
		}
		assert_int_equal(taken, (unsigned __int128)now * rates[i] / SECOND);
	}
}

static void test_capacity(void **state)
{
	struct nf_tokenbucket b = full(10, 4);

	for (int i = 0; i < 4; i++) {
		assert_true(nf_tokenbucket_has(&b, 1));
		nf_tokenbucket_take(&b, 1);
	}
	assert_false(nf_tokenbucket_has(&b, 1));
	nf_tokenbucket_fill(&b, 100 * SECOND);
	assert_int_equal(nf_tokenbucket_size(&b), 4);
	assert_false(nf_tokenbucket_has(&b, 5));
	assert_int_equal(nf_tokenbucket_wait_ns(&b, 5), UINT64_MAX);
}

/* Coming a little late each time does not cost rate, even if only one token fits. */
static void test_late(void **state)
{
	struct nf_tokenbucket b = full(100, 1);
	uint64_t now = 0, taken = 0;

	while (now <= 10 * SECOND) {
		nf_tokenbucket_fill(&b, now);
		while (nf_tokenbucket_has(&b, 1)) {
			nf_tokenbucket_take(&b, 1);
			taken++;
		}
		now += nf_tokenbucket_wait_ns(&b, 1) + 50000;
	}
	assert_in_range(taken, 1000, 1001);
}

static void test_wait(void **state)
{
	struct nf_tokenbucket b = full(3, 10);

	nf_tokenbucket_level(&b, 0, 0);
	assert_int_equal(nf_tokenbucket_wait_ns(&b, 0), 0);
	assert_int_equal(nf_tokenbucket_wait_ns(&b, 1), 333333334);
	nf_tokenbucket_fill(&b, 333333333);
	assert_false(nf_tokenbucket_has(&b, 1));
	nf_tokenbucket_fill(&b, 333333334);
	assert_true(nf_tokenbucket_has(&b, 1));
}

static void test_debt(void **state)
{
	struct nf_tokenbucket b = full(1000, 100);

	nf_tokenbucket_take(&b, 1500);
	assert_false(nf_tokenbucket_has(&b, 0));
	assert_int_equal(nf_tokenbucket_size(&b), 0);
	assert_int_equal(nf_tokenbucket_wait_ns(&b, 0), 1400 * SECOND / 1000);
	nf_tokenbucket_fill(&b, 1399999999);
	assert_false(nf_tokenbucket_has(&b, 0));
	nf_tokenbucket_fill(&b, 1400000000);
	assert_true(nf_tokenbucket_has(&b, 0));
}

static void test_no_rate(void **state)
{
	struct nf_tokenbucket b = full(0, 5);

	nf_tokenbucket_take(&b, 5);
	nf_tokenbucket_fill(&b, UINT64_MAX);
	assert_false(nf_tokenbucket_has(&b, 1));
	assert_int_equal(nf_tokenbucket_wait_ns(&b, 1), UINT64_MAX);
}

static void test_limits(void **state)
{
	struct nf_tokenbucket b = full(UINT64_MAX, UINT64_MAX);

	assert_int_equal(nf_tokenbucket_size(&b), NF_TOKENBUCKET_CAPACITY_MAX);
	nf_tokenbucket_take(&b, UINT32_MAX);
	nf_tokenbucket_fill(&b, UINT64_MAX - 1);
	assert_int_equal(nf_tokenbucket_size(&b), NF_TOKENBUCKET_CAPACITY_MAX);
	nf_tokenbucket_fill(&b, 5); /* back in time: nothing comes in */
	nf_tokenbucket_set(&b, 1, 2);
	assert_int_equal(nf_tokenbucket_size(&b), 2);
	nf_tokenbucket_take(&b, UINT32_MAX);
	assert_false(nf_tokenbucket_has(&b, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_drift),
		cmocka_unit_test(test_capacity),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_debt),
		cmocka_unit_test(test_no_rate),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
