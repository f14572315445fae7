/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of the store, for store*.c.
 *
 * Heap. One range of units of 8 bytes is cut into blocks without a seam: items, free blocks,
 * overflow buckets. A reference is a unit's number, from 1 on. A block's size follows from its
 * first words, so the heap can be walked upwards. Free blocks stand in bins by size; they are
 * not merged when they become free. Besides, there is one gap, [gap, hand), free and in no bin.
 * New blocks come from a bin of just their size, else from the gap, else from a larger free
 * block.
 *
 * Room. If there is none, the hand walks upwards: what it meets that is free, dead or old is
 * swallowed by the gap, what lives slides down to the gap's start (its one reference, in the
 * index, is set anew), and at the end of the heap it begins again at the start. So free memory
 * of whatever sizes becomes one piece as it is needed: no size class keeps memory to itself.
 *
 * Age. No list of items is kept: it would cost eight bytes an item and four cache misses a use.
 * The store counts uses, a sixty-fourth of the items is an epoch, an item has the epoch of its
 * last use, and a histogram says which epochs hold the oldest eighth of the items: these are
 * old, and the hand evicts them, until few are left; then the next eighth is.
 */
#ifndef SLUICE_NF_APPS_KVS_STORE_INT_H
#define SLUICE_NF_APPS_KVS_STORE_INT_H

#include <assert.h>
#include <string.h>
#include "nf-apps/kvs/store.h"

/* Kinds of blocks (bits of struct nf_item and of struct store_block). */
#define STORE_LINKED   1 /* an item in the index */
#define STORE_LOOSE    2 /* an item out of it that somebody holds */
#define STORE_FREE     3 /* in a bin */
#define STORE_SPLINTER 4 /* free, one unit: too small for a bin */
#define STORE_OVER     5 /* struct store_over */

#define STORE_SLOTS 10
/* Bins of one size each; each one behind them holds an eighth of a power of two. */
#define STORE_NB_EXACT 512
#define STORE_NB_BINS  (STORE_NB_EXACT + 24 * 8)
#define STORE_NB_EPOCH 256

/*
 * A slot is in use if its reference is not 0. All buckets of a chain but the last are full,
 * without holes.
 */
struct store_bucket {
	uint16_t tag[STORE_SLOTS];
	uint32_t ref[STORE_SLOTS];
	uint32_t next; /* an overflow bucket, or 0 */
} __attribute__((may_alias));

static_assert(sizeof(struct store_bucket) == UK_CACHE_LINE, "a bucket is a cache line");
static_assert(sizeof(struct nf_item) == 32, "what an item costs");

/* What every block that is no item begins with. A splinter ends after `units`. */
struct store_block {
	uint32_t none : 21;
	uint32_t bits : 11;
	uint32_t units;
	uint32_t prev, next; /* of the bin */
} __attribute__((may_alias));

/*
 * In the heap, for what a bucket does not hold. Can be moved: only the bucket before it in the
 * chain knows it.
 */
struct store_over {
	struct store_block block;
	struct store_bucket bucket;
	uint32_t home; /* number of the bucket that the chain begins with */
	uint32_t none;
} __attribute__((may_alias));

#define STORE_OVER_UNITS (sizeof(struct store_over) / NF_STORE_UNIT)

struct store_age {
	uint32_t epoch;
	uint32_t uses_left; /* of this epoch */
	uint32_t old, half; /* items of these epochs and before are of the oldest eighth, half */
	uint32_t nb_old;
	/* Items by epoch; those that are older than all of these count as the oldest. */
	uint32_t nb[STORE_NB_EPOCH];
};

struct nf_store {
	uint64_t hash_key[2];
	struct store_bucket *buckets;
	uint8_t *base; /* of reference 0 */
	uint32_t nb_buckets;
	uint32_t now;
	uint32_t held;           /* what nf_store_find gave last */
	uint32_t flush_at;       /* 0: no flush waits */
	uint64_t cas, flush_cas; /* given out last; items up to this one are flushed */
	struct store_age age;

	uint32_t end; /* one past the heap's last reference */
	uint32_t gap, hand;
	uint32_t free_units;    /* gap, bins, splinters */
	uint32_t sample, swept; /* buckets: where to look next */
	uint32_t nb_over;
	bool no_evict;
	void *memory; /* to be freed; NULL: the caller's */
	size_t bytes;
	struct nf_store_stats stats;
	uint64_t bin_map[STORE_NB_BINS / 64];
	uint32_t bin[STORE_NB_BINS];
};

/* Where in the index an item is. */
struct store_pos {
	struct store_bucket *bucket; /* NULL: nowhere */
	uint32_t slot;
};

UK_INLINE void *store_ptr(const struct nf_store *s, uint32_t ref)
{
	return s->base + (size_t)ref * NF_STORE_UNIT;
}

UK_INLINE uint32_t store_ref(const struct nf_store *s, const void *p)
{
	return (uint32_t)((size_t)((const uint8_t *)p - s->base) / NF_STORE_UNIT);
}

