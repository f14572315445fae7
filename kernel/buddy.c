/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel/buddy.h"

#include <errno.h>

/*
 * A range:   | struct range (in the first one: the instance) | tags, one a unit | units ...
 *
 * Why the tags need no clearing. A tag is read only at the sibling of a block that exists, after
 * checking that the sibling lies below the frontier. Blocks are aligned to their size, so no block
 * other than one that would cover both siblings can cover the sibling's first unit without starting
 * there: some block starts at it, and its tag was written when it was made.
 */
#define UNIT_LOG2  6u
#define UNIT_BYTES ((size_t)1 << UNIT_LOG2)
#define NB_ORDERS  (38u - UNIT_LOG2 + 1) /* the largest block is UK_ALLOC_MAX */

/* Cut from the frontier in pieces of 2 MiB unless more is asked for: far pages stay untouched. */
#define CUT_ORDER (21u - UNIT_LOG2)

/* Freed blocks of up to 4 KiB are kept unjoined, a few of each. */
#define NB_KEPT_ORDERS (12u - UNIT_LOG2 + 1)
#define NB_KEPT        8u

enum tag { TAG_INSIDE = 0, TAG_USED = 0x40, TAG_FREE = 0x80, TAG_KEPT = 0xc0, TAG_ORDER = 0x3f };

struct node {
	struct node *next, *prev;
};

struct range {
	struct range *next;
	uintptr_t start, frontier, end; /* blocks lie in [start, frontier) */
	uint8_t *tags;
};

struct buddy {
	struct uk_alloc a;
	uint64_t filled; /* bit n: list[n] holds something; without it list[n] is garbage */
	struct node *list[NB_ORDERS];
	uint8_t nb_kept[NB_KEPT_ORDERS];
	void *kept[NB_KEPT_ORDERS][NB_KEPT];
	struct range first;
};

_Static_assert(((size_t)UNIT_BYTES << (NB_ORDERS - 1)) == UK_ALLOC_MAX, "orders cover all sizes");
_Static_assert(NB_ORDERS <= TAG_ORDER, "an order fits a tag");

static size_t order_bytes(unsigned int order)
{
	return UNIT_BYTES << order;
}

static unsigned int floor_log2(size_t n)
{
	return 63 - (unsigned int)__builtin_clzl(n);
}

/* The smallest order whose blocks hold n bytes. */
static unsigned int order_for(size_t n)
{
	return n <= UNIT_BYTES ? 0 : floor_log2(n - 1) + 1 - UNIT_LOG2;
}

static uint8_t *tag_of(const struct range *r, uintptr_t p)
{
	return &r->tags[(p - r->start) >> UNIT_LOG2];
}

static struct range *range_of(struct buddy *b, uintptr_t p)
{
	struct range *r = &b->first;

	UK_ASSERT(p % UNIT_BYTES == 0);
	while (p < r->start || p >= r->frontier) {
		r = r->next;
		UK_ASSERT(r); /* p is not from here */
	}
	return r;
}

/* The order of the block in use at p; a free one or none at all is the caller's bug. */
static unsigned int used_order(const struct range *r, uintptr_t p)
{
	uint8_t tag = *tag_of(r, p);

	UK_ASSERT((tag & ~TAG_ORDER) == TAG_USED);
	UK_ASSERT((tag & TAG_ORDER) < NB_ORDERS);
	return tag & TAG_ORDER;
}

static void list_push(struct buddy *b, struct range *r, uintptr_t p, unsigned int order)
{
	struct node *n = (struct node *)p;

	*tag_of(r, p) = (uint8_t)(TAG_FREE | order);
	n->next = b->filled >> order & 1 ? b->list[order] : NULL;
	n->prev = NULL;
	if (n->next)
		n->next->prev = n;
	b->list[order] = n;
	b->filled |= (uint64_t)1 << order;
}

static void list_remove(struct buddy *b, struct node *n, unsigned int order)
{
	if (n->next) {
		UK_ASSERT(n->next->prev == n);
		n->next->prev = n->prev;
	}
	if (n->prev) {
		UK_ASSERT(n->prev->next == n);
		n->prev->next = n->next;
		return;
	}
	UK_ASSERT(b->list[order] == n);
	b->list[order] = n->next;
	if (!n->next)
		b->filled &= ~((uint64_t)1 << order);
}

/* Whether the sibling at p of a block of this order exists, whole and free. */
static bool sibling_free(const struct range *r, uintptr_t p, unsigned int order)
{
	return p >= r->start && p < r->frontier && *tag_of(r, p) == (TAG_FREE | order);
}

