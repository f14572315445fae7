/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include "nf-apps/element/rewrite/flowtable.h"

#define FLOWTABLE_FIRST     64u /* buckets at the start */
#define FLOWTABLE_SPILL_LOG 6

/* A place in a bucket's chain. */
struct flowtable_at {
	struct nf_flowtable_bucket *b;
	struct nf_flowtable_bucket *before; /* NULL: b is the first */
	unsigned slot;
};

static struct nf_flowtable_bucket *flowtable_spill(const struct nf_flowtable *t, uint32_t link)
{
	return nf_steparray_item(
		&t->spills, link - 1, FLOWTABLE_SPILL_LOG, sizeof(struct nf_flowtable_bucket));
}

static struct nf_flowtable_bucket *flowtable_nr(const struct nf_flowtable *t, uint32_t b)
{
	return nf_steparray_item(
		&t->buckets, b, NF_FLOWTABLE_SHIFT, sizeof(struct nf_flowtable_bucket));
}

static const void *flowtable_key(const struct nf_flowtable *t, uint32_t ref)
{
	return (const uint8_t *)nf_flowtable_entry(t, ref >> 1) + (ref & 1) * t->key_bytes;
}

static uint64_t flowtable_hash_ref(const struct nf_flowtable *t, uint32_t ref)
{
	return nf_flowtable_hash(t, flowtable_key(t, ref), t->key_bytes);
}

static void flowtable_start(struct nf_flowtable *t)
{
	t->nb_buckets = FLOWTABLE_FIRST;
	t->mask = FLOWTABLE_FIRST - 1;
	t->nb_links = t->nb_entries = t->nb_fresh = t->nb_spills = 0;
	t->free_spill = t->free_entry = 0;
	t->changes++;
	t->unlinks++;
}

int nf_flowtable_init(struct nf_flowtable *t, uint32_t key_bytes, uint32_t entry_bytes,
	uint32_t (*random)(void *arg), void *arg)
{
	memset(t, 0, sizeof(*t));
	if (key_bytes % 8 != 0 || key_bytes < 16 || key_bytes > NF_FLOWTABLE_KEY ||
		entry_bytes % 8 != 0 || entry_bytes < key_bytes + 8)
		return -EINVAL;
	t->key_bytes = key_bytes;
	t->entry_bytes = entry_bytes;
	for (unsigned i = 0; i < UK_ARRAY_SIZE(t->secret); i++)
		t->secret[i] = (uint64_t)random(arg) << 32 | random(arg);
	nf_steparray_init(&t->buckets, sizeof(struct nf_flowtable_bucket), NF_FLOWTABLE_SHIFT);
	nf_steparray_init(&t->entries, entry_bytes, NF_FLOWTABLE_SHIFT);
	nf_steparray_init(&t->spills, sizeof(struct nf_flowtable_bucket), FLOWTABLE_SPILL_LOG);
	flowtable_start(t);
	if (!nf_steparray_grow(&t->buckets)) {
		nf_flowtable_free(t);
		return -ENOMEM;
	}
	return 0;
}

void nf_flowtable_free(struct nf_flowtable *t)
{
	nf_steparray_free(&t->buckets);
	nf_steparray_free(&t->entries);
	nf_steparray_free(&t->spills);
}

void nf_flowtable_clear(struct nf_flowtable *t)
{
	for (uint32_t i = 0; i < t->buckets.nb_steps; i++)
		memset(t->buckets.step[i], 0,
			sizeof(struct nf_flowtable_bucket) << NF_FLOWTABLE_SHIFT);
	for (uint32_t i = 0; i < t->entries.nb_steps; i++)
		memset(t->entries.step[i], 0, (size_t)t->entry_bytes << NF_FLOWTABLE_SHIFT);
	flowtable_start(t);
}

/* The link of a free entry lies in its last bytes. */
static uint32_t *flowtable_free_link(const struct nf_flowtable *t, void *entry)
{
	return (uint32_t *)(void *)((uint8_t *)entry + t->entry_bytes - sizeof(uint32_t));
}

