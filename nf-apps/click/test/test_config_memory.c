/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory may end at each single allocation: nothing is lost, and no half configuration comes out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <cmocka.h>
#include "nf-apps/click/config.h"
#include "nf-apps/click/test/config_memory.h"

static unsigned left; /* allocations that go well */
static bool came_to_end;

static bool memory_ends(void)
{
	if (left > 0) {
		left--;
		return false;
	}
	came_to_end = true;
	return true;
}

void *config_memory_malloc(size_t size)
{
	return memory_ends() ? NULL : (malloc)(size);
}

void *config_memory_calloc(size_t nb, size_t size)
{
	return memory_ends() ? NULL : (calloc)(nb, size);
}

void *config_memory_realloc(void *p, size_t size)
{
	return memory_ends() ? NULL : (realloc)(p, size);
}

static void check_parse(unsigned allocations, const char *text, int want)
{
	struct nf_config_define define = { "d", "1 2" };
	struct nf_errors errs = { 0 };
	struct nf_config *c;
	int rc;

	left = allocations;
	came_to_end = false;
	rc = nf_config_parse(text, strlen(text), "dir/f", &define, 1, &c, &errs);
	if (!came_to_end)
		assert_int_equal(rc, want);
	else
		assert_true(rc == -ENOMEM || (rc == -EINVAL && errs.nb_errors > 0));
	assert_true((c != NULL) == (rc == 0));
	nf_config_free(c);
	nf_errors_free(&errs);
}

static void check_each(const char *text, int want)
{
	for (unsigned n = 0;; n++) {
		check_parse(n, text, want);
		if (!came_to_end)
			return;
	}
}

static void test_good(void **state)
{
	check_each(
		"require(a, package b) define($x ${d[1]}, $y '$x')\n"
		"# 3 \"other\"\n"
		"a, b :: A($x \"$y\"); a [0,] => (-> [0,1]), b, c :: { $p, K $k, __REST__ $r |\n"
		"  elementclass D { -> E($k) -> || $q | -> F($q $p) -> || ... } -> D -> D(1) ->\n"
		"} (1, K 2, 3, 4) -> d :: D; Queue; Queue@9 :: Idle; elementclass Q R; Q(1)",
		0);
}

static void test_bad(void **state)
{
	check_each(
		"a -> -> b; a :: B; a :: C; define($x (); q :: { $a | -> X($a ) } (1, 2) -> [x] y",
		-EINVAL);
	check_each(
		"elementclass T { $a, K $b | || $c | } T(1, 2, 3); define($x //) A($x$d)", -EINVAL);
}

static void test_print(void **state)
{
	static const char text[] = "a :: A(x) -> b :: B -> a; a [1] -> [1] b";
	struct nf_errors errs = { 0 };
	struct nf_text print = { .full = true };
	struct nf_config *c;

	left = 1000;
	assert_int_equal(nf_config_parse(text, strlen(text), "f", NULL, 0, &c, &errs), 0);
	for (unsigned n = 0; print.full; n++) {
		nf_text_free(&print);
		left = n;
		nf_config_print(c, &print);
	}
	assert_string_equal(
		nf_text_get(&print), "a :: A(x);\nb :: B;\n\na [1] -> [1] b;\na -> b\n    -> a;\n");
	nf_text_free(&print);
	nf_config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