/* Frees the block for good: joins it with its siblings as far as they are free. */
static void buddy_join(struct buddy *b, struct range *r, uintptr_t p, unsigned int order)
{
	while (order < NB_ORDERS - 1) {
		uintptr_t sibling = p ^ order_bytes(order);

		if (!sibling_free(r, sibling, order))
			break;
		list_remove(b, (struct node *)sibling, order);
		*tag_of(r, p | order_bytes(order)) = TAG_INSIDE;
		p &= ~order_bytes(order);
		order++;
	}
	list_push(b, r, p, order);
}

/* Moves one piece from the frontier of a range to the free lists. */
static bool buddy_cut(struct buddy *b, unsigned int want)
{
	for (struct range *r = &b->first; r; r = r->next) {
		size_t left = r->end - r->frontier;

		if (left == 0)
			continue;
		unsigned int order = floor_log2(left) - UNIT_LOG2;
		unsigned int aligned = (unsigned int)__builtin_ctzl(r->frontier) - UNIT_LOG2;
		unsigned int most = want > CUT_ORDER ? want : CUT_ORDER;
		uintptr_t p = r->frontier;

		order = order < aligned ? order : aligned;
		order = order < most ? order : most;
		r->frontier += order_bytes(order);
		buddy_join(b, r, p, order);
		return true;
	}
	return false;
}

/* Joins what was kept unjoined; false if there was nothing. Bounded by the size of kept[]. */
static bool buddy_settle(struct buddy *b)
{
	bool some = false;

	for (unsigned int order = 0; order < NB_KEPT_ORDERS; order++) {
		while (b->nb_kept[order]) {
			uintptr_t p = (uintptr_t)b->kept[order][--b->nb_kept[order]];

			buddy_join(b, range_of(b, p), p, order);
			some = true;
		}
	}
	return some;
}

/* Splits the free block at p, already off its list, down to the order wanted. */
static void buddy_split(
	struct buddy *b, struct range *r, uintptr_t p, unsigned int order, unsigned int want)
{
	while (order > want) {
		order--;
		list_push(b, r, p + order_bytes(order), order);
	}
	*tag_of(r, p) = (uint8_t)(TAG_USED | want);
}

static void *buddy_take(struct buddy *b, unsigned int want)
{
	while (b->filled >> want == 0) {
		if (!buddy_cut(b, want) && !buddy_settle(b))
			return NULL;
	}
	unsigned int order = want + (unsigned int)__builtin_ctzl(b->filled >> want);
	struct node *n = b->list[order];
	struct range *r = range_of(b, (uintptr_t)n);

	UK_ASSERT(*tag_of(r, (uintptr_t)n) == (TAG_FREE | order));
	list_remove(b, n, order);
	buddy_split(b, r, (uintptr_t)n, order, want);
	return n;
}

static void *buddy_alloc(struct uk_alloc *a, size_t align, size_t size)
{
	struct buddy *b = UK_CONTAINER_OF(a, struct buddy, a);
	unsigned int want = order_for(size > align ? size : align);
	void *p;

	if (want < NB_KEPT_ORDERS && b->nb_kept[want]) {
		p = b->kept[want][--b->nb_kept[want]];
		*tag_of(range_of(b, (uintptr_t)p), (uintptr_t)p) = (uint8_t)(TAG_USED | want);
	} else {
		p = buddy_take(b, want);
		if (!p)
			return NULL;
	}
	uk_alloc_account(a, order_bytes(want));
	return p;
}

static void buddy_free(struct uk_alloc *a, void *p)
{
	struct buddy *b = UK_CONTAINER_OF(a, struct buddy, a);
	struct range *r = range_of(b, (uintptr_t)p);
	unsigned int order = used_order(r, (uintptr_t)p);

	a->used_bytes -= order_bytes(order);
	if (order < NB_KEPT_ORDERS && b->nb_kept[order] < NB_KEPT) {
		*tag_of(r, (uintptr_t)p) = (uint8_t)(TAG_KEPT | order);
		b->kept[order][b->nb_kept[order]++] = p;
		return;
	}
	buddy_join(b, r, (uintptr_t)p, order);
}

static size_t buddy_usable(const struct uk_alloc *a, const void *p)
{
	struct buddy *b = UK_CONTAINER_OF((struct uk_alloc *)(uintptr_t)a, struct buddy, a);

	return order_bytes(used_order(range_of(b, (uintptr_t)p), (uintptr_t)p));
}

/* How far the block at p could grow in place: the order reached by swallowing free siblings above.
 */
static unsigned int reach(const struct range *r, uintptr_t p, unsigned int order, unsigned int want)
{
	while (order < want) {
		if (p & order_bytes(order) || !sibling_free(r, p + order_bytes(order), order))
			break;
		order++;
	}
	return order;
}

