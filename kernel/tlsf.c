/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel/tlsf.h"

#include <errno.h>

/*
 * A range: struct range (in the first one the instance), blocks without a gap, the end mark.
 * A block: two words of head, then the bytes handed out. While the block is free those hold the
 * list links. While it is in use they go on into prev_phys of the next block, which means
 * something only to a block whose predecessor is free. So a block costs one word.
 * The end mark is a block in use of stride 0, of which only the head exists.
 * Free blocks are never neighbours, so a free block's word never has BLOCK_PREV_FREE.
 */
struct block {
	struct block *prev_phys;   /* the block before, if that is free */
	size_t word;               /* stride in bytes (distance to the next block), and flags */
	struct block *next, *prev; /* in the class's list */
};

#define BLOCK_FREE      ((size_t)1)
#define BLOCK_PREV_FREE ((size_t)2)
#define BLOCK_FLAGS     ((size_t)UK_ALLOC_ALIGN - 1)
#define HEAD_BYTES      offsetof(struct block, next)
#define STRIDE_LEAST    sizeof(struct block)

/*
 * Classes. First level: the power of two; second level: 32 equal parts of it. Strides below
 * 32 * 16 bytes are all in first level 0, one class for each multiple of 16.
 */
#define SL_LOG2      5u
#define NB_SL        (1u << SL_LOG2)
#define LINEAR_LOG2  (SL_LOG2 + 4u)
#define NB_FL        32u
#define STRIDE_LIMIT ((size_t)1 << (LINEAR_LOG2 + NB_FL - 1)) /* no stride reaches this */

struct range {
	struct range *next;
	struct block *first;
};

struct tlsf {
	struct uk_alloc a;
	uint32_t fl_map;        /* bit fl: sl_map[fl] is not 0 */
	uint32_t sl_map[NB_FL]; /* bit sl: list[fl][sl] holds something; without it it is garbage */
	struct block *list[NB_FL][NB_SL];
	struct range first;
};

struct list_id {
	unsigned int fl, sl;
};

_Static_assert(HEAD_BYTES == UK_ALLOC_ALIGN, "a block's bytes are aligned if its head is");
_Static_assert(STRIDE_LEAST == 32, "the links fit the smallest block");
_Static_assert((size_t)1 << LINEAR_LOG2 == UK_ALLOC_ALIGN * NB_SL, "one class for each stride");
_Static_assert(STRIDE_LIMIT > 2 * UK_ALLOC_MAX + UK_PAGE_SIZE, "the largest aligned request fits");

static struct block *block_at(uintptr_t addr)
{
	return (struct block *)addr;
}

static size_t block_stride(const struct block *b)
{
	return b->word & ~BLOCK_FLAGS;
}

static struct block *block_next(const struct block *b)
{
	return block_at((uintptr_t)b + block_stride(b));
}

static void *block_bytes(struct block *b)
{
	return (char *)b + HEAD_BYTES;
}

/* The block handed out as p. Catches most frees of what is not in use. */
static struct block *block_used(const void *p)
{
	struct block *b = block_at((uintptr_t)p - HEAD_BYTES);

	UK_ASSERT((uintptr_t)p % UK_ALLOC_ALIGN == 0);
	UK_ASSERT((b->word & BLOCK_FREE) == 0 && block_stride(b) != 0);
	UK_ASSERT((block_next(b)->word & BLOCK_PREV_FREE) == 0);
	return b;
}

/* Bytes in use run into the next block's first word. */
static size_t stride_for(size_t size)
{
	size_t stride = UK_ALIGN_UP(size + sizeof(size_t), UK_ALLOC_ALIGN);

	return stride < STRIDE_LEAST ? STRIDE_LEAST : stride;
}

/* Of the first-level class; strides in the linear part count as its end. No branch: sizes vary. */
static unsigned int stride_log2(size_t stride)
{
	return 63 - (unsigned int)__builtin_clzl(stride | (size_t)1 << LINEAR_LOG2);
}

static struct list_id class_of(size_t stride)
{
	unsigned int log2 = stride_log2(stride), beyond_linear = stride >> LINEAR_LOG2 != 0;

	return (struct list_id){ log2 - LINEAR_LOG2 + beyond_linear,
		(unsigned int)(stride >> (log2 - SL_LOG2)) & (NB_SL - 1) };
}

/* The lowest class of which every block has the stride. */
static struct list_id class_above(size_t stride)
{
	return class_of(stride + ((size_t)1 << (stride_log2(stride) - SL_LOG2)) - 1);
}

static struct block *list_first(const struct tlsf *t, struct list_id c)
{
	return t->sl_map[c.fl] >> c.sl & 1 ? t->list[c.fl][c.sl] : NULL;
}

