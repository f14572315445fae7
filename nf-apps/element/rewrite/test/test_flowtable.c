/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The flow table against a naive map: millions of random operations, growth, lack of memory,
 * lookups of bursts; and the ages of flows against a plain search. A fake aligned_alloc makes
 * memory end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "nf-apps/element/rewrite/flowage.h"

#define IDS 40000u

static uint64_t ft_seed = 1;
static int64_t ft_allocs_left = INT64_MAX;

void *aligned_alloc(size_t align, size_t bytes)
{
	void *p;

	if (ft_allocs_left-- <= 0)
		return NULL;
	return posix_memalign(&p, align, bytes) == 0 ? p : NULL;
}

static uint32_t ft_random(void *arg)
{
	uint64_t z = ft_seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (uint32_t)(z >> 32 ^ z);
}

/* The keys of flow `id`: much alike, as those of one network are. */
static void ft_key(uint8_t key[NF_FLOWTABLE_KEY], uint32_t key_bytes, uint32_t id, unsigned dir)
{
	uint32_t a = 0x0100000a + (id << 24), b = id >> 8;

	memset(key, 0, NF_FLOWTABLE_KEY);
	memcpy(key + (dir ? 4 : 0), &a, 4);
	memcpy(key + key_bytes - 8, &b, 4);
	key[key_bytes - 4] = 17;
	key[key_bytes - 3] = (uint8_t)dir;
}

struct ft_model {
	struct nf_flowtable t;
	uint32_t entry[IDS]; /* NONE: not there */
	uint32_t nb;
};

static bool ft_insert(struct ft_model *m, uint32_t id)
{
	uint32_t entry = nf_flowtable_alloc(&m->t);
	uint8_t key[NF_FLOWTABLE_KEY], *e;

	if (entry == NF_FLOWTABLE_NONE)
		return false;
	e = nf_flowtable_entry(&m->t, entry);
	for (unsigned dir = 0; dir < 2; dir++) {
		ft_key(key, m->t.key_bytes, id, dir);
		memcpy(e + dir * m->t.key_bytes, key, m->t.key_bytes);
	}
	if (!nf_flowtable_link(&m->t, entry, 0)) {
		nf_flowtable_put(&m->t, entry);
		return false;
	}
	if (!nf_flowtable_link(&m->t, entry, 1)) {
		assert_true(nf_flowtable_unlink(&m->t, entry, 0));
		nf_flowtable_put(&m->t, entry);
		return false;
	}
	m->entry[id] = entry;
	m->nb++;
	return true;
}

static void ft_erase(struct ft_model *m, uint32_t id)
{
	assert_true(nf_flowtable_unlink(&m->t, m->entry[id], 0));
	assert_true(nf_flowtable_unlink(&m->t, m->entry[id], 1));
	assert_false(nf_flowtable_unlink(&m->t, m->entry[id], 1));
	nf_flowtable_put(&m->t, m->entry[id]);
	m->entry[id] = NF_FLOWTABLE_NONE;
	m->nb--;
}

static void ft_look(struct ft_model *m, uint32_t id)
{
	uint8_t key[NF_FLOWTABLE_KEY];

	for (unsigned dir = 0; dir < 2; dir++) {
		ft_key(key, m->t.key_bytes, id, dir);
		assert_int_equal(nf_flowtable_find(&m->t, key),
			m->entry[id] == NF_FLOWTABLE_NONE ? NF_FLOWTABLE_NONE
							  : NF_FLOWTABLE_REF(m->entry[id], dir));
	}
}

static void ft_look_burst(struct ft_model *m)
{
	uint8_t key[NF_FLOWTABLE_KEY], keys[64 * 16];
	unsigned n = ft_random(NULL) % 65;
	uint32_t ids[64], ref[64];

	for (unsigned i = 0; i < n; i++) {
		ids[i] = ft_random(NULL) % IDS;
		ft_key(key, 16, ids[i], i & 1);
		memcpy(keys + 16 * i, key, 16);
	}
	nf_flowtable_find_burst(&m->t, keys, n, ref, 16, 64);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(ref[i], m->entry[ids[i]] == NF_FLOWTABLE_NONE
						 ? NF_FLOWTABLE_NONE
						 : NF_FLOWTABLE_REF(m->entry[ids[i]], i & 1));
}

static struct ft_model *ft_start(uint32_t key_bytes, uint32_t entry_bytes)
{
	struct ft_model *m = malloc(sizeof(*m));

