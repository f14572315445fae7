/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "kernel/region.h"
#include "kernel/test/alloc_model.h"

static struct model_subject region = { &uk_region_ops, uk_region_check };

/* Frees in reverse order give everything back as they go. */
static void test_reverse(void **state)
{
	(void)state;
	struct model *m = model_new(&region, 1 << 20, 1);
	size_t used[100];

	for (unsigned int i = 0; i < 100; i++) {
		used[i] = m->a->used_bytes;
		assert_true(model_alloc(m, i, (size_t)1 << i % 9, i * 13));
	}
	for (unsigned int i = 100; i-- > 0;) {
		model_free(m, i);
		assert_int_equal(m->a->used_bytes, used[i]);
		model_walk(m);
	}
	model_delete(m);
}

/* A block freed in the middle waits for those after it, and comes back with them. */
static void test_middle(void **state)
{
	(void)state;
	struct model *m = model_new(&region, 1 << 20, 0);

	for (unsigned int i = 0; i < 4; i++)
		assert_true(model_alloc(m, i, 1, 100));
	size_t used = m->a->used_bytes;

	model_free(m, 1);
	model_free(m, 2);
	assert_int_equal(m->a->used_bytes, used);
	model_free(m, 3);
	assert_int_equal(m->a->used_bytes, used / 4);
	assert_true(model_alloc(m, 1, 1, 100));
	assert_ptr_equal(m->slot[1].p, m->slot[0].p + 128);
	model_free_all(m);
	model_delete(m);
}

/* The last block grows up to the end of the range and shrinks; others keep their size. */
static void test_resize(void **state)
{
	(void)state;
	struct model *m = model_new(&region, 1 << 16, 0);

	assert_true(model_alloc(m, 0, 1, 100));
	assert_true(model_alloc(m, 1, 1, 100));
	assert_false(model_resize(m, 0, 200));
	assert_true(model_resize(m, 0, 50));
	assert_int_equal(m->slot[0].usable, 112);
	size_t rest = m->a->total_bytes - m->a->used_bytes;

	assert_false(model_resize(m, 1, 112 + rest + 1));
	assert_true(model_resize(m, 1, 112 + rest));
	assert_int_equal(m->a->used_bytes, m->a->total_bytes);
	assert_false(model_alloc(m, 2, 1, 0));
	assert_true(model_resize(m, 1, 0));
	assert_true(model_alloc(m, 2, 1, 1000));
	assert_int_equal(m->a->peak_bytes, m->a->total_bytes);
	model_free_all(m);
	model_delete(m);
}

/* What does not fit the current range goes to another one, and the rest stays usable. */
static void test_ranges(void **state)
{
	(void)state;
	struct model *m = model_new(&region, 8192, 0);

	assert_int_equal(model_add(m, 1 << 16, 0), 0);
	assert_true(model_alloc(m, 0, 1, 1000));
	assert_true(model_alloc(m, 1, 1, 30000));
	assert_true(model_alloc(m, 2, 1, 30000));
	assert_true(model_alloc(m, 3, 1, 6000));
	assert_ptr_equal(m->slot[3].p, m->slot[0].p + 1008 + 16);
	model_walk(m);
	model_free_all(m);
	model_delete(m);
}

static void test_double_free(void **state)
{
	(void)state;
	for (unsigned int first = 0; first < 3; first++) {
		struct model *m = model_new(&region, 1 << 16, 0);
		void *p[3];

		for (unsigned int i = 0; i < 3; i++)
			p[i] = uk_alloc_alloc(m->a, 1, 100);
		uk_alloc_free(m->a, p[first]);
		assert_true(model_free_traps(m->a, p[first]));
		assert_true(model_free_traps(m->a, (char *)p[(first + 1) % 3] + 8));
		assert_true(model_free_traps(m->a, m));
		model_delete(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_PROPS(&region),
		cmocka_unit_test(test_reverse),
		cmocka_unit_test(test_middle),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_double_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
