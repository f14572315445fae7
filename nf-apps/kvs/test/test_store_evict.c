/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes when the store is full: what was used the longest time ago, up to an eighth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/kvs/test/store_check.h"

#define MIB ((size_t)1 << 20)

static uint64_t random_state;

static uint32_t below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)((random_state >> 32) * n >> 32);
}

static int setup(void **state)
{
	random_state = 88172645463325252u;
	return 0;
}

static struct nf_store *make(size_t bytes)
{
	struct nf_store_conf conf = { .bytes = bytes, .hash_key = { 3, 4 } };
	struct nf_store *s = nf_store_create(&conf);

	assert_non_null(s);
	return s;
}

static struct nf_store_stats stats(const struct nf_store *s)
{
	struct nf_store_stats st;

	nf_store_stats(s, &st);
	return st;
}

static void set(struct nf_store *s, uint32_t n, uint32_t len)
{
	char key[20];

	snprintf(key, sizeof(key), "%u", n);
	assert_non_null(store_check_set(s, key, len, (uint8_t)n, 1));
}

static bool get(struct nf_store *s, uint32_t n)
{
	char key[20];

	snprintf(key, sizeof(key), "%u", n);
	return store_check_get(s, key, 1) != NULL;
}

static bool there(struct nf_store *s, uint32_t n)
{
	char key[20];
	uint32_t len = (uint32_t)snprintf(key, sizeof(key), "%u", n);

	return nf_store_find(s, nf_store_hash(s, key, len), key, len, 1) != NULL;
}

/* Fills it until something goes; returns how many were stored. */
static uint32_t fill(struct nf_store *s, uint32_t len)
{
	uint32_t n = 0;

	while (stats(s).evictions == 0)
		set(s, n++, len);
	return n;
}

/*
 * An item that is asked for again and again stays, whatever comes: sizes from 0 bytes to the
 * largest.
 */
static void asked_for_stays(void **state)
{
	static const uint32_t len_max[] = { 64, 1000, 30000, NF_STORE_VALUE_MAX };

	for (unsigned k = 0; k < UK_ARRAY_SIZE(len_max); k++) {
		struct nf_store *s = make(8 * MIB);
		uint64_t bytes = 0;

		set(s, 0, 50);
		for (uint32_t i = 1; bytes < 40 * MIB; i++) {
			uint32_t len = below(len_max[k] + 1);

			set(s, i, len);
			bytes += len + 40;
			assert_true(get(s, 0));
			assert_true(there(s, i));
		}
		assert_true(stats(s).evictions > 0);
		store_check(s);
		nf_store_destroy(s);
	}
}

/*
 * The first half (what is left of it) is used once more: then the other half goes, before any
 * of the first.
 */
static void used_half_stays(void **state)
{
	static const uint32_t len[] = { 10, 64, 700, 5000, 100000 };

	for (unsigned k = 0; k < UK_ARRAY_SIZE(len); k++) {
		struct nf_store *s = make(8 * MIB);
		uint32_t nb = fill(s, len[k]), first = nb / 8;

		for (uint32_t i = first; i < nb / 2; i++)
			assert_true(get(s, i));
		for (uint32_t i = nb; i < nb + nb / 3; i++)
			set(s, i, len[k]);
		for (uint32_t i = first; i < nb / 2; i++)
			assert_true(there(s, i));
		for (uint32_t i = nb; i < nb + nb / 3; i++)
			assert_true(there(s, i));
		nf_store_destroy(s);
	}
}

/*
 * Used in random order, so that what is old lies anywhere: the newer three quarters stay while
 * a tenth is replaced.
 */
static void random_order(void **state)
{
	static const uint32_t len[] = { 64, 3000 };

	for (unsigned k = 0; k < UK_ARRAY_SIZE(len); k++) {
		struct nf_store *s = make(8 * MIB);
		uint32_t nb = fill(s, len[k]), *order = calloc(nb, sizeof(*order));

		for (uint32_t i = 0; i < nb; i++) {
			uint32_t j = below(i + 1);

			order[i] = order[j];
			order[j] = i;
		}
		for (uint32_t i = 0; i < nb; i++)
			get(s, order[i]);
		for (uint32_t i = 0; i < nb / 10; i++)
			set(s, nb + i, len[k]);
		for (uint32_t i = nb / 4; i < nb; i++)
			assert_true(order[i] < 2 || there(s, order[i]));
		store_check(s);
		nf_store_destroy(s);
		free(order);
	}
}

/*
 * A cache in front of something slow: a key in the lower 30,000 three times of four, in 150,000
 * else; what is not there is stored. `used` keeps when each key was used. At the end, those
 * that exact LRU would have are nearly all there.
 */
static void near_exact(void **state)
{
	enum { NB = 150000, ROUNDS = 600000 };
	struct nf_store *s = make(8 * MIB);
	uint32_t *used = calloc(NB, sizeof(*used)), nb_newest = 0, nb_there = 0, limit;

	for (uint32_t i = 1; i <= ROUNDS; i++) {
		uint32_t n = below(below(2) ? 30000 : NB);

		used[n] = i;
		if (!get(s, n))
			set(s, n, 64);
	}
	/* the time from which on exactly as many keys were used as the store has items */
	for (limit = ROUNDS; limit > 0 && nb_newest < stats(s).nb_items; limit -= 1000) {
		nb_newest = 0;
		for (uint32_t n = 0; n < NB; n++)
			nb_newest += used[n] > limit;
	}
	for (uint32_t n = 0; n < NB; n++)
		nb_there += used[n] > limit && there(s, n);
	assert_true(stats(s).evictions > 10000);
	assert_true(nb_there > nb_newest / 100 * 93);
	store_check(s);
	nf_store_destroy(s);
	free(used);
}

/*
 * Old ones lie at one end, the hand is at the other: they are found through the index, and the
 * others stay.
 */
static void old_ones_far_away(void **state)
{
	struct nf_store *s = make(8 * MIB);
	uint32_t nb = fill(s, 64), lost = 0;

	for (uint32_t i = 0; i < nb; i++)
		if (i < nb / 4 * 3)
			get(s, i);
	for (uint32_t i = 0; i < nb / 8; i++)
		set(s, nb + i, 64);
	for (uint32_t i = 10; i < nb / 4 * 3; i++)
		lost += !there(s, i);
	assert_true(lost == 0);
	nf_store_destroy(s);
}

static void counted(void **state)
{
	struct nf_store *s = make(2 * MIB);
	uint32_t nb = fill(s, 1000);

	for (uint32_t i = nb; i < nb + 1000; i++)
		set(s, i, 1000);
	assert_int_equal(stats(s).evictions, nb + 1000 - stats(s).nb_items);
	assert_int_equal(stats(s).evicted_unfetched, stats(s).evictions);
	for (uint32_t i = nb; i < nb + 1000; i++)
		get(s, i);
	nf_store_stats_reset(s);
	for (uint32_t i = nb + 1000; i < nb + 3000; i++)
		set(s, i, 1000);
	assert_true(stats(s).evictions > 400);
	assert_true(stats(s).evicted_unfetched < stats(s).evictions);
	nf_store_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(asked_for_stays, setup),
		cmocka_unit_test_setup(used_half_stays, setup),
		cmocka_unit_test_setup(random_order, setup),
		cmocka_unit_test_setup(near_exact, setup),
		cmocka_unit_test_setup(old_ones_far_away, setup),
		cmocka_unit_test_setup(counted, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
