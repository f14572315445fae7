/* SPDX-License-Identifier: BSD-3-Clause */
/* Even shares, shares by weight, little disruption, agreement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/element/rewrite/maglev.h"

#define SIZE 65537u

static uint16_t before[SIZE], after[SIZE];

static void count(const uint16_t *place, uint32_t *nb, uint32_t members)
{
	memset(nb, 0, members * sizeof(*nb));
	for (uint32_t i = 0; i < SIZE; i++) {
		assert_true(place[i] < members);
		nb[place[i]]++;
	}
}

static void members(struct nf_maglev_member *m, uint32_t nb)
{
	for (uint32_t i = 0; i < nb; i++)
		m[i] = (struct nf_maglev_member){ .name = 0x0a000001 + i, .weight = 1 };
}

static void test_even(void **state)
{
	struct nf_maglev_member m[100];
	uint32_t nb[100];

	members(m, 100);
	assert_int_equal(nf_maglev_fill(before, SIZE, m, 100, 1), 0);
	count(before, nb, 100);
	for (uint32_t i = 0; i < 100; i++)
		assert_in_range(nb[i], SIZE / 100, SIZE / 100 + 1);
	assert_int_equal(nf_maglev_fill(after, SIZE, m, 100, 1), 0);
	assert_memory_equal(before, after, sizeof(before));
	assert_int_equal(nf_maglev_fill(after, SIZE, m, 100, 2), 0);
	assert_memory_not_equal(before, after, sizeof(before));
}

static void test_weights(void **state)
{
	struct nf_maglev_member m[3];
	uint32_t nb[3];

	members(m, 3);
	m[0].weight = 10;
	m[1].weight = 5;
	m[2].weight = 1;
	assert_int_equal(nf_maglev_fill(before, SIZE, m, 3, 1), 0);
	count(before, nb, 3);
	assert_in_range(nb[0], SIZE * 10 / 16 - 3, SIZE * 10 / 16 + 3);
	assert_in_range(nb[1], SIZE * 5 / 16 - 3, SIZE * 5 / 16 + 3);
	m[1].weight = 0;
	assert_int_equal(nf_maglev_fill(before, SIZE, m, 3, 1), 0);
	count(before, nb, 3);
	assert_int_equal(nb[1], 0);
	m[0].weight = m[2].weight = 0;
	assert_int_equal(nf_maglev_fill(before, SIZE, m, 3, 1), 0);
	for (uint32_t i = 0; i < SIZE; i++)
		assert_int_equal(before[i], NF_MAGLEV_NONE);
	assert_int_equal(nf_maglev_fill(before, SIZE, m, 0, 1), 0);
	assert_int_equal(before[7], NF_MAGLEV_NONE);
}

/* One of ten goes: its tenth moves, and few others (the paper: some per cent). */
static void test_disruption(void **state)
{
	struct nf_maglev_member m[10];
	uint32_t moved = 0;

	members(m, 10);
	assert_int_equal(nf_maglev_fill(before, SIZE, m, 10, 1), 0);
	m[4].weight = 0;
	assert_int_equal(nf_maglev_fill(after, SIZE, m, 10, 1), 0);
	for (uint32_t i = 0; i < SIZE; i++) {
		assert_int_not_equal(after[i], 4);
		moved += before[i] != 4 && before[i] != after[i];
	}
	assert_true(moved < SIZE / 20);
}

static void test_prime(void **state)
{
	assert_true(nf_maglev_prime(2));
	assert_true(nf_maglev_prime(65537));
	assert_true(nf_maglev_prime(655373));
	assert_false(nf_maglev_prime(0));
	assert_false(nf_maglev_prime(1));
	assert_false(nf_maglev_prime(65536));
	assert_false(nf_maglev_prime(251 * 257));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_even),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_disruption),
		cmocka_unit_test(test_prime),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
