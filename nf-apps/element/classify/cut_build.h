/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the files that build cuts: cut.c, cut_choose.c, cut_clean.c. */
#ifndef SLUICE_NF_APPS_ELEMENT_CLASSIFY_CUT_BUILD_H
#define SLUICE_NF_APPS_ELEMENT_CLASSIFY_CUT_BUILD_H

#include "nf-apps/element/classify/cut.h"

/* The keys that come to a node: some bits are known, and all numbers lie between these. */
struct nf_cut_build_region {
	uint16_t known[NF_LANES], value[NF_LANES];
	uint16_t lo[NF_LANES], hi[NF_LANES];
	uint16_t used[NF_LANES]; /* bits that were cut by: no use to do it again */
};

/* Boxes, by their numbers. */
struct nf_cut_build_list {
	const struct nf_lane_box *box;
	const uint32_t *v;
	uint32_t nb;
};

struct nf_cut_build_way {
	uint8_t lane, shift, bits;
	bool defer; /* boxes that are in a quarter of the parts or more go to the next tree */
};

/* Parts first..last that a box is in; the last may have a lower number: then it goes round. */
struct nf_cut_build_span {
	uint32_t first, nb;
};

struct nf_cut_build_span nf_cut_build_span(
	const struct nf_lane_box *b, const struct nf_cut_build_way *w);

UK_INLINE bool nf_cut_build_is_wide(struct nf_cut_build_span s, const struct nf_cut_build_way *w)
{
	return w->bits >= 3 && s.nb >= (1u << w->bits) / 4;
}

/* Whether the box has keys in the region, as far as one lane tells. */
bool nf_cut_build_meets(
	const struct nf_lane_box *b, const struct nf_cut_build_region *r, unsigned lane);

/*
 * Leaves out of list[0..*nb) what no key of the region finds: boxes behind one that has the whole region,
 * whose rule is returned (else `none`), and such as are inside a larger one before them.
 */
uint32_t nf_cut_build_clean(const struct nf_lane_box box[], uint32_t list[], uint32_t *nb,
	const struct nf_cut_build_region *r, uint32_t none);

/* How to cut. False: it is of no use. `scratch`: 65,537 numbers. may_defer: 0 no, 1 yes, 2: there is
 * a next tree already. */
bool nf_cut_build_choose(const struct nf_cut_build_list *l, const struct nf_cut_build_region *r,
	unsigned may_defer, uint32_t scratch[], struct nf_cut_build_way *best);

#endif
