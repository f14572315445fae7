/* SPDX-License-Identifier: BSD-3-Clause */
/* What each call of the store does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/kvs/store_hash.h"
#include "nf-apps/kvs/test/store_check.h"

#define MIB ((size_t)1 << 20)

static struct nf_store *make(size_t bytes, size_t nb_items)
{
	struct nf_store_conf conf = { .bytes = bytes, .nb_items = nb_items, .hash_key = { 3, 4 } };
	struct nf_store *s = nf_store_create(&conf);

	assert_non_null(s);
	return s;
}

static uint64_t nb_items(const struct nf_store *s)
{
	struct nf_store_stats st;

	nf_store_stats(s, &st);
	return st.nb_items;
}

/* The example of the paper's appendix A: key 00 01 .. 0f, message 00 01 .. 0e, SipHash-2-4. */
static void hash_siphash_2_4(void **state)
{
	const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	uint8_t message[15];

	for (unsigned i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	assert_int_equal(nf_store_hash_sip(key, message, 15, 2, 4), 0xa129ca6149be45e5);
}

/* PYTHONHASHSEED=0 python3.11 -c 'print(hash(b"..."))': SipHash-1-3 with a key of zeros. */
static void hash_siphash_1_3(void **state)
{
	static const struct {
		const char *text;
		uint64_t hash;
	} v[] = {
		{ "a", 0x407448d2b89b1813 },
		{ "ab", 0x555508cbc6add439 },
		{ "sluice", 0x2c727ddecca19ec3 },
		{ "01234567", 0xda3dcedf84ea6cc6 },
		{ "0123456789abcdef", 0x1d42b30f7e060c24 },
		{ "memcached over UDP, seven bytes", 0xba92f722c21c2b32 },
	};
	const uint64_t key[2] = { 0, 0 };

	for (unsigned i = 0; i < UK_ARRAY_SIZE(v); i++)
		assert_int_equal(
			nf_store_hash_sip(key, v[i].text, (uint32_t)strlen(v[i].text), 1, 3),
			v[i].hash);
}

static void create_limits(void **state)
{
	struct nf_store_conf conf = { .bytes = NF_STORE_BYTES_MIN - 1 };

	assert_null(nf_store_create(&conf));
	conf.bytes = ((size_t)32 << 30) + 1;
	assert_null(nf_store_create(&conf));
	conf.bytes = NF_STORE_BYTES_MIN;
	conf.nb_items = 1000000000;
	struct nf_store *s = nf_store_create(&conf);

	assert_non_null(s);
	assert_true(nf_store_fits(s, NF_STORE_KEY_MAX, NF_STORE_VALUE_MAX));
	assert_false(nf_store_fits(s, NF_STORE_KEY_MAX + 1, 1));
	assert_false(nf_store_fits(s, 1, NF_STORE_VALUE_MAX + 1));
	assert_null(nf_store_alloc(s, "k", 1, NF_STORE_VALUE_MAX + 1, 1));
	for (int i = 0; i < 3; i++)
		assert_non_null(store_check_set(s, "large", NF_STORE_VALUE_MAX, 1, 1));
	store_check(s);
	nf_store_destroy(s);
	nf_store_destroy(NULL);
}

static void create_in_own_memory(void **state)
{
	void *memory = aligned_alloc(64, 2 * MIB);
	struct nf_store_conf conf = { .bytes = 2 * MIB, .memory = memory };
	struct nf_store *s = nf_store_create(&conf);

	assert_non_null(store_check_set(s, "k", 5, 9, 1));
	nf_store_destroy(s);
	free(memory);
}

static void set_and_get(void **state)
{
	struct nf_store *s = make(2 * MIB, 0);
	struct nf_item *it;
	uint64_t cas;

	assert_null(store_check_get(s, "a", 1));
	store_check_set(s, "a", 10, 'x', 1);
	it = store_check_get(s, "a", 2);
	assert_non_null(it);
	assert_true(store_check_filled(it, 'x'));
	assert_int_equal(it->accessed, 2);
	cas = it->cas;
	store_check_set(s, "a", 0, 'y', 1);
	it = store_check_get(s, "a", 2);
	assert_int_equal(it->value_len, 0);
	assert_true(it->cas > cas);
	assert_int_equal(nb_items(s), 1);
	nf_store_unlink(s, nf_store_hash(s, "a", 1), it);
	assert_null(store_check_get(s, "a", 1));
	assert_int_equal(nb_items(s), 0);
	store_check(s);
	nf_store_destroy(s);
}

/*
 * find, alloc, link with the old one in hand: alloc must not let it go, however full the store
 * is.
 */
static void replace_when_full(void **state)
{
	struct nf_store *s = make(2 * MIB, 0);
	char key[16];

	for (unsigned i = 0; i < 60000; i++) {
		struct nf_item *old, *it;
		uint64_t hash;

		snprintf(key, sizeof(key), "k%u", i % 30000);
		hash = nf_store_hash(s, key, (uint32_t)strlen(key));
		old = nf_store_find(s, hash, key, (uint32_t)strlen(key), 1);
		it = nf_store_alloc(s, key, (uint32_t)strlen(key), 1 + i % 300, 1);
		assert_non_null(it);
		if (old) {
			assert_memory_equal(nf_item_key(old), key, strlen(key));
			assert_int_equal(old->client_flags, i % 30000);
		}
		it->client_flags = i % 30000;
		nf_store_link(s, hash, it, old, 1);
	}
	store_check(s);
	nf_store_destroy(s);
}

static void alloc_given_back(void **state)
{
	struct nf_store *s = make(2 * MIB, 0);
	struct nf_item *it = nf_store_alloc(s, "k", 1, 100, 1);

	assert_int_equal(it->refs, 1);
	assert_int_equal(it->expires, NF_STORE_NEVER);
	assert_int_equal(it->client_flags, 0);
	assert_int_equal(it->flags8, 0);
	nf_store_unref(s, it);
	assert_int_equal(nb_items(s), 0);
	store_check(s);
	nf_store_destroy(s);
}

static void cas_is_unique(void **state)
{
	struct nf_store *s = make(2 * MIB, 0);
	struct nf_item *a = store_check_set(s, "a", 1, 0, 1), *b = store_check_set(s, "b", 1, 0, 1);
	uint64_t cas_a = a->cas;

	assert_true(a->cas != 0 && b->cas != a->cas);
	nf_store_changed(s, a);
	assert_true(a->cas != cas_a && a->cas != b->cas);
	nf_store_destroy(s);
}

static void refs_keep_an_item(void **state)
{
	struct nf_store *s = make(2 * MIB, 0);
	struct nf_item *it = store_check_set(s, "a", 1000, 'a', 1);
	char key[16];

	assert_true(nf_store_ref(it));
	assert_true(nf_store_ref(it));
	store_check_set(s, "a", 1000, 'b', 1);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "k%u", i);
		assert_non_null(store_check_set(s, key, 1000, 'c', 1));
		assert_true(i % 100 || store_check_filled(it, 'a'));
	}
	nf_store_unref(s, it);
	assert_true(store_check_filled(it, 'a'));
	store_check(s);
	nf_store_unref(s, it);
	store_check(s);
	it = store_check_get(s, "k4999", 1);
	for (unsigned i = 0; i < UINT16_MAX; i++)
		assert_true(nf_store_ref(it));
	assert_false(nf_store_ref(it));
	nf_store_destroy(s);
}

