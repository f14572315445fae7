/* SPDX-License-Identifier: BSD-3-Clause */
#include <emmintrin.h>
#include <string.h>
#include "nf-apps/kvs/store_int.h"

/*
 * The last byte of an item with 16 bytes of key and 64 of value: with every other place it is
 * on a third line.
 */
#define INDEX_REACH (sizeof(struct nf_item) + 16 + 64 - 1)

/*
 * One bit for each slot with the tag. The second load takes in a few references as well: masked
 * out.
 */
UK_INLINE uint32_t index_match(const struct store_bucket *b, uint64_t hash)
{
	__m128i tag = _mm_set1_epi16((short)hash);
	__m128i lo = _mm_cmpeq_epi16(_mm_loadu_si128((const __m128i *)b->tag), tag);
	__m128i hi = _mm_cmpeq_epi16(_mm_loadu_si128((const __m128i *)b + 1), tag);

	return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(lo, hi)) & ((1u << STORE_SLOTS) - 1);
}

void nf_store_prefetch(const struct nf_store *s, uint64_t hash)
{
	__builtin_prefetch(&s->buckets[store_home(s, hash)]);
}

void nf_store_prefetch_item(const struct nf_store *s, uint64_t hash)
{
	const struct store_bucket *b = &s->buckets[store_home(s, hash)];

	for (uint32_t m = index_match(b, hash); m; m &= m - 1) {
		const uint8_t *p = store_ptr(s, b->ref[__builtin_ctz(m)]);

		__builtin_prefetch(p);
		__builtin_prefetch(p + UK_CACHE_LINE);
		__builtin_prefetch(p + INDEX_REACH);
	}
	if (b->next)
		__builtin_prefetch(store_ptr(s, b->next));
}

struct store_pos nf_store_index_find(
	const struct nf_store *s, uint64_t hash, const void *key, uint32_t len)
{
	struct store_bucket *b = &s->buckets[store_home(s, hash)];

	for (; b; b = store_next(s, b)) {
		for (uint32_t m = index_match(b, hash); m; m &= m - 1) {
			uint32_t slot = (uint32_t)__builtin_ctz(m);
			const struct nf_item *it = store_ptr(s, b->ref[slot]);

			if (b->ref[slot] && it->key_len == len &&
				store_key_same(it->data, key, len))
				return (struct store_pos){ b, slot };
		}
	}
	return (struct store_pos){ NULL, 0 };
}

struct store_pos nf_store_index_find_item(
	const struct nf_store *s, uint64_t hash, const struct nf_item *it)
{
	struct store_bucket *b = &s->buckets[store_home(s, hash)];
	uint32_t ref = store_ref(s, it);

	for (; b; b = store_next(s, b)) {
		for (uint32_t m = index_match(b, hash); m; m &= m - 1) {
			uint32_t slot = (uint32_t)__builtin_ctz(m);

			if (b->ref[slot] == ref)
				return (struct store_pos){ b, slot };
		}
	}
	return (struct store_pos){ NULL, 0 };
}

static struct store_bucket *index_last(const struct nf_store *s, uint32_t home)
{
	struct store_bucket *b = &s->buckets[home];

	while (b->next)
		b = store_next(s, b);
	return b;
}

static uint32_t index_nb(const struct store_bucket *b)
{
	uint32_t n = 0;

	while (n < STORE_SLOTS && b->ref[n])
		n++;
	return n;
}

/*
 * When there is no memory for an overflow bucket: the item of the chain goes that was used the
 * longest time ago.
 */
static void index_evict(struct nf_store *s, uint32_t home)
{
	struct nf_item *oldest = NULL;
	struct store_pos pos = { NULL, 0 };

	for (struct store_bucket *b = &s->buckets[home]; b; b = store_next(s, b)) {
		for (uint32_t i = 0; i < STORE_SLOTS; i++) {
			struct nf_item *it = store_ptr(s, b->ref[i]);

			if (b->ref[i] == 0 || (oldest && store_age_upto(oldest->age, it->age)))
				continue;
			oldest = it;
			pos = (struct store_pos){ b, i };
		}
	}
	s->stats.evictions++;
	s->stats.evicted_unfetched += !(oldest->flags8 & NF_ITEM_FETCHED);
	nf_store_drop(s, oldest, pos, home);
}

/*
 * The last bucket of the chain, with a free slot. Making room may change the chain: it is
 * looked at again.
 */
static struct store_bucket *index_grow(struct nf_store *s, uint32_t home)
{
	uint32_t ref = nf_store_heap_alloc(s, STORE_OVER_UNITS);
	struct store_over *over = store_ptr(s, ref);
	struct store_bucket *last;

	if (ref == 0)
		index_evict(s, home);
	last = index_last(s, home);
	if (index_nb(last) < STORE_SLOTS) {
		if (ref)
			nf_store_heap_free(s, ref, STORE_OVER_UNITS);
		return last;
	}
	memset(over, 0, sizeof(*over));
	over->block.bits = STORE_OVER;
	over->block.units = STORE_OVER_UNITS;
	over->home = home;
	last->next = ref;
	s->nb_over++;
	return &over->bucket;
}

void nf_store_index_insert(struct nf_store *s, uint64_t hash, struct nf_item *it)
{
	uint32_t home = store_home(s, hash), slot;
	struct store_bucket *b = index_last(s, home);

	slot = index_nb(b);
	if (slot == STORE_SLOTS) {
		b = index_grow(s, home);
		slot = index_nb(b);
	}
	b->tag[slot] = (uint16_t)hash;
	b->ref[slot] = store_ref(s, it);
}

/* The bucket in front of the overflow bucket `ref`. */
static struct store_bucket *index_before(struct nf_store *s, uint32_t home, uint32_t ref)
{
	struct store_bucket *b = &s->buckets[home];

	while (b->next != ref)
		b = store_next(s, b);
	return b;
}

/* The chain's last entry fills the hole. */
void nf_store_index_remove(struct nf_store *s, struct store_pos pos, uint32_t home)
{
	struct store_bucket *last = index_last(s, home);
	uint32_t slot = index_nb(last) - 1, ref;

	pos.bucket->tag[pos.slot] = last->tag[slot];
	pos.bucket->ref[pos.slot] = last->ref[slot];
	last->tag[slot] = 0;
	last->ref[slot] = 0;
	if (slot > 0 || last == &s->buckets[home])
		return;
	ref = store_ref(s, UK_CONTAINER_OF(last, struct store_over, bucket));
	index_before(s, home, ref)->next = 0;
	nf_store_heap_free(s, ref, STORE_OVER_UNITS);
	s->nb_over--;
}

void nf_store_index_moved_over(struct nf_store *s, uint32_t from, uint32_t to)
{
	const struct store_over *over = store_ptr(s, to);

	index_before(s, over->home, from)->next = to;
}
