/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/kvs/store_int.h"

/* Bins of one size up to STORE_NB_EXACT units; then eight for each power of two. */
static uint32_t heap_bin(uint32_t units)
{
	uint32_t log;

	if (units < STORE_NB_EXACT)
		return units;
	log = 31 - (uint32_t)__builtin_clz(units);
	return STORE_NB_EXACT + (log - 9) * 8 + (units >> (log - 3) & 7);
}

void nf_store_heap_put(struct nf_store *s, uint32_t ref, uint32_t units)
{
	struct store_block *b = store_ptr(s, ref);
	uint32_t bin = heap_bin(units);

	if (units == 0)
		return;
	b->bits = units == 1 ? STORE_SPLINTER : STORE_FREE;
	b->units = units;
	if (units == 1)
		return;
	b->prev = 0;
	b->next = s->bin[bin];
	if (b->next)
		((struct store_block *)store_ptr(s, b->next))->prev = ref;
	s->bin[bin] = ref;
	s->bin_map[bin / 64] |= 1ull << bin % 64;
}

void nf_store_heap_take(struct nf_store *s, struct store_block *b)
{
	uint32_t bin = heap_bin(b->units);

	if (b->next)
		((struct store_block *)store_ptr(s, b->next))->prev = b->prev;
	if (b->prev) {
		((struct store_block *)store_ptr(s, b->prev))->next = b->next;
		return;
	}
	s->bin[bin] = b->next;
	if (b->next == 0)
		s->bin_map[bin / 64] &= ~(1ull << bin % 64);
}

/*
 * A free block of at least that size, or NULL. Of a bin of several sizes only the first block
 * is looked at.
 */
static struct store_block *heap_find(struct nf_store *s, uint32_t units)
{
	uint32_t bin = heap_bin(units), word;
	struct store_block *b;
	uint64_t map;

	if (s->bin[bin]) {
		b = store_ptr(s, s->bin[bin]);
		if (b->units >= units)
			return b;
	}
	bin++;
	word = bin / 64;
	map = word < UK_ARRAY_SIZE(s->bin_map) ? s->bin_map[word] & ~0ull << bin % 64 : 0;
	while (map == 0 && ++word < UK_ARRAY_SIZE(s->bin_map))
		map = s->bin_map[word];
	return map ? store_ptr(s, s->bin[word * 64 + (uint32_t)__builtin_ctzll(map)]) : NULL;
}

struct store_block *nf_store_heap_largest(const struct nf_store *s)
{
	uint32_t word = UK_ARRAY_SIZE(s->bin_map);

	while (word-- > 0) {
		if (s->bin_map[word])
			return store_ptr(s, s->bin[word * 64 + 63 -
						    (uint32_t)__builtin_clzll(s->bin_map[word])]);
	}
	return NULL;
}

static uint32_t heap_split(struct nf_store *s, struct store_block *b, uint32_t units)
{
	uint32_t ref = store_ref(s, b), rest = b->units - units;

	nf_store_heap_take(s, b);
	nf_store_heap_put(s, ref + units, rest);
	return ref;
}

static uint32_t heap_carve(struct nf_store *s, uint32_t units)
{
	uint32_t ref = s->gap;

	s->gap += units;
	return ref;
}

uint32_t nf_store_heap_alloc(struct nf_store *s, uint32_t units)
{
	struct store_block *b;
	uint32_t ref;

	if (units < STORE_NB_EXACT && s->bin[units]) {
		ref = s->bin[units];
		nf_store_heap_take(s, store_ptr(s, ref));
	} else if (s->hand - s->gap >= units) {
		ref = heap_carve(s, units);
	} else {
		b = heap_find(s, units);
		if (b)
			ref = heap_split(s, b, units);
		else if (nf_store_room(s, units))
			ref = heap_carve(s, units);
		else
			return 0;
	}
	s->free_units -= units;
	return ref;
}

void nf_store_heap_free(struct nf_store *s, uint32_t ref, uint32_t units)
{
	s->free_units += units;
	if (ref == s->hand)
		s->hand += units;
	else if (ref + units == s->gap)
		s->gap = ref;
	else
		nf_store_heap_put(s, ref, units);
}