/* Marks the block free, tells its neighbour, files it. */
static void list_push(struct tlsf *t, struct block *b, size_t stride)
{
	struct list_id c = class_of(stride);
	struct block *first = list_first(t, c), *after = block_at((uintptr_t)b + stride);

	b->word = stride | BLOCK_FREE;
	after->prev_phys = b;
	after->word |= BLOCK_PREV_FREE;
	b->next = first;
	b->prev = NULL;
	if (first)
		first->prev = b;
	t->list[c.fl][c.sl] = b;
	t->sl_map[c.fl] |= 1u << c.sl;
	t->fl_map |= 1u << c.fl;
}

static void list_remove(struct tlsf *t, struct block *b)
{
	struct block *next = b->next, *prev = b->prev;

	if (next) {
		UK_ASSERT(next->prev == b);
		next->prev = prev;
	}
	if (prev) {
		UK_ASSERT(prev->next == b);
		prev->next = next;
		return;
	}
	struct list_id c = class_of(block_stride(b));

	UK_ASSERT(list_first(t, c) == b);
	t->list[c.fl][c.sl] = next;
	if (next)
		return;
	t->sl_map[c.fl] &= ~(1u << c.sl);
	if (t->sl_map[c.fl] == 0)
		t->fl_map &= ~(1u << c.fl);
}

/* A free block of at least the stride, still filed; NULL if there is none. */
static struct block *tlsf_find(const struct tlsf *t, size_t stride)
{
	struct list_id c = class_above(stride);
	uint32_t sl_map = t->sl_map[c.fl] & ~0u << c.sl;

	if (sl_map == 0) {
		uint32_t fl_map = t->fl_map & (uint32_t)(~(uint64_t)0 << (c.fl + 1));

		if (fl_map == 0) {
			/* The request's own class may hold one large enough: try one. */
			struct block *b = list_first(t, class_of(stride));

			return b && block_stride(b) >= stride ? b : NULL;
		}
		c.fl = (unsigned int)__builtin_ctz(fl_map);
		sl_map = t->sl_map[c.fl];
	}
	return t->list[c.fl][__builtin_ctz(sl_map)];
}

/* Cuts what is beyond the stride off a block that is in use. */
static void block_trim(struct tlsf *t, struct block *b, size_t stride)
{
	size_t rest = block_stride(b) - stride;

	if (rest < STRIDE_LEAST)
		return;
	b->word -= rest;

	struct block *after = block_at((uintptr_t)block_next(b) + rest);

	if (after->word & BLOCK_FREE) {
		list_remove(t, after);
		rest += block_stride(after);
	}
	list_push(t, block_next(b), rest);
}

/* Skips a free block's start, off its list, so that the bytes are aligned. */
static struct block *block_skip(struct tlsf *t, struct block *b, size_t align)
{
	uintptr_t from = (uintptr_t)block_bytes(b), to = UK_ALIGN_UP(from, align);

	if (to == from)
		return b;
	if (to - from < STRIDE_LEAST)
		to += align;

	struct block *rest = block_at(to - HEAD_BYTES);

	rest->word = block_stride(b) - (to - from);
	list_push(t, b, to - from); /* which marks PREV_FREE in rest */
	return rest;
}

static void *tlsf_alloc(struct uk_alloc *a, size_t align, size_t size)
{
	struct tlsf *t = UK_CONTAINER_OF(a, struct tlsf, a);
	size_t stride = stride_for(size);
	bool over = align > UK_ALLOC_ALIGN;
	struct block *b = tlsf_find(t, over ? stride + align + UK_ALLOC_ALIGN : stride);

	if (!b)
		return NULL;
	list_remove(t, b);
	if (over)
		b = block_skip(t, b, align);
	b->word &= ~BLOCK_FREE;
	block_next(b)->word &= ~BLOCK_PREV_FREE;
	block_trim(t, b, stride);
	uk_alloc_account(a, block_stride(b));
	return block_bytes(b);
}

static void tlsf_free(struct uk_alloc *a, void *p)
{
	struct tlsf *t = UK_CONTAINER_OF(a, struct tlsf, a);
	struct block *b = block_used(p), *after = block_next(b);
	size_t stride = block_stride(b);

	a->used_bytes -= stride;
	if (b->word & BLOCK_PREV_FREE) {
		struct block *before = b->prev_phys;

		UK_ASSERT(before->word & BLOCK_FREE && block_next(before) == b);
		list_remove(t, before);
		stride += block_stride(before);
		b = before;
	}
	if (after->word & BLOCK_FREE) {
		list_remove(t, after);
		stride += block_stride(after);
	}
	list_push(t, b, stride);
}

static size_t tlsf_usable(const struct uk_alloc *a, const void *p)
{
	(void)a;
	return block_stride(block_used(p)) - sizeof(size_t);
}