/* A linked item that is held stays the item of its key while everything around it is evicted. */
static void refs_of_a_linked_item(void **state)
{
	struct nf_store *s = make(4 * MIB, 0);
	struct nf_item *it = store_check_set(s, "held", 500, 'h', 1);
	char key[16];

	assert_true(nf_store_ref(it));
	for (unsigned i = 0; i < 200; i++) {
		snprintf(key, sizeof(key), "k%u", i);
		assert_non_null(store_check_set(s, key, 100000, 'c', 1));
	}
	assert_ptr_equal(store_check_get(s, "held", 1), it);
	nf_store_unref(s, it);
	store_check(s);
	nf_store_destroy(s);
}

static void expiry(void **state)
{
	struct nf_store *s = make(2 * MIB, 0);
	struct nf_store_stats st;

	store_check_set(s, "a", 1, 0, 10)->expires = 20;
	store_check_set(s, "b", 1, 0, 10)->expires = 21;
	store_check_set(s, "c", 1, 0, 10);
	assert_non_null(store_check_get(s, "a", 19));
	assert_null(store_check_get(s, "a", 20));
	assert_int_equal(nb_items(s), 2);
	nf_store_sweep(s, 20, 100000);
	assert_int_equal(nb_items(s), 2);
	nf_store_sweep(s, 21, 100000);
	assert_int_equal(nb_items(s), 1);
	nf_store_stats(s, &st);
	assert_int_equal(st.expired_unfetched, 1);
	store_check(s);
	nf_store_destroy(s);
}

