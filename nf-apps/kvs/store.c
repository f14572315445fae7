/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/kvs/store_int.h"

#define STORE_BYTES_MAX ((size_t)32 << 30)
#define STORE_RESERVE   256 /* a share of the heap, with no_evict */
#define STORE_REAP      64  /* items looked at, before a full store refuses */
/* Bytes of an item, if nobody says how many there will be. */
#define STORE_ITEM_PLANNED 160

static uint32_t store_nb_buckets(const struct nf_store_conf *conf)
{
	size_t n = conf->nb_items ? conf->nb_items : conf->bytes / STORE_ITEM_PLANNED;
	size_t least = conf->bytes / 8192, most = conf->bytes / 4 / sizeof(struct store_bucket);

	n = n / 15 * 2 + 1;
	n = n < least ? least : n;
	return (uint32_t)(n > most ? most : n);
}

struct nf_store *nf_store_create(const struct nf_store_conf *conf)
{
	size_t index = UK_ALIGN_UP(sizeof(struct nf_store), UK_CACHE_LINE), heap;
	uint32_t nb_buckets = store_nb_buckets(conf);
	uint8_t *memory = conf->memory;
	struct nf_store *s;

	if (conf->bytes < NF_STORE_BYTES_MIN || conf->bytes > STORE_BYTES_MAX)
		return NULL;
	if (memory == NULL)
		memory = aligned_alloc(UK_CACHE_LINE, UK_ALIGN_DOWN(conf->bytes, UK_CACHE_LINE));
	if (memory == NULL)
		return NULL;
	heap = index + nb_buckets * sizeof(struct store_bucket);
	memset(memory, 0, heap);
	s = (struct nf_store *)memory;
	memcpy(s->hash_key, conf->hash_key, sizeof(s->hash_key));
	s->buckets = (struct store_bucket *)(memory + index);
	s->nb_buckets = nb_buckets;
	s->base = memory + heap - NF_STORE_UNIT;
	s->free_units =
		(uint32_t)((UK_ALIGN_DOWN(conf->bytes, UK_CACHE_LINE) - heap) / NF_STORE_UNIT);
	s->end = 1 + s->free_units;
	s->gap = 1;
	s->hand = s->end;
	s->now = 1;
	s->no_evict = conf->no_evict;
	s->memory = conf->memory ? NULL : memory;
	s->bytes = conf->bytes;
	return s;
}

void nf_store_destroy(struct nf_store *s)
{
	if (s)
		free(s->memory);
}

static void store_release(struct nf_store *s, struct nf_item *it)
{
	nf_store_heap_free(s, store_ref(s, it), store_item_units(it));
}

/* The item is in the index no more. */
static void store_let_go(struct nf_store *s, struct nf_item *it)
{
	nf_store_age_del(s, it);
	s->stats.nb_items--;
	s->stats.item_bytes -= (uint64_t)store_item_units(it) * NF_STORE_UNIT;
	it->bits = STORE_LOOSE;
	if (it->refs == 0)
		store_release(s, it);
}

void nf_store_drop(struct nf_store *s, struct nf_item *it, struct store_pos pos, uint32_t home)
{
	nf_store_index_remove(s, pos, home);
	store_let_go(s, it);
}

void nf_store_drop_dead(struct nf_store *s, struct nf_item *it, struct store_pos pos, uint32_t home)
{
	if (store_expired(s, it) && !(it->flags8 & NF_ITEM_FETCHED))
		s->stats.expired_unfetched++;
	nf_store_drop(s, it, pos, home);
}

struct nf_item *nf_store_find(
	struct nf_store *s, uint64_t hash, const void *key, uint32_t len, uint32_t now)
{
	struct store_pos pos = nf_store_index_find(s, hash, key, len);
	struct nf_item *it;

	store_clock(s, now);
	s->held = 0;
	if (pos.bucket == NULL)
		return NULL;
	it = store_ptr(s, pos.bucket->ref[pos.slot]);
	if (UK_UNLIKELY(store_dead(s, it))) {
		nf_store_drop_dead(s, it, pos, store_home(s, hash));
		return NULL;
	}
	s->held = pos.bucket->ref[pos.slot];
	return it;
}

