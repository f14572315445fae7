/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include "nf-apps/element/aggregate/aggtable.h"

static uint32_t aggtable_random(void *core)
{
	return nf_core_random(core);
}

int nf_aggtable_init(struct nf_aggtable *t, struct nf_core *core, uint32_t max)
{
	t->max = max;
	return nf_flowtable_init(&t->flows, NF_AGGTABLE_KEY, sizeof(struct nf_aggtable_entry),
		aggtable_random, core);
}

void nf_aggtable_free(struct nf_aggtable *t)
{
	nf_flowtable_free(&t->flows);
}

void nf_aggtable_clear(struct nf_aggtable *t)
{
	nf_flowtable_clear(&t->flows);
}

static struct nf_aggtable_entry *aggtable_at(const struct nf_aggtable *t, uint32_t ref)
{
	return nf_steparray_item(
		&t->flows.entries, ref >> 1, NF_FLOWTABLE_SHIFT, sizeof(struct nf_aggtable_entry));
}

struct nf_aggtable_entry *nf_aggtable_find(struct nf_aggtable *t, uint32_t aggregate)
{
	struct nf_aggtable_key key = { .aggregate = aggregate, .used = 1 };
	uint32_t ref = nf_flowtable_find(&t->flows, &key);

	return ref == NF_FLOWTABLE_NONE ? NULL : aggtable_at(t, ref);
}

struct nf_aggtable_entry *nf_aggtable_get(struct nf_aggtable *t, uint32_t aggregate)
{
	struct nf_aggtable_entry *found = nf_aggtable_find(t, aggregate);
	uint32_t entry = NF_FLOWTABLE_NONE;

	if (found != NULL)
		return found;
	if (t->flows.nb_entries < t->max)
		entry = nf_flowtable_alloc(&t->flows);
	if (entry == NF_FLOWTABLE_NONE) {
		t->nb_full++;
		return NULL;
	}
	found = nf_flowtable_entry(&t->flows, entry);
	found->key = (struct nf_aggtable_key){ .aggregate = aggregate, .used = 1 };
	if (!nf_flowtable_link(&t->flows, entry, 0)) {
		nf_flowtable_put(&t->flows, entry);
		t->nb_full++;
		return NULL;
	}
	return found;
}

void nf_aggtable_find_burst(struct nf_aggtable *t, struct uk_netbuf *const v[], uint16_t n,
	struct nf_aggtable_entry *found[])
{
	struct nf_aggtable_key keys[UK_BURST_MAX];
	uint32_t refs[UK_BURST_MAX];

	for (uint16_t i = 0; i < n; i++)
		keys[i] = (struct nf_aggtable_key){
			.aggregate = nf_packet_anno_u32(v[i], NF_ANNO_AGGREGATE), .used = 1
		};
	nf_flowtable_find_burst(
		&t->flows, keys, n, refs, NF_AGGTABLE_KEY, sizeof(struct nf_aggtable_entry));
	for (uint16_t i = 0; i < n; i++)
		found[i] = refs[i] == NF_FLOWTABLE_NONE ? NULL : aggtable_at(t, refs[i]);
}

struct aggtable_list {
	const struct nf_aggtable *t;
	struct nf_aggtable_pair *pairs;
	uint32_t nb;
};

static void aggtable_one(void *arg, uint32_t entry)
{
	struct aggtable_list *l = arg;
	const struct nf_aggtable_entry *en = nf_flowtable_entry(&l->t->flows, entry);

	l->pairs[l->nb++] =
		(struct nf_aggtable_pair){ .aggregate = en->key.aggregate, .count = en->count };
}

static int aggtable_order(const void *a, const void *b)
{
	uint32_t x = ((const struct nf_aggtable_pair *)a)->aggregate;
	uint32_t y = ((const struct nf_aggtable_pair *)b)->aggregate;

	return x < y ? -1 : x > y;
}

struct nf_aggtable_pair *nf_aggtable_sorted(struct nf_aggtable *t, uint32_t *nb)
{
	struct aggtable_list l = { .t = t };

	*nb = t->flows.nb_entries;
	if (*nb == 0)
		return NULL;
	l.pairs = calloc(*nb, sizeof(*l.pairs));
	if (l.pairs == NULL)
		return NULL;
	nf_flowtable_each(&t->flows, aggtable_one, &l);
	qsort(l.pairs, l.nb, sizeof(*l.pairs), aggtable_order);
	return l.pairs;
}
