/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/classify/lane_range.h"

bool nf_lane_range_values(
	struct nf_lane_range_list *r, unsigned all, unsigned mask, unsigned value, bool greater)
{
	unsigned below = mask != 0 ? all & ((mask & -mask) - 1) : all;
	unsigned gaps = all & ~mask & ~below, sub = 0;

	r->nb = 0;
	if (greater) {
		r->v[r->nb++] = (struct nf_lane_range){ (uint16_t)((value | below) + 1), 0xffff };
		return gaps == 0;
	}
	if (mask == 0)
		below = 0xffff;
	do {
		if (r->nb == NF_LANE_RANGES)
			return false;
		r->v[r->nb++] = (struct nf_lane_range){ (uint16_t)(value | sub),
			(uint16_t)(value | sub | below) };
		sub = (sub - gaps) & gaps; /* the next subset of the gaps' bits */
	} while (sub != 0);
	return true;
}

void nf_lane_range_others(struct nf_lane_range_list *r)
{
	struct nf_lane_range_list was = *r;
	unsigned next = 0;

	r->nb = 0;
	for (unsigned i = 0; i < was.nb; i++) {
		if (was.v[i].lo > next)
			r->v[r->nb++] = (struct nf_lane_range){ (uint16_t)next,
				(uint16_t)(was.v[i].lo - 1) };
		next = was.v[i].hi + 1u;
	}
	if (next <= 0xffff)
		r->v[r->nb++] = (struct nf_lane_range){ (uint16_t)next, 0xffff };
}

void nf_lane_range_half(struct nf_lane_range_half *h, const struct nf_lane_set *s,
	const struct nf_rule_node *n, unsigned off, uint32_t mask, uint32_t value)
{
	uint32_t proto = n->base == NF_RULE_NET && n->off == 8 && off == 8 ? 0xff : 0;

	*h = (struct nf_lane_range_half){ .lane = -1, .ok = true };
	if (mask == 0)
		return;
	if ((mask & proto) != 0 && (mask & ~proto) == 0) {
		h->lane = NF_LANE_PROTO;
		h->ok = nf_lane_range_values(&h->yes, 0xff, mask, value, n->op == NF_RULE_GT);
		return;
	}
	h->lane = nf_lane_find(s, n->base, off);
	h->ok = h->lane >= 0 && (mask & proto) == 0 &&
		nf_lane_range_values(&h->yes,
			s->mask.v[h->lane == NF_LANE_EXTRA ? NF_LANE_LAST : h->lane], mask, value,
			n->op == NF_RULE_GT);
}
