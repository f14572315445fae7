/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that is given back all at once: the tree of a configuration while it is read, and the
 * result. Also a map from names to numbers that lives in it. All zero is an empty arena. Once an
 * allocation failed, `failed` stays set and all later ones fail too, so that a reader may look
 * there once per step instead of at each call. Thread: the caller's; never on the packet path.
 */
#ifndef SLUICE_NF_APPS_CLICK_ARENA_H
#define SLUICE_NF_APPS_CLICK_ARENA_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

struct nf_arena_chunk;

struct nf_arena {
	struct nf_arena_chunk *chunks; /* the one in use first */
	char *at, *end;
	bool failed;
};

/* Zeroed, aligned for any type. NULL: no memory. */
void *nf_arena_alloc(struct nf_arena *a, size_t size) UK_MUST_USE;
/* A copy with a 0 at the end. NULL: no memory. */
char *nf_arena_copy(struct nf_arena *a, const char *s, size_t len) UK_MUST_USE;
/*
 * Room for one more at the end of an array of nb items that was only ever grown by this call:
 * returns the array, perhaps at a new place, NULL: no memory (the old one stays).
 */
void *nf_arena_grow(struct nf_arena *a, void *array, uint32_t nb, size_t size) UK_MUST_USE;
void nf_arena_free(struct nf_arena *a);

struct nf_arena_map_slot {
	const char *name;
	uint32_t value;
};

/* All zero is an empty map. */
struct nf_arena_map {
	struct nf_arena_map_slot *slots;
	uint32_t nb, room; /* room: 0 or a power of two */
};

#define NF_ARENA_NONE UINT32_MAX

/* The value under that name, NF_ARENA_NONE: there is none. */
uint32_t nf_arena_map_get(const struct nf_arena_map *m, const char *name);
/* Sets or replaces; the name is kept, not copied. No memory: see `failed`. */
void nf_arena_map_set(struct nf_arena *a, struct nf_arena_map *m, const char *name, uint32_t value);

#endif