static void flush_now(void **state)
{
	struct nf_store *s = make(2 * MIB, 0);

	store_check_set(s, "a", 1, 0, 10);
	nf_store_flush(s, 10);
	store_check_set(s, "b", 1, 0, 10);
	assert_null(store_check_get(s, "a", 10));
	assert_non_null(store_check_get(s, "b", 10));
	store_check_set(s, "a", 1, 0, 10);
	assert_non_null(store_check_get(s, "a", 10));
	nf_store_flush(s, 0);
	nf_store_sweep(s, 10, 100000);
	assert_int_equal(nb_items(s), 0);
	store_check(s);
	nf_store_destroy(s);
}

/*
 * flush_all with a delay takes what was stored before it is due, also after the command; a
 * flush at once replaces it.
 */
static void flush_later(void **state)
{
	struct nf_store *s = make(2 * MIB, 0);

	store_check_set(s, "a", 1, 0, 10);
	nf_store_flush(s, 15);
	store_check_set(s, "b", 1, 0, 14);
	assert_non_null(store_check_get(s, "a", 14));
	store_check_set(s, "c", 1, 0, 15);
	assert_null(store_check_get(s, "a", 15));
	assert_null(store_check_get(s, "b", 15));
	assert_non_null(store_check_get(s, "c", 15));
	nf_store_flush(s, 30);
	nf_store_flush(s, 15);
	store_check_set(s, "d", 1, 0, 16);
	assert_null(store_check_get(s, "c", 16));
	assert_non_null(store_check_get(s, "d", 31));
	nf_store_destroy(s);
}

static bool count(const struct nf_item *it, void *arg)
{
	return ++*(unsigned *)arg < 3;
}

static void each(void **state)
{
	struct nf_store *s = make(2 * MIB, 0);
	unsigned nb = 0;

	store_check_set(s, "a", 1, 0, 1);
	store_check_set(s, "b", 1, 0, 1);
	nf_store_each(s, count, &nb);
	assert_int_equal(nb, 2);
	store_check_set(s, "c", 1, 0, 1);
	store_check_set(s, "d", 1, 0, 1);
	nb = 0;
	nf_store_each(s, count, &nb);
	assert_int_equal(nb, 3);
	nf_store_destroy(s);
}

static void stats(void **state)
{
	struct nf_store *s = make(2 * MIB, 0);
	struct nf_store_stats before, st;

	nf_store_stats(s, &before);
	store_check_set(s, "a", 64, 0, 1);
	store_check_set(s, "a", 64, 0, 1);
	nf_store_stats(s, &st);
	assert_int_equal(st.total_items, 2);
	assert_int_equal(st.item_bytes, 104);
	assert_int_equal(st.used_bytes - before.used_bytes, 104);
	assert_int_equal(st.limit_bytes, 2 * MIB);
	nf_store_stats_reset(s);
	nf_store_stats(s, &st);
	assert_int_equal(st.total_items, 0);
	assert_int_equal(st.nb_items, 1);
	nf_store_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_siphash_2_4),
		cmocka_unit_test(hash_siphash_1_3),
		cmocka_unit_test(create_limits),
		cmocka_unit_test(create_in_own_memory),
		cmocka_unit_test(set_and_get),
		cmocka_unit_test(replace_when_full),
		cmocka_unit_test(alloc_given_back),
		cmocka_unit_test(cas_is_unique),
		cmocka_unit_test(refs_keep_an_item),
		cmocka_unit_test(refs_of_a_linked_item),
		cmocka_unit_test(expiry),
		cmocka_unit_test(flush_now),
		cmocka_unit_test(flush_later),
		cmocka_unit_test(each),
		cmocka_unit_test(stats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