uint32_t nf_flowtable_alloc(struct nf_flowtable *t)
{
	uint32_t entry = t->free_entry - 1;
	uint32_t *link;

	if (t->free_entry != 0) {
		link = flowtable_free_link(t, nf_flowtable_entry(t, entry));
		t->free_entry = *link;
		*link = 0;
	} else {
		if (t->nb_fresh == nf_steparray_size(&t->entries) &&
			(t->nb_fresh >= NF_FLOWTABLE_NONE / 4 || !nf_steparray_grow(&t->entries)))
			return NF_FLOWTABLE_NONE;
		entry = t->nb_fresh++;
	}
	t->nb_entries++;
	return entry;
}

void nf_flowtable_put(struct nf_flowtable *t, uint32_t entry)
{
	void *e = nf_flowtable_entry(t, entry);

	memset(e, 0, t->entry_bytes);
	*flowtable_free_link(t, e) = t->free_entry;
	t->free_entry = entry + 1;
	t->nb_entries--;
}

static uint32_t flowtable_spill_alloc(struct nf_flowtable *t)
{
	uint32_t link = t->free_spill;

	if (link != 0) {
		t->free_spill = flowtable_spill(t, link)->next;
	} else {
		if (t->nb_spills == nf_steparray_size(&t->spills) && !nf_steparray_grow(&t->spills))
			return 0;
		link = ++t->nb_spills;
	}
	memset(flowtable_spill(t, link), 0, sizeof(struct nf_flowtable_bucket));
	return link;
}

static void flowtable_spill_put(struct nf_flowtable *t, uint32_t link)
{
	flowtable_spill(t, link)->next = t->free_spill;
	t->free_spill = link;
}

static bool flowtable_add(
	struct nf_flowtable *t, struct nf_flowtable_bucket *b, uint32_t ref, uint64_t hash)
{
	while (b->nb == NF_FLOWTABLE_SLOTS) {
		if (b->next == 0)
			b->next = flowtable_spill_alloc(t);
		if (b->next == 0)
			return false;
		b = flowtable_spill(t, b->next);
	}
	b->tag[b->nb] = nf_flowtable_tag(hash);
	b->ref[b->nb++] = ref;
	return true;
}

static void flowtable_remove(struct nf_flowtable *t, const struct flowtable_at *at)
{
	struct nf_flowtable_bucket *last = at->b, *before = at->before;

	while (last->next != 0) {
		before = last;
		last = flowtable_spill(t, last->next);
	}
	last->nb--;
	at->b->tag[at->slot] = last->tag[last->nb];
	at->b->ref[at->slot] = last->ref[last->nb];
	last->tag[last->nb] = 0;
	if (last->nb == 0 && before != NULL) {
		flowtable_spill_put(t, before->next);
		before->next = 0;
	}
}

/* Moves what belongs to the new bucket; a place in a chain that shrinks is never lost to the walk.
 */
static bool flowtable_split_one(
	struct nf_flowtable *t, struct nf_flowtable_bucket *from, uint32_t new_nr)
{
	struct flowtable_at at = { .b = from };

	while (at.slot < at.b->nb) {
		uint64_t hash = flowtable_hash_ref(t, at.b->ref[at.slot]);

		if ((nf_flowtable_index(hash) & t->mask) != new_nr) {
			at.slot++;
		} else {
			if (!flowtable_add(t, flowtable_nr(t, new_nr), at.b->ref[at.slot], hash))
				return false;
			flowtable_remove(t, &at);
		}
		if (at.slot == NF_FLOWTABLE_SLOTS && at.b->next != 0)
			at = (struct flowtable_at){ .before = at.b,
				.b = flowtable_spill(t, at.b->next) };
	}
	return true;
}

/* Undoes a split for which there was no memory: every key goes back. */
static void flowtable_unsplit(
	struct nf_flowtable *t, struct nf_flowtable_bucket *from, struct nf_flowtable_bucket *new)
{
	struct flowtable_at at = { .b = new };

