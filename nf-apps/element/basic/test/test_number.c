/* SPDX-License-Identifier: BSD-3-Clause */
/* Rates as text, and handlers for numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "nf-apps/element/basic/number.h"

static void milli_is(uint64_t milli, const char *want)
{
	struct nf_text t = { 0 };

	nf_number_print_milli(milli, &t);
	assert_string_equal(nf_text_get(&t), want);
	nf_text_free(&t);
}

static void test_print_milli(void **state)
{
	milli_is(0, "0");
	milli_is(1, "0.001");
	milli_is(10, "0.01");
	milli_is(1500, "1.5");
	milli_is(1000, "1");
	milli_is(12345, "12.345");
	milli_is(100010, "100.01");
	milli_is(UINT64_MAX, "18446744073709551.615");
}

static void test_rate(void **state)
{
	assert_true(nf_number_rate_milli(0, 5) == 0);
	assert_true(nf_number_rate_milli(10, 1000000000) == 10000);
	assert_true(nf_number_rate_milli(1, 3000000000) == 333);
	assert_true(nf_number_rate_milli(5, 0) == 5000000000);
	/* a terabyte in a second */
	assert_in_range(nf_number_rate_milli(1000000000000, 1000000000) / 1000, 999900000000,
		1000100000000);
	assert_true(nf_number_rate_milli(UINT64_MAX, 1) > 0);
	assert_true(nf_number_rate_milli(UINT64_MAX, UINT64_MAX) / 1000 <= 1001000000);
}

static void test_write(void **state)
{
	struct {
		int64_t limit;
		int32_t port;
	} s = { 0, 0 };
	struct nf_element e = { .state = &s };
	struct nf_errors errs = { 0 };
	struct nf_text t = { 0 };

	assert_int_equal(nf_number_write_limit(&e, 0, "-5", &errs), 0);
	assert_true(s.limit == -1);
	assert_int_equal(nf_number_write_limit(&e, 0, "0x10", &errs), 0);
	assert_true(s.limit == 16);
	assert_true(nf_number_write_limit(&e, 0, "x", &errs) < 0);
	assert_int_equal(nf_number_write_port(&e, 8, 3, "2", &errs), 0);
	assert_int_equal(s.port, 2);
	assert_int_equal(nf_number_write_port(&e, 8, 3, "3", &errs), 0);
	assert_int_equal(s.port, -1);
	assert_int_equal(nf_number_write_port(&e, 8, 3, "-7", &errs), 0);
	assert_int_equal(s.port, -1);
	assert_true(nf_number_write_port(&e, 8, 3, "", &errs) < 0);
	assert_int_equal(errs.nb_errors, 2);
	assert_int_equal(nf_number_read_i64(&e, 0, "", &t, &errs), 0);
	nf_text_add(&t, " ", 1);
	assert_int_equal(nf_number_read_i32(&e, 8, "", &t, &errs), 0);
	assert_string_equal(nf_text_get(&t), "16 -1");
	nf_text_free(&t);
	nf_errors_free(&errs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print_milli),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
