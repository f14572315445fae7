/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory allocators behind one interface. An image links the one it wants
 * and names it in uk_alloc_image; the start-up list hands it each free range of
 * memory, and malloc() (kernel/malloc.c) stands on it. An instance keeps all of
 * its state in the memory it manages, at the start of the first range, and is
 * never torn down.
 *
 *   region   bump; free() reclaims in reverse order only. Smallest.
 *   buddy    power-of-two blocks, each aligned to its own size. For few sizes, big buffers.
 *   tlsf     two-level segregated fit, constant time. The general choice.
 *
 * Life cycle: init once, add any number of times, then alloc, resize and free.
 * Setting up touches a handful of cache lines, whatever the amount of memory.
 *
 * Thread: an instance is not locked; whoever shares one serialises the calls.
 * Errors: no memory is NULL. A freed block freed again, or a damaged heap, is a bug
 * and ends the machine through UK_ASSERT wherever that is seen at no extra cost.
 */
#ifndef SLUICE_KERNEL_ALLOC_H
#define SLUICE_KERNEL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "plat-kvm/defs.h"

/* What every block is aligned to at least, bytes. */
#define UK_ALLOC_ALIGN 16u
/* No request and no alignment is larger than this; bytes. */
#define UK_ALLOC_MAX ((size_t)1 << 38)

struct uk_alloc;

/* What an allocator implements; called through the functions below only. */
struct uk_alloc_ops {
	const char *name;
	struct uk_alloc *(*init)(void *base, size_t len);
	int (*add)(struct uk_alloc *a, void *base, size_t len);
	void *(*alloc)(struct uk_alloc *a, size_t align, size_t size);
	void (*free)(struct uk_alloc *a, void *p);
	size_t (*usable)(const struct uk_alloc *a, const void *p);
	bool (*resize)(struct uk_alloc *a, void *p, size_t size);
};

/* The head of each instance. */
struct uk_alloc {
	const struct uk_alloc_ops *ops;
	size_t total_bytes; /* under management, without the allocator's own tables */
	size_t used_bytes;  /* handed out, with headers and rounding */
	size_t peak_bytes;  /* the most that used_bytes ever was */
};

extern const struct uk_alloc_ops uk_region_ops;
extern const struct uk_alloc_ops uk_buddy_ops;
extern const struct uk_alloc_ops uk_tlsf_ops;

/* The image's choice, defined by the image. */
extern const struct uk_alloc_ops *const uk_alloc_image;

/*
 * Makes an instance that manages [base, base + len). Neither needs an alignment;
 * the memory may hold anything.
 * Owner: the memory is the allocator's for good.
 * Returns: NULL if the range is too small to hold the state and one block.
 * Thread: boot-only.
 */
UK_INLINE UK_MUST_USE struct uk_alloc *uk_alloc_init(
	const struct uk_alloc_ops *ops, UK_TAKES void *base, size_t len)
{
	return ops->init(base, len);
}

/*
 * One more range. No block ever spans two ranges.
 * Returns: 0, or -ENOSPC if the range is too small to be of use (it is then left alone).
 */
UK_INLINE UK_MUST_USE int uk_alloc_add(struct uk_alloc *a, UK_TAKES void *base, size_t len)
{
	return a->ops->add(a, base, len);
}

/*
 * A block of at least size bytes (0 gives a block, too), contents undefined.
 * align: a power of two; less than UK_ALLOC_ALIGN means UK_ALLOC_ALIGN.
 * Returns: NULL without memory, or when a limit of UK_ALLOC_MAX is exceeded.
 * Cost: one indirect call; tlsf constant, buddy logarithmic in the memory, region constant.
 */
UK_INLINE UK_MUST_USE UK_GIVES void *uk_alloc_alloc(struct uk_alloc *a, size_t align, size_t size)
{
	UK_ASSERT((align & (align - 1)) == 0);
	if (UK_UNLIKELY(size > UK_ALLOC_MAX || align > UK_ALLOC_MAX))
		return NULL;
	return a->ops->alloc(a, align < UK_ALLOC_ALIGN ? UK_ALLOC_ALIGN : align, size);
}

/* Gives a block back; NULL is ignored. */
UK_INLINE void uk_alloc_free(struct uk_alloc *a, UK_TAKES void *p)
{
	if (p)
		a->ops->free(a, p);
}

/* How many bytes of a block may be used: at least what was asked for. */
UK_INLINE UK_MUST_USE size_t uk_alloc_usable(const struct uk_alloc *a, UK_LENDS const void *p)
{
	return a->ops->usable(a, p);
}

/*
 * Makes a block hold size bytes where it stands, keeping the contents; a smaller
 * size gives memory back where the allocator can.
 * Returns: false if it would have to move; the block is then as before.
 */
UK_INLINE UK_MUST_USE bool uk_alloc_resize(struct uk_alloc *a, void *p, size_t size)
{
	return size <= UK_ALLOC_MAX && a->ops->resize(a, p, size);
}

/* Resizes in place or moves; for size and contents as realloc(), p not NULL. */
UK_MUST_USE UK_GIVES void *uk_alloc_move(struct uk_alloc *a, UK_TAKES void *p, size_t size);

/* For the allocators: keeps the figures. */
UK_INLINE void uk_alloc_account(struct uk_alloc *a, size_t taken)
{
	a->used_bytes += taken;
	if (a->used_bytes > a->peak_bytes)
		a->peak_bytes = a->used_bytes;
}

#endif
