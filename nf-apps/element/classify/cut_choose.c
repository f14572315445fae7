/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which bits to cut by. For each lane and number of bits, the place is guessed from how each
 * single bit divides the boxes; what the cut would do is then counted. The measure is how many boxes a
 * key meets that hits a random box of the list.
 */
#include <string.h>
#include "nf-apps/element/classify/cut_build.h"

#define CHOOSE_BITS_MAX 14
#define CHOOSE_KEEP     4   /* wide boxes that are worth less than one more tree */
#define CHOOSE_WHOLE    24  /* lists up to so many boxes are not taken apart for another tree */
#define CHOOSE_SMALL    64  /* copies of so few boxes matter less */
#define CHOOSE_FEW      8   /* lists up to so many boxes are cut if that halves them */
#define CHOOSE_FREE     128 /* copies of boxes that cost nothing */
#define CHOOSE_ONE      256 /* one box, in the measure */

struct nf_cut_build_span nf_cut_build_span(
	const struct nf_lane_box *b, const struct nf_cut_build_way *w)
{
	uint32_t lo = b->lo[w->lane] >> w->shift, hi = b->hi[w->lane] >> w->shift;
	uint32_t parts = 1u << w->bits;

	if (hi - lo >= parts)
		return (struct nf_cut_build_span){ 0, parts };
	return (struct nf_cut_build_span){ lo & (parts - 1), hi - lo + 1 };
}

/* Of 65,536: how much of the list is left, by this measure, after a cut by one bit. */
static uint32_t choose_bit(const struct nf_cut_build_list *l, unsigned lane, unsigned bit)
{
	uint64_t n[2] = { 0, 0 };

	for (uint32_t i = 0; i < l->nb; i++) {
		const struct nf_lane_box *b = &l->box[l->v[i]];
		unsigned lo = b->lo[lane] >> bit, hi = b->hi[lane] >> bit;

		n[0] += lo != hi || (lo & 1) == 0;
		n[1] += lo != hi || (lo & 1) == 1;
	}
	return (uint32_t)((n[0] * n[0] + n[1] * n[1]) * 65536 / ((n[0] + n[1]) * l->nb));
}

/* The best place for `bits` bits of a lane, by the guess that bits are independent. -1: none. */
static int choose_shift(const uint32_t left[16], uint16_t used, unsigned bits)
{
	uint64_t best = 0;
	int at = -1;

	for (unsigned s = 0; s + bits <= 16; s++) {
		uint64_t all = 65536;

		if ((used >> s & ((1u << bits) - 1)) != 0)
			continue;
		for (unsigned i = 0; i < bits; i++)
			all = all * left[s + i] >> 16;
		if (at < 0 || all < best) {
			best = all;
			at = (int)s;
		}
	}
	return at;
}

/* What a cut would do. */
struct choose_result {
	uint32_t nb_wide, nb_filled; /* parts with boxes that are not wide */
	uint64_t sum, squares;       /* over the parts, of the boxes in each that are not wide */
};

static void choose_count(const struct nf_cut_build_list *l, const struct nf_cut_build_way *w,
	uint32_t count[], struct choose_result *res)
{
	uint32_t parts = 1u << w->bits, now = 0;

	*res = (struct choose_result){ 0 };
	memset(count, 0, (parts + 1) * sizeof(*count));
	for (uint32_t i = 0; i < l->nb; i++) {
		struct nf_cut_build_span s = nf_cut_build_span(&l->box[l->v[i]], w);

		if (nf_cut_build_is_wide(s, w)) {
			res->nb_wide++;
			continue;
		}
		count[s.first]++;
		if (s.first + s.nb <= parts) {
			count[s.first + s.nb]--;
		} else {
			count[0]++;
			count[s.first + s.nb - parts]--;
		}
	}
	for (uint32_t i = 0; i < parts; i++) {
		now += count[i];
		res->nb_filled += now > 0;
		res->sum += now;
		res->squares += (uint64_t)now * now;
	}
}

/* How many copies of boxes a list may become. */
static uint64_t choose_limit(uint64_t nb, uint64_t parts)
{
	if (nb <= CHOOSE_SMALL)
		return nb * (nb < 4 ? 4 : nb < 16 ? nb : 16);
	return 4 * (nb + parts);
}

/* The measure of a cut, UINT64_MAX: it makes too many copies of boxes. Parts that have only wide
 * boxes have the same ones, and become one node. */
static uint64_t choose_measure(const struct nf_cut_build_list *l, struct nf_cut_build_way *w,
	unsigned may_defer, uint32_t scratch[])
{
	uint64_t parts = 1ull << w->bits, sum, squares, wide, copies, measure;
	uint32_t keep = may_defer == 2 ? 0 : CHOOSE_KEEP;
	struct choose_result res;

	choose_count(l, w, scratch, &res);
	w->defer = may_defer > 0 && l->nb > CHOOSE_WHOLE && res.nb_wide > keep;
	wide = w->defer ? 0 : res.nb_wide;
	sum = res.sum + wide * parts;
	squares = res.squares + 2 * wide * res.sum + wide * wide * parts;
	copies = res.sum + wide * (res.nb_filled + 1);
	if (copies > choose_limit(l->nb, parts) || sum == 0)
		return UINT64_MAX;
	measure = squares * CHOOSE_ONE / sum + w->bits * CHOOSE_ONE / 32;
	measure = measure * (copies + CHOOSE_FREE) / (l->nb + CHOOSE_FREE);
	if (w->defer)
		measure += (may_defer == 2 ? 1 : 6) * CHOOSE_ONE +
			   (uint64_t)res.nb_wide * CHOOSE_ONE / 8;
	return measure;
}

static bool choose_of_lane(const struct nf_cut_build_list *l, const struct nf_cut_build_region *r,
	unsigned lane, unsigned may_defer, uint32_t scratch[], uint64_t *least,
	struct nf_cut_build_way *best)
{
	unsigned max = 1;
	uint32_t left[16];
	bool found = false;

	while (max < CHOOSE_BITS_MAX && (1u << (max - 1)) < l->nb)
		max++;
	for (unsigned bit = 0; bit < 16; bit++)
		left[bit] = r->used[lane] >> bit & 1 ? 65536 : choose_bit(l, lane, bit);
	for (unsigned bits = 1; bits <= max; bits++) {
		int shift = choose_shift(left, r->used[lane], bits);
		struct nf_cut_build_way w = { (uint8_t)lane, (uint8_t)shift, (uint8_t)bits, false };
		uint64_t measure;

		if (shift < 0)
			break;
		measure = choose_measure(l, &w, may_defer, scratch);
		if (measure < *least) {
			*least = measure;
			*best = w;
			found = true;
		}
	}
	return found;
}

bool nf_cut_build_choose(const struct nf_cut_build_list *l, const struct nf_cut_build_region *r,
	unsigned may_defer, uint32_t scratch[], struct nf_cut_build_way *best)
{
	/* a step costs about as much as one or two comparisons */
	uint64_t least =
		(uint64_t)l->nb * CHOOSE_ONE * (l->nb > CHOOSE_FEW ? 3 : 2) / 4 + CHOOSE_ONE / 4;
	bool found = false;

	for (unsigned lane = 0; lane < NF_LANES; lane++)
		found |= choose_of_lane(l, r, lane, may_defer, scratch, &least, best);
	return found;
}
