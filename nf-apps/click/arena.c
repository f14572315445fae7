/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/arena.h"

#define ARENA_CHUNK_MIN 4096u
#define ARENA_CHUNK_MAX (256u << 10)
#define ARENA_ARRAY_MIN 4u
#define ARENA_MAP_MIN   8u

struct nf_arena_chunk {
	struct nf_arena_chunk *next;
	size_t size;
	alignas(max_align_t) char data[];
};

/* Chunks double up to a limit; what is larger gets one of its own. */
static bool arena_more(struct nf_arena *a, size_t size)
{
	size_t room = a->chunks != NULL ? a->chunks->size * 2 : ARENA_CHUNK_MIN;
	struct nf_arena_chunk *c;

	room = room > ARENA_CHUNK_MAX ? ARENA_CHUNK_MAX : room;
	room = room < size ? size : room;
	c = malloc(sizeof(*c) + room);
	if (c == NULL)
		return false;
	c->next = a->chunks;
	c->size = room;
	a->chunks = c;
	a->at = c->data;
	a->end = c->data + room;
	return true;
}

void *nf_arena_alloc(struct nf_arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	void *p;

	if (a->failed || size > SIZE_MAX / 4) {
		a->failed = true;
		return NULL;
	}
	size = (size + align - 1) / align * align;
	if (a->at == NULL || size > (size_t)(a->end - a->at)) {
		if (!arena_more(a, size)) {
			a->failed = true;
			return NULL;
		}
	}
	p = a->at;
	a->at += size;
	return memset(p, 0, size);
}

char *nf_arena_copy(struct nf_arena *a, const char *s, size_t len)
{
	char *p = nf_arena_alloc(a, len + 1);

	if (p != NULL && len > 0)
		memcpy(p, s, len);
	return p;
}

void *nf_arena_grow(struct nf_arena *a, void *array, uint32_t nb, size_t size)
{
	bool full = nb == 0 || (nb >= ARENA_ARRAY_MIN && (nb & (nb - 1)) == 0);
	void *more;

	if (!full)
		return array;
	more = nf_arena_alloc(a, (nb == 0 ? ARENA_ARRAY_MIN : 2 * (size_t)nb) * size);
	if (more != NULL && nb > 0)
		memcpy(more, array, nb * size);
	return more;
}

void nf_arena_free(struct nf_arena *a)
{
	struct nf_arena_chunk *c = a->chunks, *next;

	for (; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	*a = (struct nf_arena){ 0 };
}

/* FNV-1a, 64 bits, folded. */
static uint32_t arena_hash(const char *name)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3ull;
	return (uint32_t)(h ^ h >> 32);
}

/* The slot of that name, or the free one where it belongs. There is always a free one. */
static struct nf_arena_map_slot *arena_slot(const struct nf_arena_map *m, const char *name)
{
	uint32_t i = arena_hash(name) & (m->room - 1);

	while (m->slots[i].name != NULL && strcmp(m->slots[i].name, name) != 0)
		i = (i + 1) & (m->room - 1);
	return &m->slots[i];
}

static bool arena_map_more(struct nf_arena *a, struct nf_arena_map *m)
{
	struct nf_arena_map old = *m;

	m->room = old.room == 0 ? ARENA_MAP_MIN : old.room * 2;
	m->slots = nf_arena_alloc(a, m->room * sizeof(*m->slots));
	if (m->slots == NULL) {
		*m = old;
		return false;
	}
	for (uint32_t i = 0; i < old.room; i++) {
		if (old.slots[i].name != NULL)
			*arena_slot(m, old.slots[i].name) = old.slots[i];
	}
	return true;
}

uint32_t nf_arena_map_get(const struct nf_arena_map *m, const char *name)
{
	const struct nf_arena_map_slot *slot;

	if (m->room == 0)
		return NF_ARENA_NONE;
	slot = arena_slot(m, name);
	return slot->name != NULL ? slot->value : NF_ARENA_NONE;
}

void nf_arena_map_set(struct nf_arena *a, struct nf_arena_map *m, const char *name, uint32_t value)
{
	struct nf_arena_map_slot *slot;

	if (m->nb >= m->room / 2 && !arena_map_more(a, m))
		return;
	slot = arena_slot(m, name);
	m->nb += slot->name == NULL;
	slot->name = name;
	slot->value = value;
}
