/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/click/text.h"

static void test_empty(void **state)
{
	struct nf_text t = { 0 };

	assert_string_equal(nf_text_get(&t), "");
	nf_text_add(&t, NULL, 0);
	assert_string_equal(t.s, "");
	assert_int_equal(t.len, 0);
	nf_text_free(&t);
	assert_string_equal(nf_text_get(&t), "");
	nf_text_free(&t);
}

static void test_add(void **state)
{
	struct nf_text t = { 0 };

	for (unsigned i = 0; i < 1000; i++) {
		nf_text_add(&t, "a\0b", 3);
		nf_text_printf(&t, "%u;", i % 10);
	}
	assert_int_equal(t.len, 5000);
	assert_memory_equal(t.s + 4995, "a\0b9;", 6);
	assert_false(t.full);
	nf_text_free(&t);
}

/* Every length around where the buffer grows. */
static void test_printf(void **state)
{
	char want[300];

	for (unsigned len = 0; len < sizeof(want); len++) {
		struct nf_text t = { 0 };

		memset(want, 'x', len);
		want[len] = '\0';
		nf_text_printf(&t, "%s", want);
		assert_string_equal(nf_text_get(&t), want);
		nf_text_printf(&t, "%d", -7);
		assert_int_equal(t.len, len + 2);
		assert_string_equal(t.s + len, "-7");
		nf_text_free(&t);
	}
}

static void test_full(void **state)
{
	static char block[1 << 20];
	struct nf_text t = { 0 };

	memset(block, 'y', sizeof(block));
	for (size_t n = 0; n < NF_TEXT_MAX; n += sizeof(block))
		nf_text_add(&t, block, sizeof(block));
	assert_int_equal(t.len, NF_TEXT_MAX);
	assert_false(t.full);
	nf_text_add(&t, "z", 1);
	assert_true(t.full);
	assert_int_equal(t.len, NF_TEXT_MAX);
	nf_text_printf(&t, "%d", 1);
	assert_int_equal(t.s[NF_TEXT_MAX - 1], 'y');
	nf_text_free(&t);
	nf_text_add(&t, block, SIZE_MAX);
	assert_true(t.full);
	assert_string_equal(nf_text_get(&t), "");
	nf_text_free(&t);
}

static void test_errors(void **state)
{
	struct nf_errors e = { 0 };

	assert_int_equal(nf_errors_add(&e, "a.click:3", "no %s", "queue"), -EINVAL);
	nf_errors_warn(&e, NULL, "old");
	e.context = "while configuring q";
	nf_errors_add(&e, "", "bad");
	assert_string_equal(nf_text_get(&e.text),
		"a.click:3: no queue\nwarning: old\nwhile configuring q: bad\n");
	assert_int_equal(e.nb_errors, 2);
	assert_int_equal(e.nb_warnings, 1);
	nf_errors_free(&e);
	assert_int_equal(e.nb_errors, 0);
}

static void test_errors_max(void **state)
{
	struct nf_errors e = { 0 };

	for (unsigned i = 0; i < NF_ERRORS_MAX + 50; i++)
		nf_errors_add(&e, NULL, "x");
	assert_int_equal(e.nb_errors, NF_ERRORS_MAX + 50);
	assert_int_equal(e.text.len, 2 * NF_ERRORS_MAX);
	nf_errors_free(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_errors_max),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