	assert_non_null(m);
	memset(m, 0xff, sizeof(*m));
	m->nb = 0;
	ft_allocs_left = INT64_MAX;
	assert_int_equal(nf_flowtable_init(&m->t, key_bytes, entry_bytes, ft_random, NULL), 0);
	return m;
}

static void ft_end(struct ft_model *m)
{
	nf_flowtable_free(&m->t);
	free(m);
}

/* `grow` of 16 changes are insertions. */
static void ft_mix(struct ft_model *m, unsigned nb_ops, unsigned grow, bool may_fail)
{
	for (unsigned i = 0; i < nb_ops; i++) {
		uint32_t id = ft_random(NULL) % IDS;
		bool in = ft_random(NULL) % 16 < grow, ok = true;

		if (in && m->entry[id] == NF_FLOWTABLE_NONE)
			ok = ft_insert(m, id);
		else if (!in && m->entry[id] != NF_FLOWTABLE_NONE)
			ft_erase(m, id);
		assert_true(ok || may_fail);
		ft_look(m, ft_random(NULL) % IDS);
		if (i % 16 == 0 && m->t.key_bytes == 16)
			ft_look_burst(m);
		assert_int_equal(m->t.nb_links, 2 * m->nb);
		assert_int_equal(m->t.nb_entries, m->nb);
	}
}

static void ft_count(void *arg, uint32_t entry)
{
	(*(uint32_t *)arg)++;
}

static void test_model(void **state)
{
	static const uint32_t sizes[][2] = { { 16, 64 }, { 24, 64 }, { 40, 128 } };

	for (unsigned s = 0; s < UK_ARRAY_SIZE(sizes); s++) {
		struct ft_model *m = ft_start(sizes[s][0], sizes[s][1]);
		uint32_t nb = 0;

		ft_mix(m, 300000, 12, false);
		ft_mix(m, 300000, 3, false);
		ft_mix(m, 200000, 8, false);
		nf_flowtable_each(&m->t, ft_count, &nb);
		assert_int_equal(nb, m->nb);
		for (uint32_t id = 0; id < IDS; id++) {
			ft_look(m, id);
			if (m->entry[id] != NF_FLOWTABLE_NONE)
				ft_erase(m, id);
		}
		assert_int_equal(m->t.nb_links, 0);
		ft_mix(m, 50000, 12, false);
		nf_flowtable_clear(&m->t);
		memset(m->entry, 0xff, sizeof(m->entry));
		m->nb = 0;
		ft_mix(m, 50000, 12, false);
		ft_end(m);
	}
}

/* Memory ends, comes back, ends: what is in the table stays right. */
static void test_no_memory(void **state)
{
	struct ft_model *m = ft_start(16, 64);

	for (unsigned i = 0; i < 12; i++) {
		ft_allocs_left = i % 3;
		ft_mix(m, 20000, i % 4 == 3 ? 2 : 14, true);
		for (uint32_t id = 0; id < IDS; id++)
			ft_look(m, id);
	}
	ft_allocs_left = INT64_MAX;
	ft_mix(m, 100000, 14, false);
	ft_end(m);
	ft_allocs_left = 0;
	m = malloc(sizeof(*m));
	assert_int_equal(nf_flowtable_init(&m->t, 16, 64, ft_random, NULL), -12);
	assert_int_equal(nf_flowtable_init(&m->t, 12, 64, ft_random, NULL), -22);
	assert_int_equal(nf_flowtable_init(&m->t, 48, 64, ft_random, NULL), -22);
	assert_int_equal(nf_flowtable_init(&m->t, 16, 20, ft_random, NULL), -22);
	free(m);
}

/* Neighbouring addresses and ports spread as random keys would: few keys lie in spills. */
static void test_spread(void **state)
{
	for (unsigned round = 0; round < 8; round++) {
		struct ft_model *m = ft_start(16, 64);

		for (uint32_t id = 0; id < IDS; id++)
			assert_true(ft_insert(m, id));
		/* 3 of 8 on average, 4.9 where a bucket is not split yet: Poisson says that 1.4 of
		 * 100 spill */
		assert_true(m->t.nb_spills < m->t.nb_buckets / 50);
		ft_end(m);
	}
}

struct fa_entry {
	uint8_t key[32];
	struct nf_flowage_mark mark;
	uint32_t pad[5];
};

#define FLOWS 3000u

static const struct {
	uint32_t timeout, guarantee;
} fa_classes[] = { { 300, 5 }, { 7000, 5 }, { 240, 0 }, { 3, 20 } };

