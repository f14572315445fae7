/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pktgen-bench/host/search.h"

/* Runs a search against a device that drops above @ndr; returns the rate found. */
static double search_for(
	double ndr, double max, double resolution, unsigned int most, unsigned int *trials)
{
	struct pg_search s;

	pg_search_start(&s, max, resolution, most);
	while (!s.done) {
		assert_true(s.try_pps > 0 && s.try_pps <= max);
		pg_search_tell(&s, s.try_pps <= ndr);
	}
	*trials = s.nb_trials;
	return s.pass_pps;
}

static void finds_the_rate_to_the_resolution(void **state)
{
	unsigned int trials;
	double found;

	(void)state;
	for (double ndr = 0.02e6; ndr < 10e6; ndr += 0.37e6) {
		found = search_for(ndr, 10e6, 0.001, 100, &trials);
		assert_true(found <= ndr);
		assert_true(ndr - found <= 0.001 * 10e6);
		assert_in_range(trials, 2, 12);
	}
}

static void a_device_that_never_drops_needs_one_trial(void **state)
{
	unsigned int trials;

	(void)state;
	assert_true(search_for(20e6, 10e6, 0.01, 100, &trials) == 10e6);
	assert_int_equal(trials, 1);
}

static void a_device_that_always_drops_ends_with_nothing(void **state)
{
	unsigned int trials;

	(void)state;
	assert_true(search_for(0, 10e6, 0.01, 100, &trials) == 0);
	assert_in_range(trials, 5, 9);
}

static void the_number_of_trials_is_bounded(void **state)
{
	unsigned int trials;

	(void)state;
	search_for(3e6, 10e6, 1e-6, 5, &trials);
	assert_int_equal(trials, 5);
	search_for(3e6, 0, 0.01, 5, &trials);
	assert_int_equal(trials, 0);
}

static void tolerance_is_a_share_of_what_was_sent(void **state)
{
	(void)state;
	assert_true(pg_search_passed(1000, 0, 0));
	assert_false(pg_search_passed(1000, 1, 0));
	assert_true(pg_search_passed(1000, 1, 0.001));
	assert_false(pg_search_passed(1000, 2, 0.001));
	/* A trial that sent nothing proves nothing. */
	assert_false(pg_search_passed(0, 0, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_rate_to_the_resolution),
		cmocka_unit_test(a_device_that_never_drops_needs_one_trial),
		cmocka_unit_test(a_device_that_always_drops_ends_with_nothing),
		cmocka_unit_test(the_number_of_trials_is_bounded),
		cmocka_unit_test(tolerance_is_a_share_of_what_was_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
