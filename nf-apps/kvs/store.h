/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The store: items by key, for one core, within a memory limit.
 *
 * Index: an array of buckets of one cache line, each with ten tagged 32-bit references to
 * items. An item lies in one range of memory that is taken at creation, in units of
 * NF_STORE_UNIT bytes, so a reference is 32 bits:
 *
 *	| struct nf_item | key | value ... |
 *
 * What is least recently used is evicted when a new item finds no room; that is exact up to the
 * oldest eighth of the store (docs: store_int.h). Items that nobody holds may be moved to make
 * room. So a pointer from nf_store_find is good until the next nf_store_find, nf_store_link,
 * nf_store_unlink of another item, or nf_store_sweep: hold it longer with nf_store_ref.
 * nf_store_alloc leaves the item that nf_store_find gave last in its place, linked.
 *
 * Nothing here looks at a clock: `now` is seconds since the store was made, at least 1 and
 * never going back, and the caller's. Nothing is allocated from the heap after creation.
 * Thread: one.
 *
 * For a burst of requests, call nf_store_prefetch for all keys, then nf_store_prefetch_item for
 * all, and then do the work: the cache misses overlap.
 */
#ifndef SLUICE_NF_APPS_KVS_STORE_H
#define SLUICE_NF_APPS_KVS_STORE_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

#define NF_STORE_KEY_MAX   250
#define NF_STORE_VALUE_MAX (1u << 20)
#define NF_STORE_UNIT      8
#define NF_STORE_BYTES_MIN (2u << 20)
/* nf_item.expires: never; the other values are seconds on the clock of `now`. */
#define NF_STORE_NEVER 0

struct nf_store;

/*
 * nf_item.flags8 bits: free for the protocol (memcached's meta commands: stale, win token sent,
 * fetched).
 */
#define NF_ITEM_FETCHED 0x01
#define NF_ITEM_STALE   0x02
#define NF_ITEM_WON     0x04

/* What is in front of key and value. Fields that are not marked so are the store's. */
struct nf_item {
	uint32_t value_len : 21; /* bytes */
	uint32_t bits : 11;      /* the store's: what kind of block this is */
	uint32_t age;            /* the store's: when it was used last, on the store's own count */
	uint32_t expires; /* caller's: seconds of `now`, NF_STORE_NEVER; gone once now >= expires */
	uint32_t accessed; /* seconds of `now`; set by nf_store_touch_lru and nf_store_link */
	uint64_t cas; /* unique per stored version; nf_store_link and nf_store_changed set it */
	uint32_t client_flags; /* caller's: memcached's flags */
	uint16_t refs;         /* replies that still read from it */
	uint8_t key_len;       /* bytes */
	uint8_t flags8;        /* caller's: NF_ITEM_* */
	uint8_t data[];        /* key, then value (at data + key_len) */
} UK_ALIGNED(8);

struct nf_store_conf {
	/* Limit of everything: items, index, bookkeeping; at least NF_STORE_BYTES_MIN. */
	size_t bytes;
	/* Expected at most; sizes the index (more fit, a little slower). 0: chosen from bytes. */
	size_t nb_items;
	uint64_t hash_key[2]; /* secret of the hash function: keys come from strangers */
	bool no_evict;        /* memcached's -M: a full store refuses */
	/* `bytes` bytes, 64-byte aligned, the caller's, best of huge pages; NULL: malloc's. */
	void *memory;
};

struct nf_store_stats {
	uint64_t nb_items, total_items; /* linked now; since creation or reset */
	uint64_t item_bytes;            /* of linked items, headers included */
	uint64_t evictions, evicted_unfetched, expired_unfetched, reclaimed;
	uint64_t used_bytes, limit_bytes; /* memory, index included */
	uint64_t hash_bytes, hash_power;
	uint64_t moved; /* items that changed their place to make room */
};

