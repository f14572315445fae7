/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/kvs/store_int.h"
#include "nf-apps/kvs/test/store_check.h"

#define CHECK(expr)                                                                                \
	do {                                                                                       \
		if (!(expr)) {                                                                     \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #expr);       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct seen {
	uint64_t linked, over, free_units, binned, bytes;
};

static uint32_t check_block(const struct nf_store *s, uint32_t ref, struct seen *seen)
{
	struct store_block *b = store_ptr(s, ref);
	struct nf_item *it = store_ptr(s, ref);

	switch (b->bits) {
	case STORE_SPLINTER:
		seen->free_units++;
		return 1;
	case STORE_FREE:
		CHECK(b->units > 1);
		seen->free_units += b->units;
		seen->binned++;
		return b->units;
	case STORE_OVER:
		seen->over++;
		CHECK(((struct store_over *)b)->bucket.ref[0] != 0);
		return b->units;
	case STORE_LINKED:
		seen->linked++;
		seen->bytes += (uint64_t)store_item_units(it) * NF_STORE_UNIT;
		CHECK(nf_store_index_find(
			s, nf_store_hash(s, it->data, it->key_len), it->data, it->key_len)
				.bucket);
		return store_item_units(it);
	default:
		CHECK(b->bits == STORE_LOOSE);
		CHECK(it->refs > 0);
		return store_item_units(it);
	}
}

static void check_heap(const struct nf_store *s, struct seen *seen)
{
	uint32_t ref = 1;

	CHECK(s->gap <= s->hand && s->hand <= s->end);
	while (ref < s->end) {
		if (ref == s->gap && s->gap != s->hand) {
			seen->free_units += s->hand - s->gap;
			ref = s->hand;
		} else {
			uint32_t units = check_block(s, ref, seen);

			CHECK(units > 0 && units == store_units(s, ref));
			CHECK(!(ref < s->gap && ref + units > s->gap));
			ref += units;
		}
	}
	CHECK(ref == s->end);
}

static void check_bins(const struct nf_store *s, const struct seen *seen)
{
	uint64_t nb = 0;

	for (uint32_t bin = 0; bin < STORE_NB_BINS; bin++) {
		uint32_t before = 0;

		CHECK((s->bin[bin] != 0) == (s->bin_map[bin / 64] >> bin % 64 & 1));
		for (uint32_t ref = s->bin[bin]; ref;) {
			struct store_block *b = store_ptr(s, ref);

			CHECK(b->bits == STORE_FREE && b->prev == before);
			CHECK(bin >= STORE_NB_EXACT || b->units == bin);
			nb++;
			before = ref;
			ref = b->next;
		}
	}
	CHECK(nb == seen->binned);
}

static void check_index(const struct nf_store *s, const struct seen *seen)
{
	uint64_t nb = 0, nb_over = 0;

	for (uint32_t home = 0; home < s->nb_buckets; home++) {
		for (struct store_bucket *b = &s->buckets[home]; b; b = store_next(s, b)) {
			for (uint32_t i = 0; i < STORE_SLOTS; i++) {
				CHECK(b->ref[i] || b->next == 0);
				CHECK(b->ref[i] || i == 9 || b->ref[i + 1] == 0);
				nb += b->ref[i] != 0;
			}
			nb_over += b->next != 0;
		}
	}
	CHECK(nb == seen->linked && nb_over == seen->over && nb_over == s->nb_over);
}

void store_check(const struct nf_store *s)
{
	struct seen seen = { 0 };
	uint64_t nb_age = 0;

	check_heap(s, &seen);
	check_bins(s, &seen);
	check_index(s, &seen);
	CHECK(seen.free_units == s->free_units);
	CHECK(seen.linked == s->stats.nb_items && seen.bytes == s->stats.item_bytes);
	for (uint32_t i = 0; i < STORE_NB_EPOCH; i++)
		nb_age += s->age.nb[i];
	CHECK(nb_age == seen.linked);
}

struct nf_item *store_check_set(
	struct nf_store *s, const char *key, uint32_t value_len, uint8_t fill, uint32_t now)
{
	uint32_t len = (uint32_t)strlen(key);
	uint64_t hash = nf_store_hash(s, key, len);
	struct nf_item *it = nf_store_alloc(s, key, len, value_len, now);

	if (it == NULL)
		return NULL;
	memset(nf_item_value(it), fill, value_len);
	nf_store_link(s, hash, it, NULL, now);
	return it;
}

struct nf_item *store_check_get(struct nf_store *s, const char *key, uint32_t now)
{
	uint32_t len = (uint32_t)strlen(key);
	struct nf_item *it = nf_store_find(s, nf_store_hash(s, key, len), key, len, now);

	if (it) {
		nf_store_touch_lru(s, it, now);
		it->flags8 |= NF_ITEM_FETCHED;
	}
	return it;
}

bool store_check_filled(struct nf_item *it, uint8_t fill)
{
	for (uint32_t i = 0; i < it->value_len; i++) {
		if (nf_item_value(it)[i] != fill)
			return false;
	}
	return true;
}
