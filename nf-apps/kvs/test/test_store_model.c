/* SPDX-License-Identifier: BSD-3-Clause */
/* Random calls against a simple model, and everything that must be true between two calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/kvs/test/store_check.h"

#define NB_KEYS 4000u
#define NB_HELD 50u

/* What the store must say for a key, if it says anything. */
struct expect {
	bool there; /* false: not stored, or known to be gone */
	uint8_t fill;
	uint32_t len, expires, client_flags;
	uint64_t cas;
};

struct held {
	struct nf_item *it; /* NULL: unused */
	uint32_t key, len;
	uint8_t fill;
};

struct model {
	struct nf_store *s;
	struct expect key[NB_KEYS];
	struct held held[NB_HELD];
	uint32_t now, flush_at;
	uint32_t len_max;
	uint64_t cas, nb_lost; /* keys that were gone without a reason in the model: evicted */
	uint64_t random;
};

static uint32_t below(struct model *m, uint32_t n)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (uint32_t)((m->random >> 32) * n >> 32);
}

/* Keys of 1 to 250 bytes. */
static uint32_t key_text(char text[256], uint32_t key)
{
	int len = snprintf(text, 256, "%u", key);

	if (key % 7 == 0) {
		memset(text + len, 'k', key % 240);
		len += (int)(key % 240);
		text[len] = 0;
	}
	return (uint32_t)len;
}

static void model_flush(struct model *m)
{
	if (m->flush_at == 0 || m->now < m->flush_at)
		return;
	m->flush_at = 0;
	for (uint32_t i = 0; i < NB_KEYS; i++)
		m->key[i].there = false;
}

static bool model_live(struct model *m, uint32_t key)
{
	const struct expect *e = &m->key[key];

	return e->there && (e->expires == NF_STORE_NEVER || e->expires > m->now);
}

static struct nf_item *find(struct model *m, uint32_t key, uint64_t *hash)
{
	char text[256];
	uint32_t len = key_text(text, key);
	struct expect *e = &m->key[key];
	struct nf_item *it;

	*hash = nf_store_hash(m->s, text, len);
	nf_store_prefetch(m->s, *hash);
	nf_store_prefetch_item(m->s, *hash);
	it = nf_store_find(m->s, *hash, text, len, m->now);
	if (!model_live(m, key)) {
		assert_null(it);
		e->there = false;
	} else if (it == NULL) {
		m->nb_lost++;
		e->there = false;
	} else {
		assert_int_equal(it->value_len, e->len);
		assert_true(store_check_filled(it, e->fill));
		assert_int_equal(it->cas, e->cas);
		assert_int_equal(it->client_flags, e->client_flags);
		assert_memory_equal(nf_item_key(it), text, len);
	}
	return it;
}

static uint32_t random_len(struct model *m)
{
	return below(m, 100) ? below(m, 1 + (m->len_max >> below(m, 12))) : m->len_max;
}

static void do_set(struct model *m, uint32_t key)
{
	struct expect *e = &m->key[key];
	struct nf_item *old = NULL, *it;
	char text[256];
	uint64_t hash;
	uint32_t len = random_len(m);

	if (below(m, 2))
		old = find(m, key, &hash);
	hash = nf_store_hash(m->s, text, key_text(text, key));
	it = nf_store_alloc(m->s, text, key_text(text, key), len, m->now);
	if (it == NULL)
		return;
	if (below(m, 20) == 0) {
		nf_store_unref(m->s, it);
		return;
	}
	if (old == NULL)
		find(m, key, &hash); /* it may have been evicted just now, which counts */
	e->there = true;
	e->fill = (uint8_t)below(m, 256);
	e->len = len;
	e->client_flags = below(m, UINT32_MAX);
	e->expires = below(m, 4) ? NF_STORE_NEVER : m->now + below(m, 20);
	it->client_flags = e->client_flags;
	it->expires = e->expires;
	memset(nf_item_value(it), e->fill, len);
	nf_store_link(m->s, hash, it, old, m->now);
	assert_true(it->cas > m->cas);
	m->cas = it->cas;
	e->cas = it->cas;
}

static void do_get(struct model *m, uint32_t key)
{
	uint64_t hash;
	struct nf_item *it = find(m, key, &hash);
	struct held *h = &m->held[below(m, NB_HELD)];

	if (it == NULL)
		return;
	nf_store_touch_lru(m->s, it, m->now);
	if (h->it || below(m, 3))
		return;
	assert_true(nf_store_ref(it));
	*h = (struct held){ .it = it, .key = key, .len = it->value_len, .fill = m->key[key].fill };
}

static void do_release(struct model *m)
{
	struct held *h = &m->held[below(m, NB_HELD)];
	char text[256];
	uint32_t len = key_text(text, h->key);

	if (h->it == NULL)
		return;
	assert_int_equal(h->it->key_len, len);
	assert_memory_equal(nf_item_key(h->it), text, len);
	assert_int_equal(h->it->value_len, h->len);
	assert_true(store_check_filled(h->it, h->fill));
	nf_store_unref(m->s, h->it);
	h->it = NULL;
}

