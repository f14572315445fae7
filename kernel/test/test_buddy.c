/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "kernel/buddy.h"
#include "kernel/test/alloc_model.h"

static struct model_subject buddy = { &uk_buddy_ops, uk_buddy_check };

/* A block is aligned to its size without being asked to, and usable to the full. */
static void test_natural(void **state)
{
	(void)state;
	struct model *m = model_new(&buddy, 1 << 20, 9);

	for (unsigned int i = 0; i < 12; i++) {
		size_t size = (size_t)64 << i;

		assert_true(model_alloc(m, i, 1, size - 31));
		assert_int_equal(m->slot[i].usable, size);
		assert_int_equal((uintptr_t)m->slot[i].p % size, 0);
	}
	model_walk(m);
	model_free_all(m);
	model_delete(m);
}

/* A page costs a page: 100 pages fit where 100 pages and the tables are. */
static void test_no_header(void **state)
{
	(void)state;
	struct model *m = model_new(&buddy, 102 * 4096 + 102 * 64 + 2048, 0);
	unsigned int n = 0;

	while (model_alloc(m, n, 4096, 4096))
		n++;
	assert_in_range(n, 100, 102);
	model_free_all(m);
	model_walk(m);
	model_delete(m);
}

/* Grows over free siblings, shrinks by halves, stays in place; a used sibling is respected. */
static void test_resize(void **state)
{
	(void)state;
	struct model *m = model_new(&buddy, 1 << 20, 0);

	assert_true(model_alloc(m, 0, 1, 65536));
	assert_true(model_resize(m, 0, 100));
	assert_int_equal(m->slot[0].usable, 128);
	assert_int_equal(m->a->used_bytes, 128);
	model_walk(m);
	assert_true(model_resize(m, 0, 65536));
	assert_int_equal(m->slot[0].usable, 65536);
	model_walk(m);
	assert_true(model_resize(m, 0, 64));
	for (unsigned int i = 1; i < 200 && model_alloc(m, i, 1, 64); i++)
		model_walk(m);
	assert_false(model_resize(m, 0, 65536));
	model_walk(m);
	model_free_all(m);
	model_walk(m);
	model_delete(m);
}

/* The same size freed and allocated again comes from the blocks kept: the very same one. */
static void test_kept(void **state)
{
	(void)state;
	struct model *m = model_new(&buddy, 1 << 20, 0);
	void *p = uk_alloc_alloc(m->a, 1, 500);

	for (unsigned int i = 0; i < 100; i++) {
		uk_alloc_free(m->a, p);
		assert_ptr_equal(uk_alloc_alloc(m->a, 1, 500), p);
	}
	model_walk(m);
	model_delete(m);
}

/* Kept blocks do not stand in the way of a large request. */
static void test_settle(void **state)
{
	(void)state;
	struct model *m = model_new(&buddy, 300 << 10, 0);
	unsigned int n = 0;
	size_t largest = model_largest(m);

	while (n < MODEL_SLOTS && model_alloc(m, n, 1, 1024))
		n++;
	model_free_all(m);
	assert_true(model_alloc(m, 0, 1, largest));
	model_walk(m);
	model_free_all(m);
	model_delete(m);
}

static void test_double_free(void **state)
{
	(void)state;
	static const size_t sizes[] = { 1, 64, 4096, 5000, 100000 };

	for (unsigned int i = 0; i < UK_ARRAY_SIZE(sizes); i++) {
		struct model *m = model_new(&buddy, 1 << 20, 0);
		void *p = uk_alloc_alloc(m->a, 1, sizes[i]), *q = uk_alloc_alloc(m->a, 1, sizes[i]);

		uk_alloc_free(m->a, p);
		assert_true(model_free_traps(m->a, p));
		uk_alloc_free(m->a, q);
		assert_true(model_free_traps(m->a, q));
		assert_true(model_free_traps(m->a, p));
		assert_true(model_free_traps(m->a, (char *)p + 32));
		assert_true(model_free_traps(m->a, m));
		model_delete(m);
	}
}

/* A list link written after a free is seen when the block is taken off its list. */
static void test_corruption(void **state)
{
	(void)state;
	struct model *m = model_new(&buddy, 4 << 20, 0);
	void *p[8];

	for (unsigned int i = 0; i < 8; i++)
		p[i] = uk_alloc_alloc(m->a, 1, 8192);
	uk_alloc_free(m->a, p[0]);
	uk_alloc_free(m->a, p[2]);
	uk_alloc_free(m->a, p[4]);
	*(void **)p[2] = p[5];
	assert_true(model_free_traps(m->a, (void *)((uintptr_t)p[2] ^ 8192)));
	model_delete(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_PROPS(&buddy),
		cmocka_unit_test(test_natural),
		cmocka_unit_test(test_no_header),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_double_free),
		cmocka_unit_test(test_corruption),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