/* What nf_flowage_victim has to find, by a look at all: the time it has left. */
static bool fa_victim_left(
	const struct nf_flowage *a, const uint32_t *in, uint32_t now, int64_t *left)
{
	bool any = false;

	for (uint32_t i = 0; i < FLOWS; i++) {
		const struct nf_flowage_mark *m;
		int64_t l;

		if (in[i] == NF_FLOWTABLE_NONE)
			continue;
		m = nf_flowage_mark(a, in[i]);
		l = (int64_t)fa_classes[m->class_nr].timeout - (now - m->last);
		if (now - m->last >= fa_classes[m->class_nr].guarantee && (!any || l < *left)) {
			*left = l;
			any = true;
		}
	}
	return any;
}

static void fa_one(struct nf_flowtable *t, struct nf_flowage *a, uint32_t *in, uint32_t now)
{
	uint32_t i = ft_random(NULL) % FLOWS, cls = ft_random(NULL) % UK_ARRAY_SIZE(fa_classes);

	if (in[i] == NF_FLOWTABLE_NONE) {
		in[i] = nf_flowtable_alloc(t);
		memset(nf_flowtable_entry(t, in[i]), 1, 32);
		nf_flowage_mark(a, in[i])->last = now;
		assert_true(nf_flowage_add(a, in[i], cls));
		return;
	}
	switch (ft_random(NULL) % 8) {
	case 0:
		nf_flowage_remove(a, in[i]);
		nf_flowtable_put(t, in[i]);
		in[i] = NF_FLOWTABLE_NONE;
		break;
	case 1:
		nf_flowage_mark(a, in[i])->last = now;
		assert_true(nf_flowage_move(a, in[i], cls));
		break;
	default:
		nf_flowage_mark(a, in[i])->last = now;
		break;
	}
}

static uint32_t fa_drop(struct nf_flowtable *t, struct nf_flowage *a, uint32_t *in, uint32_t victim)
{
	for (uint32_t i = 0; i < FLOWS; i++) {
		if (in[i] != victim)
			continue;
		nf_flowage_remove(a, victim);
		nf_flowtable_put(t, victim);
		in[i] = NF_FLOWTABLE_NONE;
		return i;
	}
	fail_msg("a victim that is not there");
	return 0;
}

/* The clock starts near its wrap. */
static void test_age(void **state)
{
	static uint32_t in[FLOWS];
	uint32_t now = UINT32_MAX - 2000, work, victim;
	struct nf_flowtable t;
	struct nf_flowage a;
	int64_t left, want = 0;

	ft_allocs_left = INT64_MAX;
	memset(in, 0xff, sizeof(in));
	assert_int_equal(nf_flowtable_init(&t, 16, sizeof(struct fa_entry), ft_random, NULL), 0);
	assert_int_equal(nf_flowage_init(&a, &t, 32, 4), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(nf_flowage_class(&a, fa_classes[i].timeout * 1000000ull,
					 fa_classes[i].guarantee * 1000000ull),
			i);
	assert_int_equal(nf_flowage_class(&a, 1, 1), -28);
	for (unsigned round = 0; round < 60000; round++) {
		fa_one(&t, &a, in, now);
		now += ft_random(NULL) % 4 == 0;
		if (round % 16 != 0)
			continue;
		work = UINT32_MAX;
		victim = nf_flowage_victim(&a, now, &left, &work);
		if (!fa_victim_left(&a, in, now, &want)) {
			assert_int_equal(victim, NF_FLOWTABLE_NONE);
			continue;
		}
		assert_int_not_equal(victim, NF_FLOWTABLE_NONE);
		assert_int_equal(left, want);
		fa_drop(&t, &a, in, victim);
		work = 3;
		victim = nf_flowage_victim(&a, now, &left, &work);
		assert_true(work <= 3);
		work = UINT32_MAX;
		victim = nf_flowage_expired(&a, now, &work);
		if (victim != NF_FLOWTABLE_NONE) {
			assert_int_equal(nf_flowage_left_ms(&a, victim, now), 0);
			fa_drop(&t, &a, in, victim);
		}
	}
	work = UINT32_MAX;
	while ((victim = nf_flowage_oldest(&a, now, &work)) != NF_FLOWTABLE_NONE)
		fa_drop(&t, &a, in, victim);
	assert_int_equal(t.nb_entries, 0);
	nf_flowage_free(&a);
	nf_flowtable_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
