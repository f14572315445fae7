/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel/region.h"

#include <errno.h>

/*
 * A range:   | struct range (and before it the instance, in the first one) | head | block | ...
 * Blocks are chained backwards from range->last, each by the head before it. A gap left by an
 * alignment belongs to the block before the gap: what that block may use ends where its size says.
 */
struct head {
	size_t size; /* of the block after this head, bytes; 0: freed (a block is never empty) */
	struct head *prev; /* the head before, NULL at the range's first block */
};

struct range {
	struct range *next;
	uintptr_t start, top, end; /* blocks lie from start; [top, end) is free */
	struct head *last;
};

struct region {
	struct uk_alloc a;
	struct range *now; /* the range last cut from; the ranges form a circle */
	struct range first;
};

/* What a range needs beside its struct: both ends rounded, and one block. */
#define RANGE_LEAST_BYTES (2 * UK_ALLOC_ALIGN + sizeof(struct head) + UK_ALLOC_ALIGN)

_Static_assert(sizeof(struct head) == UK_ALLOC_ALIGN, "a block is aligned if its head is");

static struct head *block_head(const void *p)
{
	UK_ASSERT((uintptr_t)p % UK_ALLOC_ALIGN == 0);
	return (struct head *)(uintptr_t)p - 1;
}

/* Lays out a range whose struct stands at r and whose memory ends at end. */
static size_t range_init(struct range *r, uintptr_t end)
{
	r->start = r->top = UK_ALIGN_UP((uintptr_t)(r + 1), UK_ALLOC_ALIGN);
	r->end = UK_ALIGN_DOWN(end, UK_ALLOC_ALIGN);
	r->last = NULL;
	return r->end - r->start;
}

static struct range *range_of(const struct region *g, const void *p)
{
	struct range *r = g->now;

	while ((uintptr_t)p < r->start || (uintptr_t)p >= r->top) {
		r = r->next;
		UK_ASSERT(r != g->now); /* p is not from here, or was freed already */
	}
	return r;
}

static struct uk_alloc *region_init(void *base, size_t len)
{
	struct region *g = (struct region *)UK_ALIGN_UP((uintptr_t)base, UK_ALLOC_ALIGN);

	if (len < sizeof(*g) + RANGE_LEAST_BYTES)
		return NULL;
	g->a.ops = &uk_region_ops;
	g->a.total_bytes = range_init(&g->first, (uintptr_t)base + len);
	g->a.used_bytes = g->a.peak_bytes = 0;
	g->first.next = g->now = &g->first;
	return &g->a;
}

static int region_add(struct uk_alloc *a, void *base, size_t len)
{
	struct region *g = UK_CONTAINER_OF(a, struct region, a);
	struct range *r = (struct range *)UK_ALIGN_UP((uintptr_t)base, UK_ALLOC_ALIGN);

	if (len < sizeof(*r) + RANGE_LEAST_BYTES)
		return -ENOSPC;
	a->total_bytes += range_init(r, (uintptr_t)base + len);
	r->next = g->first.next;
	g->first.next = r;
	return 0;
}

static void *range_cut(struct uk_alloc *a, struct range *r, size_t align, size_t size)
{
	uintptr_t p = UK_ALIGN_UP(r->top + sizeof(struct head), align);

	if (p > r->end || r->end - p < size)
		return NULL;
	struct head *h = block_head((void *)p);

	h->size = size;
	h->prev = r->last;
	r->last = h;
	uk_alloc_account(a, p + size - r->top);
	r->top = p + size;
	return (void *)p;
}

static void *region_alloc(struct uk_alloc *a, size_t align, size_t size)
{
	struct region *g = UK_CONTAINER_OF(a, struct region, a);
	struct range *r = g->now;

	size = size ? UK_ALIGN_UP(size, UK_ALLOC_ALIGN) : UK_ALLOC_ALIGN;
	do {
		void *p = range_cut(a, r, align, size);

		if (p) {
			g->now = r;
			return p;
		}
		r = r->next;
	} while (r != g->now);
	return NULL;
}

static void region_free(struct uk_alloc *a, void *p)
{
	struct region *g = UK_CONTAINER_OF(a, struct region, a);
	struct range *r = range_of(g, p);
	struct head *h = block_head(p);

	UK_ASSERT(h->size != 0);
	h->size = 0;
	for (h = r->last; h && h->size == 0;)
		h = h->prev;
	r->last = h;

	uintptr_t top = h ? (uintptr_t)(h + 1) + h->size : r->start;

	a->used_bytes -= r->top - top;
	r->top = top;
}

static size_t region_usable(const struct uk_alloc *a, const void *p)
{
	(void)a;
	return block_head(p)->size;
}

static bool region_resize(struct uk_alloc *a, void *p, size_t size)
{
	struct region *g = UK_CONTAINER_OF(a, struct region, a);
	struct range *r = range_of(g, p);
	struct head *h = block_head(p);

	UK_ASSERT(h->size != 0);
	if (h != r->last)
		return size <= h->size;
	size = size ? UK_ALIGN_UP(size, UK_ALLOC_ALIGN) : UK_ALLOC_ALIGN;
	if (r->end - (uintptr_t)p < size)
		return false;
	uk_alloc_account(a, (uintptr_t)p + size - r->top);
	h->size = size;
	r->top = (uintptr_t)p + size;
	return true;
}

static bool range_check(const struct range *r)
{
	uintptr_t above = r->top;

	for (const struct head *h = r->last; h; h = h->prev) {
		if ((uintptr_t)h < r->start || (uintptr_t)h % UK_ALLOC_ALIGN)
			return false;
		if ((uintptr_t)(h + 1) + h->size > above)
			return false;
		above = (uintptr_t)h;
	}
	return r->top <= r->end && (!r->last || r->last->size != 0);
}

bool uk_region_check(const struct uk_alloc *a)
{
	const struct region *g = UK_CONTAINER_OF(a, const struct region, a);
	const struct range *r = &g->first;
	size_t used = 0;

	do {
		if (!range_check(r))
			return false;
		used += r->top - r->start;
		r = r->next;
	} while (r != &g->first);
	return used == a->used_bytes && used <= a->total_bytes;
}

const struct uk_alloc_ops uk_region_ops = {
	.name = "region",
	.init = region_init,
	.add = region_add,
	.alloc = region_alloc,
	.free = region_free,
	.usable = region_usable,
	.resize = region_resize,
};
