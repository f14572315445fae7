/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An array that grows by one step at a time and never moves: items keep their addresses, and
 * growing costs one allocation of a fixed size and no copy. Its items are zero when they first
 * appear. For tables that the packet path extends. Life: init -> grow, at ... -> free. Thread: the
 * caller's.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_STEPARRAY_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_STEPARRAY_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

struct nf_steparray {
	uint8_t **step; /* each on a cache line's start */
	uint32_t nb_steps, room_steps;
	uint32_t item_bytes;
	uint32_t shift; /* a step holds 1 << shift items */
};

void nf_steparray_init(struct nf_steparray *a, uint32_t item_bytes, uint32_t shift);
void nf_steparray_free(struct nf_steparray *a);
/* One more step. False: out of memory, nothing changed. Cost: an allocation, a step's bytes
 * cleared. */
bool nf_steparray_grow(struct nf_steparray *a);

/* How many items it has. */
UK_INLINE uint32_t nf_steparray_size(const struct nf_steparray *a)
{
	return a->nb_steps << a->shift;
}

/* Item i < size; with constants for what the caller knows, this is two loads. */
UK_INLINE void *nf_steparray_item(
	const struct nf_steparray *a, uint32_t i, uint32_t shift, uint32_t item_bytes)
{
	return a->step[i >> shift] + (size_t)(i & ((1u << shift) - 1)) * item_bytes;
}

UK_INLINE void *nf_steparray_at(const struct nf_steparray *a, uint32_t i)
{
	return nf_steparray_item(a, i, a->shift, a->item_bytes);
}

#endif