/*
 * NULL: not enough memory, or conf->bytes is below NF_STORE_BYTES_MIN or above 32 GiB (what
 * references reach).
 */
struct nf_store *nf_store_create(const struct nf_store_conf *conf) UK_MUST_USE;
void nf_store_destroy(struct nf_store *s);

/* Keyed hash (SipHash-1-3), good for a table under attack. */
uint64_t nf_store_hash(const struct nf_store *s, const void *key, uint32_t len);
/* Fetches the bucket's line. */
void nf_store_prefetch(const struct nf_store *s, uint64_t hash);
/*
 * Fetches the first lines of the items that the bucket may mean; the bucket is best in the
 * cache.
 */
void nf_store_prefetch_item(const struct nf_store *s, uint64_t hash);

/* The item, or NULL: not there, or expired or flushed (it is unlinked then). */
struct nf_item *nf_store_find(
	struct nf_store *s, uint64_t hash, const void *key, uint32_t len, uint32_t now);

/* The item was used: it becomes the most recently used one. Cheap when that was so a moment ago. */
void nf_store_touch_lru(struct nf_store *s, struct nf_item *it, uint32_t now);

/*
 * A new item with the key filled in, value bytes undefined, flags and expiry 0, not linked:
 * only the caller sees it. Evicts what is least recently used until there is room. NULL: too
 * large (see nf_store_fits), or everything that could go is in use, or conf->no_evict. The
 * caller links it or gives it back with nf_store_unref. It has one reference, the caller's.
 */
struct nf_item *nf_store_alloc(struct nf_store *s, const void *key, uint32_t len,
	uint32_t value_len, uint32_t now) UK_MUST_USE;
bool nf_store_fits(const struct nf_store *s, uint32_t key_len, uint32_t value_len);

/*
 * Makes it the item of its key: an older one goes (`old`, if the caller has it from the last
 * nf_store_find or holds it; else NULL and it is looked for). Takes the caller's reference;
 * gives it a new cas.
 */
void nf_store_link(struct nf_store *s, uint64_t hash, UK_TAKES struct nf_item *it,
	struct nf_item *old, uint32_t now);
/*
 * Takes it out of the index (nothing if it is out already); its memory goes when nobody reads
 * from it any more.
 */
void nf_store_unlink(struct nf_store *s, uint64_t hash, struct nf_item *it);
/*
 * Its value was changed in place (incr, touch of stale flags, ...): a new cas. Only while refs
 * is 0 may a value change in place.
 */
void nf_store_changed(struct nf_store *s, struct nf_item *it);

/*
 * A reply reads from the item: it stays as it is, where it is, until nf_store_unref, linked or
 * not. At most 65535 at once: false.
 */
bool nf_store_ref(struct nf_item *it) UK_MUST_USE;
void nf_store_unref(struct nf_store *s, struct nf_item *it);

/*
 * flush_all: all items stored (linked, changed) until now count as gone, those stored later do
 * not, even within the same second. `at` above the store's latest `now`: this happens when a
 * call first says now >= at; a later flush replaces one that waits.
 */
void nf_store_flush(struct nf_store *s, uint32_t at);

/*
 * Some work of the background kind: unlinks expired items, so that memory comes back before it
 * is needed; looks at about `budget` items.
 */
void nf_store_sweep(struct nf_store *s, uint32_t now, unsigned budget);

void nf_store_stats(const struct nf_store *s, struct nf_store_stats *st);
void nf_store_stats_reset(struct nf_store *s);
/*
 * Calls fn for every linked item that is not expired or flushed, in no order, until it returns
 * false. No changes of the store meanwhile.
 */
void nf_store_each(
	const struct nf_store *s, bool (*fn)(const struct nf_item *it, void *arg), void *arg);

UK_INLINE uint8_t *nf_item_key(struct nf_item *it)
{
	return it->data;
}

UK_INLINE uint8_t *nf_item_value(struct nf_item *it)
{
	return it->data + it->key_len;
}

#endif
