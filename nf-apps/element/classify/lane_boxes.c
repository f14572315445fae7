/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules as boxes. Trees are walked with "not" pushed down to the tests, so that what is left is
 * intersections and unions. Lists that grow too long are replaced by fewer, larger boxes.
 */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/element/classify/lane_range.h"

#define BOXES_STEPS 4000 /* looks at nodes of a rule's tree; then it is taken as it is */

struct boxes_walk {
	const struct nf_lane_set *set;
	const struct nf_rules *rules;
	uint32_t rule;
	unsigned nb_steps;
};

static struct nf_lane_box boxes_all(const struct boxes_walk *w, bool exact)
{
	struct nf_lane_box b = { .rule = w->rule, .exact = exact };

	memset(b.hi, 0xff, sizeof(b.hi));
	return b;
}

static void boxes_push(struct nf_lane_boxes *l, const struct nf_lane_box *b)
{
	if (l->nb == l->room) {
		uint32_t room = l->room ? 2 * l->room : 4;
		struct nf_lane_box *v = realloc(l->v, room * sizeof(*v));

		if (v == NULL) {
			l->failed = true;
			return;
		}
		l->v = v;
		l->room = room;
	}
	l->v[l->nb++] = *b;
}

void nf_lane_boxes_free(struct nf_lane_boxes *b)
{
	free(b->v);
	*b = (struct nf_lane_boxes){ 0 };
}

static void boxes_narrow(struct nf_lane_box *b, unsigned lane, unsigned lo, unsigned hi)
{
	b->lo[lane] = (uint16_t)(lo > b->lo[lane] ? lo : b->lo[lane]);
	b->hi[lane] = (uint16_t)(hi < b->hi[lane] ? hi : b->hi[lane]);
}

/* False: they have nothing in common. */
static bool boxes_meet(
	struct nf_lane_box *out, const struct nf_lane_box *a, const struct nf_lane_box *b)
{
	*out = *a;
	out->exact = a->exact && b->exact;
	for (unsigned i = 0; i < NF_LANES_BOX; i++) {
		boxes_narrow(out, i, b->lo[i], b->hi[i]);
		if (out->lo[i] > out->hi[i])
			return false;
	}
	return true;
}

/* Adds `b` once for each of the ranges. */
static void boxes_spread(struct nf_lane_boxes *out, const struct nf_lane_box *b, int lane,
	const struct nf_lane_range_list *r)
{
	for (unsigned i = 0; i < r->nb; i++) {
		struct nf_lane_box x = *b;

		boxes_narrow(&x, (unsigned)lane, r->v[i].lo, r->v[i].hi);
		if (x.lo[lane] <= x.hi[lane])
			boxes_push(out, &x);
	}
}

/* What is left of `b` where the test says `want`, of packets that are long enough. */
static void boxes_values_of(const struct boxes_walk *w, const struct nf_rule_node *n, bool want,
	struct nf_lane_box b, struct nf_lane_boxes *out)
{
	struct nf_lane_boxes high = { 0 };
	struct nf_lane_range_half h[2];

	nf_lane_range_half(&h[0], w->set, n, n->off, n->mask >> 16, n->value >> 16);
	nf_lane_range_half(&h[1], w->set, n, n->off + 2u, n->mask & 0xffff, n->value & 0xffff);
	if ((n->op == NF_RULE_GT && n->mask > 0xffff && (n->mask & 0xffff) != 0) ||
		(!want && (!h[0].ok || !h[1].ok))) {
		b.exact = false;
		boxes_push(out, &b);
		return;
	}
	b.exact &= h[0].ok && h[1].ok;
	if (h[0].lane >= 0 && h[0].ok)
		boxes_spread(&high, &b, h[0].lane, &h[0].yes);
	else
		boxes_push(&high, &b);
	if (!want && h[0].lane >= 0) {
		nf_lane_range_others(&h[0].yes);
		boxes_spread(out, &b, h[0].lane, &h[0].yes);
	}
	if (!want && h[1].lane >= 0)
		nf_lane_range_others(&h[1].yes);
	for (uint32_t i = 0; i < high.nb; i++) {
		if (h[1].lane >= 0 && h[1].ok)
			boxes_spread(out, &high.v[i], h[1].lane, &h[1].yes);
		else if (want)
			boxes_push(out, &high.v[i]);
	}
	out->failed |= high.failed;
	nf_lane_boxes_free(&high);
}

static void boxes_state(
	struct nf_lane_boxes *out, struct nf_lane_box b, unsigned lo, unsigned hi, bool exact)
{
	boxes_narrow(&b, NF_LANE_STATE, lo, hi);
	b.exact &= exact;
	boxes_push(out, &b);
}