static bool buddy_resize(struct uk_alloc *a, void *ptr, size_t size)
{
	struct buddy *b = UK_CONTAINER_OF(a, struct buddy, a);
	uintptr_t p = (uintptr_t)ptr;
	struct range *r = range_of(b, p);
	unsigned int order = used_order(r, p), want = order_for(size);

	if (want > order && reach(r, p, order, want) < want)
		return false;
	uk_alloc_account(a, order_bytes(want) - order_bytes(order));
	for (; order < want; order++)
		list_remove(b, (struct node *)(p + order_bytes(order)), order);
	buddy_split(b, r, p, order, want);
	return true;
}

/* Lays out a range whose struct stands at r and whose memory ends at end; 0: too small. */
static size_t range_init(struct range *r, uintptr_t end)
{
	uintptr_t tags = (uintptr_t)(r + 1);

	if (end <= tags || end - tags < 2 * UNIT_BYTES + 1)
		return 0;
	size_t nb_units = (end - tags - UNIT_BYTES) / (UNIT_BYTES + 1);

	r->next = NULL;
	r->tags = (uint8_t *)tags;
	r->start = r->frontier = UK_ALIGN_UP(tags + nb_units, UNIT_BYTES);
	r->end = r->start + nb_units * UNIT_BYTES;
	return nb_units * UNIT_BYTES;
}

static struct uk_alloc *buddy_init(void *base, size_t len)
{
	struct buddy *b = (struct buddy *)UK_ALIGN_UP((uintptr_t)base, UK_CACHE_LINE);

	if (len < sizeof(*b) + UK_CACHE_LINE)
		return NULL;
	b->a.total_bytes = range_init(&b->first, (uintptr_t)base + len);
	if (b->a.total_bytes == 0)
		return NULL;
	b->a.ops = &uk_buddy_ops;
	b->a.used_bytes = b->a.peak_bytes = 0;
	b->filled = 0;
	for (unsigned int order = 0; order < NB_KEPT_ORDERS; order++)
		b->nb_kept[order] = 0;
	return &b->a;
}

static int buddy_add(struct uk_alloc *a, void *base, size_t len)
{
	struct buddy *b = UK_CONTAINER_OF(a, struct buddy, a);
	struct range *r = (struct range *)UK_ALIGN_UP((uintptr_t)base, UK_ALLOC_ALIGN);

	if (len < sizeof(*r) + UK_ALLOC_ALIGN)
		return -ENOSPC;
	size_t total = range_init(r, (uintptr_t)base + len);

	if (total == 0)
		return -ENOSPC;
	a->total_bytes += total;
	r->next = b->first.next;
	b->first.next = r;
	return 0;
}

/* Every block of a range is what its tag says, and siblings are not both free. */
static bool range_check(const struct range *r, size_t nb_free[NB_ORDERS], size_t *used)
{
	for (uintptr_t p = r->start; p < r->frontier;) {
		uint8_t tag = *tag_of(r, p);
		unsigned int order = tag & TAG_ORDER;

		if (order >= NB_ORDERS || p & (order_bytes(order) - 1) ||
			r->frontier - p < order_bytes(order))
			return false;
		if ((tag & ~TAG_ORDER) == TAG_FREE) {
			nb_free[order]++;
			if (sibling_free(r, p ^ order_bytes(order), order))
				return false;
		} else if ((tag & ~TAG_ORDER) == TAG_USED) {
			*used += order_bytes(order);
		} else if ((tag & ~TAG_ORDER) != TAG_KEPT) {
			return false;
		}
		p += order_bytes(order);
	}
	return r->frontier <= r->end;
}

bool uk_buddy_check(const struct uk_alloc *a)
{
	const struct buddy *b = UK_CONTAINER_OF(a, const struct buddy, a);
	size_t nb_free[NB_ORDERS] = { 0 }, used = 0;

	for (const struct range *r = &b->first; r; r = r->next) {
		if (!range_check(r, nb_free, &used))
			return false;
	}
	for (unsigned int order = 0; order < NB_ORDERS; order++) {
		const struct node *n = b->filled >> order & 1 ? b->list[order] : NULL;

		for (; n; n = n->next) {
			if (nb_free[order]-- == 0 || (n->next && n->next->prev != n))
				return false;
		}
		if (nb_free[order] != 0)
			return false;
	}
	return used == a->used_bytes && used <= a->total_bytes;
}

const struct uk_alloc_ops uk_buddy_ops = {
	.name = "buddy",
	.init = buddy_init,
	.add = buddy_add,
	.alloc = buddy_alloc,
	.free = buddy_free,
	.usable = buddy_usable,
	.resize = buddy_resize,
};
