/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which of many boxes a key is in first: trees that cut the space of keys by some bits of one lane
 * at a time, into up to 65,536 parts, until few boxes are left to compare with. Boxes that a cut
 * would put into most of the parts go to another tree; there are five at most. The cost for a key
 * is that of some three loads and comparisons per tree, whatever the number of boxes.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_CLASSIFY_CUT_H
#define SLUICE_NF_APPS_ELEMENT_CLASSIFY_CUT_H

#include <emmintrin.h>
#include "nf-apps/element/classify/lane.h"

#define NF_CUT_TREES 5

/*
 * A node is one word. Inner nodes: the first of its children (bits 0 to 31), how many less one (32 to
 * 47), the lowest bit that counts (48 to 51) of which lane (52 to 54). Leaves have bit 63: where
 * they are (0 to 31), in cache lines, and the number of their boxes (32 to 55), at least one.
 *
 * A leaf holds its boxes, 16 bytes low and 16 bytes high each, then for each box its rule and the
 * one for keys that are not in it: nb_rules, as long as there is a next box. Rules rise. A leaf that
 * needs no box has one that is empty.
 */
#define NF_CUT_LEAF      (1ull << 63)
#define NF_CUT_BOXES_MAX ((1u << 24) - 1)
#define NF_CUT_INEXACT   0x80000000u /* of a rule: the box alone does not decide */

struct nf_cut {
	uint64_t *node;
	uint8_t *leaf;
	uint32_t nb_nodes, room_nodes, nb_leaf, room_leaf; /* leaf: cache lines */
	uint64_t root[NF_CUT_TREES];                       /* inner nodes */
	unsigned nb_trees;
	bool inexact;      /* some box is */
	bool is_flat;      /* one tree, whose root has only leaves, and no box is inexact */
	uint32_t nb_rules; /* also the rule of keys that are in no box */
};

/* Memory that a cut may have, bytes; at the limit its leaves get longer. */
#define NF_CUT_BYTES (16u << 20)

/* What a cut is to be made for. */
struct nf_cut_what {
	uint32_t nb_rules;
	bool *used;        /* nb_rules + 1: set for each rule that some key may find */
	const int16_t *to; /* nb_rules + 1: rules with the same number need not be told apart */
};

/* Boxes are in the order of their rules. -ENOMEM, -E2BIG */
int nf_cut_make(struct nf_cut *c, const struct nf_lane_boxes *boxes, const struct nf_cut_what *what)
	UK_MUST_USE;
void nf_cut_free(struct nf_cut *c);
size_t nf_cut_bytes(const struct nf_cut *c);

/* The child of inner node w to which a key goes. */
UK_INLINE uint64_t nf_cut_child(const struct nf_cut *c, uint64_t w, const struct nf_lane_key *key)
{
	uint32_t v = key->v[w >> 52 & 7];

	return c->node[(uint32_t)w + (v >> (w >> 48 & 15) & (w >> 32 & 0xffff))];
}

UK_INLINE const uint8_t *nf_cut_box(const struct nf_cut *c, uint64_t leaf, uint32_t nr)
{
	return c->leaf + (uint64_t)(uint32_t)leaf * UK_CACHE_LINE + nr * 32u;
}

UK_INLINE uint32_t nf_cut_boxes(uint64_t leaf)
{
	return leaf >> 32 & NF_CUT_BOXES_MAX;
}

/* [0]: the rule of box nr, [1]: for keys that are not in it. */
UK_INLINE const uint32_t *nf_cut_rules(const struct nf_cut *c, uint64_t leaf, uint32_t nr)
{
	return (const uint32_t *)(const void *)(nf_cut_box(c, leaf, nf_cut_boxes(leaf)) + nr * 8u);
}

/* 1: the key is in the box, else 0. */
UK_INLINE uint32_t nf_cut_in(const struct nf_lane_key *key, const uint8_t *box)
{
	__m128i k = _mm_load_si128((const __m128i *)(const void *)key);
	__m128i lo = _mm_load_si128((const __m128i *)(const void *)box);
	__m128i hi = _mm_load_si128((const __m128i *)(const void *)(box + 16));
	__m128i out = _mm_or_si128(_mm_subs_epu16(lo, k), _mm_subs_epu16(k, hi));

	return _mm_movemask_epi8(_mm_cmpeq_epi8(out, _mm_setzero_si128())) == 0xffff;
}

/* rules[0] if in, else rules[1], without a branch. */
UK_INLINE uint32_t nf_cut_pick(const uint32_t rules[2], uint32_t in)
{
	return rules[1] ^ ((rules[0] ^ rules[1]) & -in);
}

/* Asks whether a rule is right for key i. */
typedef bool (*nf_cut_confirm)(void *arg, unsigned i, uint32_t rule);

/* rule[i] is the first rule that key i is in, nb_rules: it is in none. n <= UK_BURST_MAX. */
void nf_cut_run(const struct nf_cut *c, const struct nf_lane_key key[], uint32_t rule[], unsigned n,
	nf_cut_confirm confirm, void *arg);

/* The same for one key, which is number 0. */
uint32_t nf_cut_run_one(
	const struct nf_cut *c, const struct nf_lane_key *key, nf_cut_confirm confirm, void *arg);

#endif