static void do_delete(struct model *m, uint32_t key)
{
	uint64_t hash;
	struct nf_item *it = find(m, key, &hash);

	if (it)
		nf_store_unlink(m->s, hash, it);
	m->key[key].there = false;
}

static void do_change(struct model *m, uint32_t key)
{
	uint64_t hash;
	struct nf_item *it = find(m, key, &hash);
	struct expect *e = &m->key[key];

	if (it == NULL || it->refs)
		return;
	e->fill = (uint8_t)below(m, 256);
	memset(nf_item_value(it), e->fill, it->value_len);
	nf_store_changed(m->s, it);
	assert_true(it->cas > m->cas);
	m->cas = it->cas;
	e->cas = it->cas;
}

static void do_rare(struct model *m)
{
	switch (below(m, 12)) {
	case 0:
		m->flush_at = below(m, 2) ? m->now : m->now + below(m, 10);
		nf_store_flush(m->s, m->flush_at);
		break;
	case 1:
	case 2:
		m->now += below(m, 3);
		break;
	case 3:
		store_check(m->s);
		break;
	default:
		nf_store_sweep(m->s, m->now, below(m, 100));
	}
	model_flush(m);
}

static void step(struct model *m)
{
	uint32_t key = below(m, 2) ? below(m, NB_KEYS) : below(m, 40), what = below(m, 200);

	if (what < 80)
		do_set(m, key);
	else if (what < 150)
		do_get(m, key);
	else if (what < 170)
		do_release(m);
	else if (what < 185)
		do_delete(m, key);
	else if (what < 198)
		do_change(m, key);
	else
		do_rare(m);
}

static bool is_held(const struct nf_item *it, void *arg)
{
	*(uint64_t *)arg += it->refs != 0;
	return true;
}

static void finish(struct model *m)
{
	struct nf_store_stats st;
	uint64_t nb = 0, nb_refs = 0, hash;

	for (uint32_t i = 0; i < NB_HELD; i++) {
		if (m->held[i].it)
			nf_store_unref(m->s, m->held[i].it);
	}
	for (uint32_t i = 0; i < NB_KEYS; i++)
		nb += find(m, i, &hash) != NULL;
	store_check(m->s);
	nf_store_stats(m->s, &st);
	assert_int_equal(st.nb_items, nb);
	nf_store_each(m->s, is_held, &nb_refs);
	assert_int_equal(nb_refs, 0);
	nf_store_flush(m->s, 0);
	nf_store_sweep(m->s, m->now, 1000000);
	nf_store_stats(m->s, &st);
	assert_int_equal(st.nb_items, 0);
	store_check(m->s);
	nf_store_destroy(m->s);
}

static void play(const struct nf_store_conf *conf, uint32_t len_max, unsigned nb, uint64_t seed)
{
	struct model *m = calloc(1, sizeof(*m));
	struct nf_store_stats st;

	m->s = nf_store_create(conf);
	assert_non_null(m->s);
	m->now = 5;
	m->len_max = len_max;
	m->random = seed;
	for (unsigned i = 0; i < nb; i++)
		step(m);
	nf_store_stats(m->s, &st);
	assert_true(m->nb_lost <= st.evictions);
	assert_true(st.evictions == 0 || !conf->no_evict);
	finish(m);
	free(m);
}

/* Room for all: nothing may be lost. */
static void roomy(void **state)
{
	struct nf_store_conf conf = { .bytes = 64u << 20, .hash_key = { 1, 2 } };

	for (uint64_t seed = 1; seed <= 3; seed++)
		play(&conf, 4000, 60000, seed * 0x9e3779b97f4a7c15);
}

/* An index that is far too small: chains of overflow buckets. */
static void long_chains(void **state)
{
	struct nf_store_conf conf = { .bytes = 2u << 20, .nb_items = 1, .hash_key = { 1, 2 } };

	for (uint64_t seed = 1; seed <= 3; seed++)
		play(&conf, 10, 60000, seed * 0x9e3779b97f4a7c15);
}

static void tight(void **state)
{
	struct nf_store_conf conf = { .bytes = 2u << 20, .hash_key = { 1, 2 } };

	for (uint64_t seed = 1; seed <= 3; seed++) {
		play(&conf, 3000, 60000, seed * 0x9e3779b97f4a7c15);
		play(&conf, 60000, 20000, seed * 0x9e3779b97f4a7c15);
	}
	conf.bytes = 6u << 20;
	play(&conf, NF_STORE_VALUE_MAX, 5000, 77);
}

/* Without eviction: a full store refuses, and keeps what it has. */
static void no_evict(void **state)
{
	struct nf_store_conf conf = { .bytes = 2u << 20, .hash_key = { 1, 2 }, .no_evict = true };

	for (uint64_t seed = 1; seed <= 3; seed++) {
		play(&conf, 3000, 60000, seed * 0x9e3779b97f4a7c15);
		play(&conf, 60000, 20000, seed * 0x9e3779b97f4a7c15);
	}
	conf.nb_items = 1;
	play(&conf, 400, 100000, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roomy),
		cmocka_unit_test(long_chains),
		cmocka_unit_test(tight),
		cmocka_unit_test(no_evict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
