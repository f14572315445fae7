/* SPDX-License-Identifier: BSD-3-Clause */
/* The moving average follows steady rates, falls when nothing comes, and does not overflow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "nf-apps/element/basic/ewma.h"

#define MS 1000000ull

static void about(uint64_t is, uint64_t want)
{
	assert_in_range(is, want - want / 50, want + want / 50);
}

/* nb events in each millisecond from `at` on; returns the time after them. */
static uint64_t steady(struct nf_ewma *r, uint64_t at, unsigned ms, uint64_t nb)
{
	for (unsigned i = 0; i < ms; i++, at += MS)
		nf_ewma_add(r, at, nb);
	return at;
}

static void test_none(void **state)
{
	struct nf_ewma r = { 0 };

	assert_true(nf_ewma_milli(&r, 123456789, 1) == 0);
	assert_true(nf_ewma_milli(&r, UINT64_MAX - 10 * MS, 8) == 0);
}

static void test_steady(void **state)
{
	struct nf_ewma r = { 0 };
	uint64_t at = steady(&r, 7777777, 200, 1000);

	about(nf_ewma_milli(&r, at, 1), 1000000ull * 1000);
	about(nf_ewma_milli(&r, at, 8), 8000000ull * 1000);
	at = steady(&r, at, 200, 10);
	about(nf_ewma_milli(&r, at, 1), 10000ull * 1000);
}

/* Many events of one round, and those of several rounds in a millisecond, count the same. */
static void test_within_a_millisecond(void **state)
{
	struct nf_ewma r = { 0 }, s = { 0 };

	for (uint64_t at = 5 * MS; at < 300 * MS; at += MS / 10) {
		nf_ewma_add(&r, at, 3);
		if (at % MS == 0)
			nf_ewma_add(&s, at, 30);
	}
	about(nf_ewma_milli(&r, 300 * MS, 1), 30000ull * 1000);
	assert_true(nf_ewma_milli(&r, 300 * MS, 1) == nf_ewma_milli(&s, 300 * MS, 1));
}

static void test_silence(void **state)
{
	struct nf_ewma r = { 0 };
	uint64_t at = steady(&r, MS, 200, 1000), before = nf_ewma_milli(&r, at, 1), after;

	after = nf_ewma_milli(&r, at + 11 * MS, 1); /* (15/16)^11 is about a half */
	assert_in_range(after, before * 45 / 100, before * 55 / 100);
	assert_true(nf_ewma_milli(&r, at + 1000 * MS, 1) < 1000);
	assert_true(nf_ewma_milli(&r, at + 100000 * MS, 1) == 0);
}

static void test_rare(void **state)
{
	struct nf_ewma r = { 0 };
	uint64_t sum = 0;

	for (unsigned i = 1; i <= 1000; i++) {
		nf_ewma_add(&r, i * 10 * MS, 1);
		sum += nf_ewma_milli(&r, i * 10 * MS + 5 * MS, 1);
	}
	assert_in_range(sum / 1000, 80 * 1000, 130 * 1000); /* 100 per second */
}

static void test_huge(void **state)
{
	struct nf_ewma r = { 0 };
	uint64_t at = MS;

	for (unsigned i = 0; i < 1000; i++, at += MS)
		nf_ewma_add(&r, at, UINT64_MAX);
	assert_true(nf_ewma_milli(&r, at, 8) > 1ull << 60);
	/* a clock that stands still, or goes back, changes nothing */
	nf_ewma_add(&r, at - 5 * MS, 1);
	assert_true(nf_ewma_milli(&r, at - 5 * MS, 8) > 1ull << 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_within_a_millisecond),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_rare),
		cmocka_unit_test(test_huge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