	while (new->nb > 0) {
		uint32_t ref = new->ref[0];
		bool back;

		flowtable_remove(t, &at);
		back = flowtable_add(t, from, ref, flowtable_hash_ref(t, ref));
		UK_ASSERT(back); /* its spill is free again */
	}
}

/* One more bucket. Without memory for it the chains get longer instead. */
static void flowtable_split(struct nf_flowtable *t)
{
	uint32_t new_nr = t->nb_buckets, mask = t->mask;
	struct nf_flowtable_bucket *from;

	if (new_nr == nf_steparray_size(&t->buckets) &&
		(new_nr >= 1u << 30 || !nf_steparray_grow(&t->buckets)))
		return;
	if (new_nr == mask + 1)
		t->mask = 2 * mask + 1;
	from = flowtable_nr(t, new_nr & (t->mask >> 1));
	if (flowtable_split_one(t, from, new_nr)) {
		t->nb_buckets++;
	} else {
		flowtable_unsplit(t, from, flowtable_nr(t, new_nr));
		t->mask = mask;
	}
}

/* Three keys of eight on average, 4.5 where a bucket is about to be split: what lies in a spill costs a
 * look-up that nobody prefetched for. With five on average, a million flows took twice the cycles. */
static bool flowtable_crowded(const struct nf_flowtable *t)
{
	return t->nb_links > (uint64_t)t->nb_buckets * 3;
}

bool nf_flowtable_link(struct nf_flowtable *t, uint32_t entry, unsigned dir)
{
	uint32_t ref = NF_FLOWTABLE_REF(entry, dir);
	uint64_t hash = flowtable_hash_ref(t, ref);

	for (unsigned i = 0; i < 2 && flowtable_crowded(t); i++)
		flowtable_split(t);
	if (!flowtable_add(t, nf_flowtable_bucket(t, hash), ref, hash))
		return false;
	t->nb_links++;
	t->changes++;
	return true;
}

bool nf_flowtable_unlink(struct nf_flowtable *t, uint32_t entry, unsigned dir)
{
	uint32_t ref = NF_FLOWTABLE_REF(entry, dir);
	uint64_t hash = flowtable_hash_ref(t, ref);
	struct flowtable_at at = { .b = nf_flowtable_bucket(t, hash) };

	for (;;) {
		for (at.slot = 0; at.slot < at.b->nb; at.slot++) {
			if (at.b->ref[at.slot] != ref)
				continue;
			flowtable_remove(t, &at);
			t->nb_links--;
			t->changes++;
			t->unlinks++;
			return true;
		}
		if (at.b->next == 0)
			return false;
		at.before = at.b;
		at.b = flowtable_spill(t, at.b->next);
	}
}

uint32_t nf_flowtable_find(const struct nf_flowtable *t, const void *key)
{
	uint64_t hash = nf_flowtable_hash(t, key, t->key_bytes);
	const struct nf_flowtable_bucket *b = nf_flowtable_bucket(t, hash);
	uint16_t tag = nf_flowtable_tag(hash);

	for (;;) {
		for (unsigned i = 0; i < b->nb; i++) {
			if (b->tag[i] == tag &&
				nf_flowtable_check(nf_flowtable_entry(t, b->ref[i] >> 1), b->ref[i],
					key, t->key_bytes))
				return b->ref[i];
		}
		if (b->next == 0)
			return NF_FLOWTABLE_NONE;
		b = flowtable_spill(t, b->next);
	}
}

void nf_flowtable_each(struct nf_flowtable *t, void (*fn)(void *arg, uint32_t entry), void *arg)
{
	static const uint8_t zero[NF_FLOWTABLE_KEY];

	for (uint32_t i = 0; i < t->nb_fresh; i++) {
		if (memcmp(nf_flowtable_entry(t, i), zero, t->key_bytes) != 0)
			fn(arg, i);
	}
}
