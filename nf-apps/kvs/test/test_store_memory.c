/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much memory items take, and that it can be had for any size, whatever sizes were there
 * before.
 */
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

static uint64_t random_state = 88172645463325252u;

static uint32_t below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)((random_state >> 32) * n >> 32);
}

static struct nf_store *make(size_t bytes, size_t nb_items)
{
	struct nf_store_conf conf = { .bytes = bytes, .nb_items = nb_items, .hash_key = { 3, 4 } };
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

static void set(struct nf_store *s, const char *what, uint32_t n, uint32_t len)
{
	char key[20];

	snprintf(key, sizeof(key), "%s-%011u", what, n);
	assert_non_null(store_check_set(s, key, len, (uint8_t)n, 1));
}

static bool there(struct nf_store *s, const char *what, uint32_t n)
{
	char key[20];
	struct nf_item *it;

	snprintf(key, sizeof(key), "%s-%011u", what, n);
	it = store_check_get(s, key, 1);
	assert_true(it == NULL || store_check_filled(it, (uint8_t)n));
	return it != NULL;
}

/*
 * The goal for ten million items, with fewer: 16-byte keys, 64-byte values, all memory counted,
 * at most 1.3 times the value plus 40 bytes each. The store is that large and no larger, and
 * holds all of them.
 */
static void small_items(void **state)
{
	const uint32_t nb = 200000;
	struct nf_store *s = make(nb * 1232ull / 10, nb);

	for (uint32_t i = 0; i < nb; i++)
		set(s, "item", i, 64);
	assert_int_equal(stats(s).nb_items, nb);
	assert_int_equal(stats(s).evictions, 0);
	/* written anew, each takes the place of one that went */
	for (uint32_t i = 0; i < nb * 2; i++)
		set(s, "item", below(nb), 64);
	assert_int_equal(stats(s).nb_items, nb);
	assert_int_equal(stats(s).evictions, 0);
	store_check(s);
	nf_store_destroy(s);
}

/* Without a word on their number: memory goes to items in the first place. */
static void unknown_number(void **state)
{
	struct nf_store *s = make(16 * MIB, 0);

	for (uint32_t i = 0; i < 300000; i++)
		set(s, "item", i, 64);
	assert_true(stats(s).nb_items * 128 > 16 * MIB);
	store_check(s);
	nf_store_destroy(s);
}

/* A value of one byte: 56 bytes with key and header. Far more items than the index was made for. */
static void tiny_items(void **state)
{
	struct nf_store *s = make(8 * MIB, 0);
	char key[12];

	for (uint32_t i = 0; i < 300000; i++) {
		snprintf(key, sizeof(key), "%u", i);
		assert_non_null(store_check_set(s, key, 1, (uint8_t)i, 1));
	}
	assert_true(stats(s).nb_items * 60 > 8 * MIB);
	store_check(s);
	nf_store_destroy(s);
}

/*
 * Sizes from 0 to 4,000, most of them small, written anew at random for long: how much of the
 * memory holds items.
 */
static void mixed_sizes(void **state)
{
	struct nf_store *s = make(8 * MIB, 0);

	for (uint32_t i = 0; i < 300000; i++)
		set(s, "item", below(60000), below(1 + (4000u >> below(8))));
	assert_true(stats(s).item_bytes > 85 * (8 * MIB / 100));
	/* few changed their place for each one stored */
	assert_true(stats(s).moved < 20 * stats(s).total_items);
	store_check(s);
	nf_store_destroy(s);
}

/*
 * No class of sizes keeps memory: small ones make room for the largest, and the other way
 * round; no more goes than must.
 */
static void sizes_change(void **state)
{
	struct nf_store *s = make(16 * MIB, 0);
	uint64_t before;

	for (unsigned round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 200000; i++)
			set(s, "small", i, 64);
		assert_true(stats(s).nb_items > 120000);
		before = stats(s).item_bytes;
		set(s, "large", 0, NF_STORE_VALUE_MAX);
		assert_true(before < stats(s).item_bytes + 2 * MIB);
		for (uint32_t i = 1; i < 40; i++)
			set(s, "large", i, NF_STORE_VALUE_MAX - i);
		assert_true(stats(s).item_bytes > 13 * MIB);
		for (uint32_t i = 28; i < 40; i++)
			assert_true(there(s, "large", i));
		store_check(s);
		for (uint32_t i = 0; i < 3000; i++)
			set(s, "medium", i, 9000 + i);
		assert_true(stats(s).item_bytes > 14 * MIB);
		store_check(s);
	}
	nf_store_destroy(s);
}

/*
 * A few times as large as what the store is full of, which was used in random order: little has
 * to move for each.
 */