static bool tlsf_resize(struct uk_alloc *a, void *p, size_t size)
{
	struct tlsf *t = UK_CONTAINER_OF(a, struct tlsf, a);
	struct block *b = block_used(p), *after = block_next(b);
	size_t stride = stride_for(size), had = block_stride(b);

	if (stride > had) {
		size_t more = after->word & BLOCK_FREE ? block_stride(after) : 0;

		if (stride > had + more)
			return false;
		list_remove(t, after);
		b->word += more;
		block_next(b)->word &= ~BLOCK_PREV_FREE;
	}
	block_trim(t, b, stride);
	uk_alloc_account(a, block_stride(b) - had);
	return true;
}

/* Makes [from, end) one free block; 0: too small. */
static size_t range_init(struct tlsf *t, struct range *r, uintptr_t from, uintptr_t end)
{
	from = UK_ALIGN_UP(from, UK_ALLOC_ALIGN);
	end = UK_ALIGN_DOWN(end, UK_ALLOC_ALIGN);
	if (end < from + STRIDE_LEAST + HEAD_BYTES)
		return 0;

	size_t stride = end - from - HEAD_BYTES;

	if (stride >= STRIDE_LIMIT)
		stride = STRIDE_LIMIT - UK_ALLOC_ALIGN;
	r->first = block_at(from);
	block_at(from + stride)->word = 0; /* the end mark */
	list_push(t, r->first, stride);
	return stride;
}

static struct uk_alloc *tlsf_init(void *base, size_t len)
{
	struct tlsf *t = (struct tlsf *)UK_ALIGN_UP((uintptr_t)base, UK_CACHE_LINE);

	if (len < sizeof(*t) + UK_CACHE_LINE)
		return NULL;
	t->fl_map = 0;
	for (unsigned int fl = 0; fl < NB_FL; fl++)
		t->sl_map[fl] = 0;
	t->first.next = NULL;
	t->a.total_bytes = range_init(t, &t->first, (uintptr_t)(t + 1), (uintptr_t)base + len);
	if (t->a.total_bytes == 0)
		return NULL;
	t->a.ops = &uk_tlsf_ops;
	t->a.used_bytes = t->a.peak_bytes = 0;
	return &t->a;
}

static int tlsf_add(struct uk_alloc *a, void *base, size_t len)
{
	struct tlsf *t = UK_CONTAINER_OF(a, struct tlsf, a);
	struct range *r = (struct range *)UK_ALIGN_UP((uintptr_t)base, UK_ALLOC_ALIGN);

	if (len < sizeof(*r) + UK_ALLOC_ALIGN)
		return -ENOSPC;
	size_t total = range_init(t, r, (uintptr_t)(r + 1), (uintptr_t)base + len);

	if (total == 0)
		return -ENOSPC;
	a->total_bytes += total;
	r->next = t->first.next;
	t->first.next = r;
	return 0;
}

/* Blocks chain up to the end mark, their flags agree, free ones are no neighbours. */
static bool range_check(const struct range *r, size_t *nb_free, size_t *used)
{
	const struct block *b = r->first, *before = NULL;
	bool before_free = false;

	for (;; b = block_next(b)) {
		bool free = b->word & BLOCK_FREE;

		if (!!(b->word & BLOCK_PREV_FREE) != before_free || (free && before_free))
			return false;
		if (before_free && b->prev_phys != before)
			return false;
		if (block_stride(b) == 0)
			return !free;
		if (block_stride(b) < STRIDE_LEAST)
			return false;
		*nb_free += free;
		*used += free ? 0 : block_stride(b);
		before = b;
		before_free = free;
	}
}

/* A list holds free blocks of its class; adds up how many. */
static bool list_check(const struct tlsf *t, struct list_id c, size_t *nb_listed)
{
	const struct block *before = NULL;

	for (const struct block *b = list_first(t, c); b; before = b, b = b->next) {
		struct list_id own = class_of(block_stride(b));

		if (own.fl != c.fl || own.sl != c.sl || b->prev != before)
			return false;
		if (!(b->word & BLOCK_FREE))
			return false;
		++*nb_listed;
	}
	return true;
}

bool uk_tlsf_check(const struct uk_alloc *a)
{
	const struct tlsf *t = UK_CONTAINER_OF(a, const struct tlsf, a);
	size_t nb_free = 0, nb_listed = 0, used = 0;

	for (const struct range *r = &t->first; r; r = r->next) {
		if (!range_check(r, &nb_free, &used))
			return false;
	}
	for (unsigned int fl = 0; fl < NB_FL; fl++) {
		if ((t->fl_map >> fl & 1) != (t->sl_map[fl] != 0))
			return false;
		for (unsigned int sl = 0; sl < NB_SL; sl++) {
			if (!list_check(t, (struct list_id){ fl, sl }, &nb_listed))
				return false;
		}
	}
	return nb_free == nb_listed && used == a->used_bytes;
}

const struct uk_alloc_ops uk_tlsf_ops = {
	.name = "tlsf",
	.init = tlsf_init,
	.add = tlsf_add,
	.alloc = tlsf_alloc,
	.free = tlsf_free,
	.usable = tlsf_usable,
	.resize = tlsf_resize,
};
