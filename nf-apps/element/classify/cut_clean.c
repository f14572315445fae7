/* SPDX-License-Identifier: BSD-3-Clause */
/* Which boxes the keys of a region can find. */
#include "nf-apps/element/classify/cut_build.h"

#define CLEAN_LARGE 32 /* boxes that later ones are compared with, to see if they can be found */

/* Whether `a` has all keys of the region that are in `b`. b NULL: all keys of the region. */
static bool clean_covers(const struct nf_lane_box *a, const struct nf_lane_box *b,
	const struct nf_cut_build_region *r)
{
	for (unsigned i = 0; i < NF_LANES; i++) {
		uint16_t lo = r->lo[i], hi = r->hi[i];

		if (b != NULL) {
			lo = b->lo[i] > lo ? b->lo[i] : lo;
			hi = b->hi[i] < hi ? b->hi[i] : hi;
		}
		if (a->lo[i] > lo || a->hi[i] < hi)
			return false;
	}
	return a->exact;
}

/* The least number >= lo with these bits known; above 65535: there is none. */
static uint32_t clean_next(uint32_t lo, uint32_t known, uint32_t value)
{
	uint32_t wrong = (lo ^ value) & known, bit, up;

	if (wrong == 0)
		return lo;
	bit = 1u << (31 - __builtin_clz(wrong));
	if ((value & bit) != 0) /* raised there: everything below is free to be least */
		return (lo & ~(2 * bit - 1)) | (value & (2 * bit - 1) & known);
	up = ~lo & ~known & ~(2 * bit - 1) & 0xffff; /* the next higher bit that may be raised */
	if (up == 0)
		return 0x10000;
	up &= -up;
	return (lo & ~(2 * up - 1)) | up | (value & known & (up - 1));
}

bool nf_cut_build_meets(
	const struct nf_lane_box *b, const struct nf_cut_build_region *r, unsigned lane)
{
	return clean_next(b->lo[lane] > r->lo[lane] ? b->lo[lane] : r->lo[lane], r->known[lane],
		       r->value[lane]) <= (b->hi[lane] < r->hi[lane] ? b->hi[lane] : r->hi[lane]);
}

/* How large a box is within the region, as the sum of the lengths of the lanes' numbers of bits. */
static unsigned clean_size(const struct nf_lane_box *x, const struct nf_cut_build_region *r)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < NF_LANES; i++) {
		unsigned lo = x->lo[i] > r->lo[i] ? x->lo[i] : r->lo[i];
		unsigned hi = x->hi[i] < r->hi[i] ? x->hi[i] : r->hi[i];

		bits += hi > lo ? 32u - (unsigned)__builtin_clz(hi - lo) : 0;
	}
	return bits;
}

/* The largest boxes so far: those that are most likely to have others inside. */
struct clean_large {
	uint32_t box[CLEAN_LARGE];
	unsigned size[CLEAN_LARGE], nb;
};

static void clean_large_add(struct clean_large *l, uint32_t box, unsigned size)
{
	unsigned least = 0;

	if (l->nb < CLEAN_LARGE) {
		least = l->nb++;
	} else {
		for (unsigned i = 1; i < CLEAN_LARGE; i++)
			least = l->size[i] < l->size[least] ? i : least;
		if (l->size[least] >= size)
			return;
	}
	l->box[least] = box;
	l->size[least] = size;
}

uint32_t nf_cut_build_clean(const struct nf_lane_box box[], uint32_t list[], uint32_t *nb,
	const struct nf_cut_build_region *r, uint32_t none)
{
	struct clean_large large;
	uint32_t n = 0;

	large.nb = 0;
	for (uint32_t i = 0; i < *nb; i++) {
		const struct nf_lane_box *x = &box[list[i]];
		bool hidden = false;

		if (clean_covers(x, NULL, r)) {
			*nb = n;
			return x->rule;
		}
		for (unsigned k = 0; k < large.nb && !hidden; k++)
			hidden = clean_covers(&box[large.box[k]], x, r);
		if (hidden)
			continue;
		if (x->exact)
			clean_large_add(&large, list[i], clean_size(x, r));
		list[n++] = list[i];
	}
	*nb = n;
	return none;
}