/* "not a fragment", "not a later fragment" */
static bool boxes_fragment(const struct boxes_walk *w, const struct nf_rule_node *n, bool want,
	struct nf_lane_boxes *out)
{
	const struct nf_lane_set *s = w->set;
	unsigned last =
		n->mask == NF_IP_OFFSET ? nf_lane_first(s, 0) : nf_lane_whole(s, s->nb_needs);

	if (n->base != NF_RULE_NET || n->off != 4 || n->op != NF_RULE_EQ || n->value != 0 ||
		(n->mask != NF_IP_OFFSET && n->mask != (NF_IP_OFFSET | NF_IP_MF)))
		return false;
	if (want)
		boxes_state(out, boxes_all(w, true), 0, last, true);
	else
		boxes_state(out, boxes_all(w, true), last + 1, nf_lane_later(s), true);
	return true;
}

/* Tests behind the IP header, whose outcome depends on how long the packet is. Of later fragments,
 * keys do not tell; rules leave these out before they look there. */
static void boxes_behind(const struct boxes_walk *w, const struct nf_rule_node *n, bool want,
	struct nf_lane_boxes *out)
{
	const struct nf_lane_set *s = w->set;
	unsigned reached = nf_lane_need(s, n->need);
	unsigned last = s->is_data ? nf_lane_whole(s, s->nb_needs) : nf_lane_first(s, reached);
	struct nf_lane_box b = boxes_all(w, true);

	if (reached == 0) {
		b.exact = false;
		boxes_push(out, &b);
		return;
	}
	boxes_narrow(&b, NF_LANE_STATE, nf_lane_whole(s, reached), last);
	boxes_values_of(w, n, want, b, out);
	b = boxes_all(w, true);
	if (n->short_yes == want) {
		boxes_state(out, b, 0, nf_lane_whole(s, reached) - 1, true);
		if (!s->is_data)
			boxes_state(
				out, b, nf_lane_first(s, reached) + 1, nf_lane_first(s, 0), true);
	}
	if (!s->is_data)
		boxes_state(out, b, nf_lane_later(s), nf_lane_later(s), false);
}

static void boxes_test(const struct boxes_walk *w, const struct nf_rule_node *n, bool want,
	struct nf_lane_boxes *out)
{
	struct nf_lane_box b;

	if (n->base == NF_RULE_TRANSP || n->base == NF_RULE_DATA) {
		boxes_behind(w, n, want, out);
	} else if (!boxes_fragment(w, n, want, out)) {
		b = boxes_all(w, n->need <= w->set->least[n->base]);
		if (b.exact)
			boxes_values_of(w, n, want, b, out);
		else
			boxes_push(out, &b);
	}
}

/* All pairs of a box of `a` and one of `b`, in place of `a`. Too many: `a` stays, as it is too large. */
static void boxes_and(struct nf_lane_boxes *a, const struct nf_lane_boxes *b)
{
	struct nf_lane_boxes out = { 0 };
	struct nf_lane_box x;

	for (uint32_t i = 0; i < a->nb && out.nb <= NF_LANE_BOXES_MAX; i++) {
		for (uint32_t k = 0; k < b->nb; k++) {
			if (boxes_meet(&x, &a->v[i], &b->v[k]))
				boxes_push(&out, &x);
		}
	}
	out.failed |= a->failed | b->failed;
	if (out.nb > NF_LANE_BOXES_MAX && a->nb <= NF_LANE_BOXES_MAX) {
		for (uint32_t i = 0; i < a->nb; i++)
			a->v[i].exact = false;
		a->failed |= out.failed;
		nf_lane_boxes_free(&out);
		return;
	}
	nf_lane_boxes_free(a);
	*a = out;
}

static void boxes_or(
	const struct boxes_walk *w, struct nf_lane_boxes *a, const struct nf_lane_boxes *b)
{
	struct nf_lane_box all = boxes_all(w, false);

	for (uint32_t i = 0; i < b->nb; i++)
		boxes_push(a, &b->v[i]);
	a->failed |= b->failed;
	if (a->nb > NF_LANE_BOXES_MAX) {
		a->nb = 0;
		boxes_push(a, &all);
	}
}

static void boxes_of(struct boxes_walk *w, uint32_t id, bool want, struct nf_lane_boxes *out);

/* Every child says `want`. */
static void boxes_every(
	struct boxes_walk *w, const struct nf_rule_node *n, bool want, struct nf_lane_boxes *out)
{
	struct nf_lane_box all = boxes_all(w, true);