void nf_store_touch_lru(struct nf_store *s, struct nf_item *it, uint32_t now)
{
	if (it->accessed != now)
		it->accessed = now;
	if (it->age == s->age.epoch || store_roomy(s) || it->bits != STORE_LINKED)
		return;
	nf_store_age_del(s, it);
	nf_store_age_add(s, it);
}

bool nf_store_fits(const struct nf_store *s, uint32_t key_len, uint32_t value_len)
{
	return key_len <= NF_STORE_KEY_MAX && value_len <= NF_STORE_VALUE_MAX &&
	       (sizeof(struct nf_item) + key_len + value_len) / NF_STORE_UNIT < s->end - 2;
}

/*
 * Linking must not fail, and with no_evict nothing may go to make room for an overflow bucket:
 * some memory is left to these. What is dead is looked for first.
 */
static bool store_refuses(struct nf_store *s, uint32_t units)
{
	uint32_t least = units + s->end / STORE_RESERVE;

	if (!s->no_evict || s->free_units >= least)
		return false;
	nf_store_sweep(s, s->now, STORE_REAP);
	return s->free_units < least;
}

struct nf_item *nf_store_alloc(
	struct nf_store *s, const void *key, uint32_t len, uint32_t value_len, uint32_t now)
{
	uint32_t ref,
		units = (uint32_t)(sizeof(struct nf_item) + len + value_len + NF_STORE_UNIT - 1) /
			NF_STORE_UNIT;
	struct nf_item *it;

	store_clock(s, now);
	if (!nf_store_fits(s, len, value_len) || store_refuses(s, units))
		return NULL;
	ref = nf_store_heap_alloc(s, units);
	if (ref == 0)
		return NULL;
	it = store_ptr(s, ref);
	*it = (struct nf_item){ .value_len = value_len & 0x1fffff,
		.bits = STORE_LOOSE,
		.accessed = now,
		.refs = 1,
		.key_len = (uint8_t)len };
	store_key_copy(it->data, key, len);
	return it;
}

/* The new item takes the old one's slot. */
static bool store_replace(
	struct nf_store *s, uint64_t hash, struct nf_item *it, struct nf_item *old)
{
	struct store_pos pos;

	if (old && old->bits == STORE_LINKED)
		pos = nf_store_index_find_item(s, hash, old);
	else
		pos = nf_store_index_find(s, hash, it->data, it->key_len);
	if (pos.bucket == NULL)
		return false;
	old = store_ptr(s, pos.bucket->ref[pos.slot]);
	pos.bucket->ref[pos.slot] = store_ref(s, it);
	store_let_go(s, old);
	return true;
}

void nf_store_link(struct nf_store *s, uint64_t hash, UK_TAKES struct nf_item *it,
	struct nf_item *old, uint32_t now)
{
	store_clock(s, now);
	UK_ASSERT(it->bits == STORE_LOOSE && it->refs > 0);
	if (!store_replace(s, hash, it, old))
		nf_store_index_insert(s, hash, it);
	it->bits = STORE_LINKED;
	it->refs--;
	it->accessed = now;
	it->cas = ++s->cas;
	nf_store_age_add(s, it);
	s->stats.nb_items++;
	s->stats.total_items++;
	s->stats.item_bytes += (uint64_t)store_item_units(it) * NF_STORE_UNIT;
}

void nf_store_unlink(struct nf_store *s, uint64_t hash, struct nf_item *it)
{
	if (it->bits == STORE_LINKED)
		nf_store_drop(s, it, nf_store_index_find_item(s, hash, it), store_home(s, hash));
}

void nf_store_changed(struct nf_store *s, struct nf_item *it)
{
	it->cas = ++s->cas;
}

bool nf_store_ref(struct nf_item *it)
{
	if (it->refs == UINT16_MAX)
		return false;
	it->refs++;
	return true;
}

void nf_store_unref(struct nf_store *s, struct nf_item *it)
{
	UK_ASSERT(it->refs > 0);
	it->refs--;
	if (it->refs == 0 && it->bits == STORE_LOOSE)
		store_release(s, it);
}

void nf_store_flush(struct nf_store *s, uint32_t at)
{
	s->flush_at = at > s->now ? at : 0;
	if (s->flush_at == 0)
		s->flush_cas = s->cas;
}
