/* SPDX-License-Identifier: BSD-3-Clause */
/* What one test says of one lane: ranges of its numbers. For lane_boxes.c. */
#ifndef SLUICE_NF_APPS_ELEMENT_CLASSIFY_LANE_RANGE_H
#define SLUICE_NF_APPS_ELEMENT_CLASSIFY_LANE_RANGE_H

#include "nf-apps/element/classify/lane.h"

#define NF_LANE_RANGES 4 /* that one test may ask for */

struct nf_lane_range {
	uint16_t lo, hi;
};

/* Rising; and what is between them. */
struct nf_lane_range_list {
	struct nf_lane_range v[NF_LANE_RANGES + 1];
	unsigned nb;
};

/*
 * The numbers under `all` (the lane's mask) for which (number & mask) == value, or > value. False: too
 * many ranges.
 */
bool nf_lane_range_values(
	struct nf_lane_range_list *r, unsigned all, unsigned mask, unsigned value, bool greater);
/* All other numbers. */
void nf_lane_range_others(struct nf_lane_range_list *r);

/* A half word of a test: its lane, and the values that pass. */
struct nf_lane_range_half {
	int lane; /* -1: the test does not look there */
	bool ok;  /* what passes is as `yes` says */
	struct nf_lane_range_list yes;
};

/* Of the half word at `off`, of which the test looks at `mask`. */
void nf_lane_range_half(struct nf_lane_range_half *h, const struct nf_lane_set *s,
	const struct nf_rule_node *n, unsigned off, uint32_t mask, uint32_t value);

#endif