	boxes_push(out, &all);
	for (uint32_t c = n->first; c != NF_RULE_NONE; c = w->rules->v[c].next) {
		struct nf_lane_boxes b = { 0 };

		boxes_of(w, c, want, &b);
		boxes_and(out, &b);
		nf_lane_boxes_free(&b);
	}
}

/* Some child says `want`: the first one, or not the first but the second, ... */
static void boxes_some(
	struct boxes_walk *w, const struct nf_rule_node *n, bool want, struct nf_lane_boxes *out)
{
	struct nf_lane_box all = boxes_all(w, true);
	struct nf_lane_boxes before = { 0 };

	boxes_push(&before, &all);
	for (uint32_t c = n->first; c != NF_RULE_NONE; c = w->rules->v[c].next) {
		struct nf_lane_boxes b = { 0 };

		boxes_of(w, c, want, &b);
		boxes_and(&b, &before);
		boxes_or(w, out, &b);
		nf_lane_boxes_free(&b);
		if (want) /* boxes may overlap: there is no need to leave out what others have */
			continue;
		boxes_of(w, c, !want, &b);
		boxes_and(&before, &b);
		nf_lane_boxes_free(&b);
	}
	out->failed |= before.failed;
	nf_lane_boxes_free(&before);
}

/* First and second, or not first but third. */
static void boxes_cond(
	struct boxes_walk *w, const struct nf_rule_node *n, bool want, struct nf_lane_boxes *out)
{
	uint32_t c = n->first;

	for (unsigned i = 0; i < 2; i++) {
		struct nf_lane_boxes a = { 0 }, b = { 0 };

		boxes_of(w, n->first, i == 0, &a);
		c = w->rules->v[c].next;
		boxes_of(w, c, want, &b);
		boxes_and(&a, &b);
		boxes_or(w, out, &a);
		nf_lane_boxes_free(&a);
		nf_lane_boxes_free(&b);
	}
}

/* Where tree `id` says `want`: added to `out`, which is empty. */
static void boxes_of(struct boxes_walk *w, uint32_t id, bool want, struct nf_lane_boxes *out)
{
	const struct nf_rule_node *n = &w->rules->v[id];
	struct nf_lane_box all = boxes_all(w, w->nb_steps < BOXES_STEPS);

	if (w->nb_steps++ >= BOXES_STEPS) {
		boxes_push(out, &all);
		return;
	}
	switch (n->op) {
	case NF_RULE_TRUE:
		if (want)
			boxes_push(out, &all);
		break;
	case NF_RULE_EQ:
	case NF_RULE_GT:
		boxes_test(w, n, want, out);
		break;
	case NF_RULE_NOT:
		boxes_of(w, n->first, !want, out);
		break;
	case NF_RULE_COND:
		boxes_cond(w, n, want, out);
		break;
	default:
		if ((n->op == NF_RULE_AND) == want)
			boxes_every(w, n, want, out);
		else
			boxes_some(w, n, want, out);
	}
}

void nf_lane_boxes(struct nf_lane_boxes *b, const struct nf_lane_set *s, const struct nf_rules *r,
	uint32_t root, uint32_t rule)
{
	struct boxes_walk w = { .set = s, .rules = r, .rule = rule };
	struct nf_lane_boxes out = { 0 };

	boxes_of(&w, root, true, &out);
	for (uint32_t i = 0; i < out.nb; i++)
		boxes_push(b, &out.v[i]);
	b->failed |= out.failed;
	nf_lane_boxes_free(&out);
}

void nf_lane_boxes_whole(
	struct nf_lane_boxes *to, const struct nf_lane_boxes *from, const struct nf_lane_set *s)
{
	unsigned state = nf_lane_whole(s, s->nb_needs);

	for (uint32_t i = 0; i < from->nb; i++) {
		struct nf_lane_box b = from->v[i];

		if (state < b.lo[NF_LANE_STATE] || state > b.hi[NF_LANE_STATE])
			continue;
		b.lo[NF_LANE_LAST] = b.lo[NF_LANE_EXTRA];
		b.hi[NF_LANE_LAST] = b.hi[NF_LANE_EXTRA];
		boxes_push(to, &b);
	}
}

void nf_lane_boxes_state(struct nf_lane_boxes *to, const struct nf_lane_boxes *from)
{
	for (uint32_t i = 0; i < from->nb; i++) {
		struct nf_lane_box b = from->v[i];

		b.exact &= b.lo[NF_LANE_EXTRA] == 0 && b.hi[NF_LANE_EXTRA] == 0xffff;
		boxes_push(to, &b);
	}
}