static void larger_ones_come(void **state)
{
	struct nf_store *s = make(16 * MIB, 0);
	const uint32_t nb = 130000, len[] = { 100, 200, 500, 4000 };

	for (uint32_t i = 0; i < nb; i++)
		set(s, "small", i, 64);
	for (uint32_t i = 0; i < 2 * nb; i++)
		there(s, "small", below(nb));
	for (unsigned k = 0; k < UK_ARRAY_SIZE(len); k++) {
		nf_store_stats_reset(s);
		for (uint32_t i = 0; i < 2000; i++)
			set(s, "larger", k * 10000 + i, len[k]);
		assert_true(stats(s).moved < 2000 * (32 + len[k] / 4));
		assert_true(stats(s).item_bytes > 14 * MIB);
		store_check(s);
	}
	nf_store_destroy(s);
}

/* Pieces of deleted items are put together before anything is evicted. */
static void deleted_come_together(void **state)
{
	struct nf_store *s = make(8 * MIB, 0);
	char key[20];

	for (uint32_t i = 0; i < 60000; i++)
		set(s, "small", i, 64);
	assert_int_equal(stats(s).evictions, 0);
	for (uint32_t i = 0; i < 60000; i += 2) {
		snprintf(key, sizeof(key), "small-%011u", i);
		nf_store_unlink(s, nf_store_hash(s, key, (uint32_t)strlen(key)),
			store_check_get(s, key, 1));
	}
	for (uint32_t i = 0; i < 28; i++)
		set(s, "medium", i, 100000);
	assert_int_equal(stats(s).evictions, 0);
	for (uint32_t i = 1; i < 60000; i += 2)
		assert_true(there(s, "small", i));
	for (uint32_t i = 0; i < 28; i++)
		assert_true(there(s, "medium", i));
	store_check(s);
	nf_store_destroy(s);
}

/* What expired makes room where it is met; what was flushed is all that goes. */
static void dead_make_room(void **state)
{
	struct nf_store *s = make(8 * MIB, 0);
	char key[20];

	for (uint32_t i = 0; i < 60000; i++) {
		snprintf(key, sizeof(key), "item-%011u", i);
		store_check_set(s, key, 64, 0, 1)->expires = i % 2 ? 5 : NF_STORE_NEVER;
	}
	for (uint32_t i = 0; i < 25000; i++) {
		snprintf(key, sizeof(key), "more-%011u", i);
		assert_non_null(store_check_set(s, key, 64, 0, 5));
	}
	assert_true(stats(s).evictions < 12500);
	assert_true(stats(s).reclaimed > 5000);
	nf_store_flush(s, 5);
	nf_store_stats_reset(s);
	for (uint32_t i = 0; i < 60000; i++)
		set(s, "third", i, 64);
	assert_int_equal(stats(s).evictions, 0);
	store_check(s);
	nf_store_destroy(s);
}

/* Without eviction, until it refuses; then again once something expired. */
static void refuses(void **state)
{
	struct nf_store_conf conf = { .bytes = 4 * MIB, .nb_items = 1, .no_evict = true };
	struct nf_store *s = nf_store_create(&conf);
	struct nf_item *it;
	uint32_t nb = 0;
	char key[20];

	for (;; nb++) {
		snprintf(key, sizeof(key), "item-%u", nb);
		it = store_check_set(s, key, 10, (uint8_t)nb, 1);
		if (it == NULL)
			break;
		it->expires = nb % 2 ? 2 : NF_STORE_NEVER;
	}
	assert_true(stats(s).item_bytes > 3 * MIB);
	assert_int_equal(stats(s).nb_items, nb);
	assert_int_equal(stats(s).evictions, 0);
	for (uint32_t i = nb; i < nb + nb / 3; i++) {
		snprintf(key, sizeof(key), "item-%u", i);
		assert_non_null(store_check_set(s, key, 10, (uint8_t)i, 2));
	}
	for (uint32_t i = 0; i < nb; i++) {
		snprintf(key, sizeof(key), "item-%u", i);
		assert_true((store_check_get(s, key, 2) != NULL) == (i % 2 == 0));
	}
	assert_int_equal(stats(s).evictions, 0);
	store_check(s);
	nf_store_destroy(s);
}

/* Everything is held: refused, soon, and no harm done. */
static void all_held(void **state)
{
	struct nf_store *s = make(2 * MIB, 0);
	struct nf_item *held[2000];
	uint32_t nb = 0;
	char key[20];

	for (; nb < 2000; nb++) {
		snprintf(key, sizeof(key), "held-%u", nb);
		held[nb] = nf_store_alloc(s, key, (uint32_t)strlen(key), 1000, 1);
		if (held[nb] == NULL)
			break;
	}
	assert_true(nb > 1700 && nb < 2000);
	assert_null(nf_store_alloc(s, "k", 1, 100000, 1));
	store_check(s);
	while (nb > 0)
		nf_store_unref(s, held[--nb]);
	set(s, "large", 1, NF_STORE_VALUE_MAX);
	store_check(s);
	nf_store_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_items),
		cmocka_unit_test(unknown_number),
		cmocka_unit_test(tiny_items),
		cmocka_unit_test(mixed_sizes),
		cmocka_unit_test(sizes_change),
		cmocka_unit_test(larger_ones_come),
		cmocka_unit_test(deleted_come_together),
		cmocka_unit_test(dead_make_room),
		cmocka_unit_test(refuses),
		cmocka_unit_test(all_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
