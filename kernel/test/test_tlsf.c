/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "kernel/test/alloc_model.h"
#include "kernel/tlsf.h"

static struct model_subject tlsf = { &uk_tlsf_ops, uk_tlsf_check };

/* All of an empty heap can be had in one piece, and a block that is freed is found again. */
static void test_whole(void **state)
{
	(void)state;
	struct model *m = model_new(&tlsf, 1 << 20, 3);
	size_t all = m->a->total_bytes - sizeof(size_t);

	assert_int_equal(model_largest(m), all);
	assert_true(model_alloc(m, 0, 1, all));
	assert_int_equal(m->a->used_bytes, m->a->total_bytes);
	assert_false(model_alloc(m, 1, 1, 0));
	model_free_all(m);
	model_delete(m);
}

/* Overhead is one word: blocks of 24, 40, 56... bytes lie back to back. */
static void test_overhead(void **state)
{
	(void)state;
	struct model *m = model_new(&tlsf, 1 << 20, 0);

	for (unsigned int i = 0; i < 100; i++) {
		assert_true(model_alloc(m, i, 1, 24 + 16 * i));
		assert_int_equal(m->slot[i].usable, 24 + 16 * i);
		if (i > 0)
			assert_ptr_equal(m->slot[i].p, m->slot[i - 1].p + 24 + 16 * (i - 1) + 8);
	}
	model_free_all(m);
	model_delete(m);
}

/* Grows into a free neighbour, gives back what it no longer needs, never moves. */
static void test_resize(void **state)
{
	(void)state;
	struct model *m = model_new(&tlsf, 1 << 20, 0);

	for (unsigned int i = 0; i < 3; i++)
		assert_true(model_alloc(m, i, 1, 1000));
	assert_false(model_resize(m, 0, 1500));
	model_free(m, 1);
	assert_true(model_resize(m, 0, 2008));
	assert_false(model_resize(m, 0, 2100));
	assert_true(model_resize(m, 0, 0));
	assert_int_equal(m->slot[0].usable, 24);
	model_walk(m);
	assert_true(model_alloc(m, 1, 1, 1900));
	assert_true(m->slot[1].p > m->slot[0].p && m->slot[1].p < m->slot[2].p);
	model_walk(m);
	model_free_all(m);
	model_delete(m);
}

/* Freed twice, whichever neighbours the block had joined by then. */
static void test_double_free(void **state)
{
	(void)state;
	for (unsigned int order = 0; order < 6; order++) {
		struct model *m = model_new(&tlsf, 1 << 20, 0);
		void *p[4];

		for (unsigned int i = 0; i < 4; i++)
			p[i] = uk_alloc_alloc(m->a, 1, 100);
		uk_alloc_free(m->a, p[order % 3]);
		uk_alloc_free(m->a, p[(order % 3 + 1 + order / 3) % 3]);
		assert_true(model_free_traps(m->a, p[order % 3]));
		assert_true(model_free_traps(m->a, p[(order % 3 + 1 + order / 3) % 3]));
		assert_true(model_free_traps(m->a, (char *)p[3] + 8));
		model_delete(m);
	}
}

/* Writes beyond a block and into a freed block are seen when the damage would be followed. */
static void test_corruption(void **state)
{
	(void)state;
	struct model *m = model_new(&tlsf, 1 << 20, 0);
	uintptr_t *p[5];

	for (unsigned int i = 0; i < 5; i++)
		p[i] = uk_alloc_alloc(m->a, 1, 104);
	uk_alloc_free(m->a, p[1]);
	uk_alloc_free(m->a, p[3]);

	uintptr_t saved = p[3][0];

	p[3][0] = (uintptr_t)p[0]; /* use after free: a list link */
	assert_true(model_free_traps(m->a, p[2]));
	p[3][0] = saved;

	saved = p[1][13];
	p[1][13] = 112 | 3; /* overrun of a block into the head of the next */
	assert_false(uk_tlsf_check(m->a));
	assert_true(model_free_traps(m->a, p[2]));
	p[1][13] = saved;
	model_delete(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_PROPS(&tlsf),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_overhead),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_double_free),
		cmocka_unit_test(test_corruption),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