UK_INLINE uint32_t store_item_units(const struct nf_item *it)
{
	return (uint32_t)(sizeof(*it) + it->key_len + it->value_len + NF_STORE_UNIT - 1) /
	       NF_STORE_UNIT;
}

/* Of any block. */
UK_INLINE uint32_t store_units(const struct nf_store *s, uint32_t ref)
{
	const struct store_block *b = store_ptr(s, ref);

	return b->bits <= STORE_LOOSE ? store_item_units(store_ptr(s, ref)) : b->units;
}

UK_INLINE bool store_expired(const struct nf_store *s, const struct nf_item *it)
{
	return it->expires != NF_STORE_NEVER && it->expires <= s->now;
}

UK_INLINE bool store_dead(const struct nf_store *s, const struct nf_item *it)
{
	return it->cas <= s->flush_cas || store_expired(s, it);
}

UK_INLINE uint32_t store_home(const struct nf_store *s, uint64_t hash)
{
	return (uint32_t)((hash >> 32) * s->nb_buckets >> 32);
}

UK_INLINE struct store_bucket *store_next(const struct nf_store *s, const struct store_bucket *b)
{
	return b->next ? &((struct store_over *)store_ptr(s, b->next))->bucket : NULL;
}

/*
 * Keys are short and their length is no constant: in words, the last one overlapping the one before
 * it, they take a few instructions, where memcmp and memcpy are calls.
 */
UK_INLINE bool store_key_same(const uint8_t *a, const uint8_t *b, uint32_t len)
{
	uint64_t x, y;

	if (len < 8)
		return memcmp(a, b, len) == 0;
	for (uint32_t i = 0; i < len; i += 8) {
		uint32_t at = i + 8 <= len ? i : len - 8;

		memcpy(&x, a + at, 8);
		memcpy(&y, b + at, 8);
		if (x != y)
			return false;
	}
	return true;
}

UK_INLINE void store_key_copy(uint8_t *to, const uint8_t *from, uint32_t len)
{
	uint64_t x;

	if (len < 8) {
		memcpy(to, from, len);
		return;
	}
	for (uint32_t i = 0; i < len; i += 8) {
		uint32_t at = i + 8 <= len ? i : len - 8;

		memcpy(&x, from + at, 8);
		memcpy(to + at, &x, 8);
	}
}

/*
 * By each call that says the time. A flush that waited happens before anything is stored at its
 * time.
 */
UK_INLINE void store_clock(struct nf_store *s, uint32_t now)
{
	if (UK_LIKELY(now <= s->now))
		return;
	s->now = now;
	if (s->flush_at && now >= s->flush_at) {
		s->flush_at = 0;
		s->flush_cas = s->cas;
	}
}

/*
 * With a quarter of the memory free nothing will go soon, and uses are not recorded: what is asked
 * for while that quarter is filled becomes young in time, and a read leaves the item's line clean.
 */
UK_INLINE bool store_roomy(const struct nf_store *s)
{
	return s->free_units > s->end / 4;
}

/* store.c */
/* Out of the index at pos; the memory goes if nobody holds it. */
void nf_store_drop(struct nf_store *s, struct nf_item *it, struct store_pos pos, uint32_t home);
void nf_store_drop_dead(
	struct nf_store *s, struct nf_item *it, struct store_pos pos, uint32_t home);

/* store_index.c */
struct store_pos nf_store_index_find(
	const struct nf_store *s, uint64_t hash, const void *key, uint32_t len);
struct store_pos nf_store_index_find_item(
	const struct nf_store *s, uint64_t hash, const struct nf_item *it);
void nf_store_index_insert(struct nf_store *s, uint64_t hash, struct nf_item *it);
void nf_store_index_remove(struct nf_store *s, struct store_pos pos, uint32_t home);
void nf_store_index_moved_over(struct nf_store *s, uint32_t from, uint32_t to);

/* store_age.c */
void nf_store_age_add(struct nf_store *s, struct nf_item *it);
void nf_store_age_del(struct nf_store *s, const struct nf_item *it);
/* Sees to it that at least a tenth of the items is old. */
void nf_store_age_refill(struct nf_store *s);

UK_INLINE bool store_age_upto(uint32_t age, uint32_t limit)
{
	return (int32_t)(age - limit) <= 0;
}

/* store_heap.c; 0: no room */
uint32_t nf_store_heap_alloc(struct nf_store *s, uint32_t units);
void nf_store_heap_free(struct nf_store *s, uint32_t ref, uint32_t units);
/* Into and out of a bin; not counted. */
void nf_store_heap_put(struct nf_store *s, uint32_t ref, uint32_t units);
void nf_store_heap_take(struct nf_store *s, struct store_block *b);
/* Of the fullest bin; NULL: all are empty. */
struct store_block *nf_store_heap_largest(const struct nf_store *s);

/* store_room.c: the gap has `units` then; false: it can not be had */
bool nf_store_room(struct nf_store *s, uint32_t units);

#endif
