/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/classify/prog.h"

static struct nf_prog_step *prog_new(struct nf_prog *p)
{
	static struct nf_prog_step dummy;

	if (p->nb == p->room) {
		uint32_t room = p->room ? 2 * p->room : 16;
		struct nf_prog_step *v = realloc(p->v, room * sizeof(*v));

		if (v == NULL) {
			p->failed = true;
			return &dummy;
		}
		p->v = v;
		p->room = room;
	}
	return &p->v[p->nb++];
}

void nf_prog_free(struct nf_prog *p)
{
	free(p->v);
	*p = (struct nf_prog){ 0 };
}

/* A step of a test: of all of it, or, for "greater", of some of its bits. */
static void prog_step(struct nf_prog *p, const struct nf_rule_node *n, uint32_t mask,
	uint32_t value, int32_t yes, int32_t no, bool short_yes)
{
	*prog_new(p) = (struct nf_prog_step){ .base = n->base,
		.off = n->off,
		.need = n->need,
		.mask = __builtin_bswap32(mask),
		.value = __builtin_bswap32(value),
		.to = { no, yes },
		.short_to = short_yes };
}

/* The bits of mask above the highest one where `of` has what `bit` says. */
static uint32_t prog_run(uint32_t mask, uint32_t of, bool bit)
{
	uint32_t ends = mask & (bit ? of : ~of);

	if (ends == 0)
		return mask;
	return mask & ~((2u << (31 - __builtin_clz(ends))) - 1);
}

/*
 * "(word & mask) > value" as tests for equality, from the highest bits on. Where value begins with
 * zeros, a word with any of these bits is greater, else the rest decides. Where the next number
 * begins with ones, a word without one of these is not greater, else the rest decides. With p
 * NULL: only counts them.
 */
static uint32_t prog_greater(
	struct nf_prog *p, const struct nf_rule_node *n, int32_t yes, int32_t no)
{
	uint32_t mask = n->mask, value = n->value, nb = 0;

	while (value < mask) {
		uint32_t next = ((value | ~mask) + 1) & mask;
		bool ones = prog_run(mask, value, true) == 0;
		uint32_t run = prog_run(mask, ones ? next : value, !ones), rest = mask & ~run;
		bool more = (value & rest) < rest;
		int32_t on = more && p != NULL ? (int32_t)p->nb + 1 : ones ? yes : no;

		if (p != NULL && ones)
			prog_step(p, n, run, run, on, no, n->short_yes);
		else if (p != NULL)
			prog_step(p, n, run, 0, on, yes, !n->short_yes);
		nb++;
		mask = rest;
		value &= rest;
	}
	return nb;
}

/* How many steps the tree gives. */
static uint32_t prog_size(const struct nf_rules *r, uint32_t id)
{
	const struct nf_rule_node *n = &r->v[id];
	uint32_t nb = 0;

	if (n->op == NF_RULE_GT)
		return prog_greater(NULL, n, 0, 0);
	for (uint32_t c = n->first; c != NF_RULE_NONE; c = r->v[c].next)
		nb += prog_size(r, c);
	return nb > 0 ? nb : 1;
}

static void prog_tree(
	struct nf_prog *p, const struct nf_rules *r, uint32_t id, int32_t yes, int32_t no);

static void prog_group(struct nf_prog *p, const struct nf_rules *r, const struct nf_rule_node *n,
	int32_t yes, int32_t no)
{
	for (uint32_t c = n->first; c != NF_RULE_NONE; c = r->v[c].next) {
		int32_t next = (int32_t)(p->nb + prog_size(r, c));

		if (r->v[c].next == NF_RULE_NONE)
			prog_tree(p, r, c, yes, no);
		else if (n->op == NF_RULE_AND)
			prog_tree(p, r, c, next, no);
		else
			prog_tree(p, r, c, yes, next);
	}
}

static void prog_tree(
	struct nf_prog *p, const struct nf_rules *r, uint32_t id, int32_t yes, int32_t no)
{
	const struct nf_rule_node *n = &r->v[id];
	uint32_t c = n->first, then;

	switch (n->op) {
	case NF_RULE_EQ:
		prog_step(p, n, n->mask, n->value, yes, no, n->short_yes);
		break;
	case NF_RULE_GT:
		prog_greater(p, n, yes, no);
		break;
	case NF_RULE_NOT:
		prog_tree(p, r, c, no, yes);
		break;
	case NF_RULE_COND:
		then = r->v[c].next;
		prog_tree(p, r, c, (int32_t)(p->nb + prog_size(r, c)),
			(int32_t)(p->nb + prog_size(r, c) + prog_size(r, then)));
		prog_tree(p, r, then, yes, no);
		prog_tree(p, r, r->v[then].next, yes, no);
		break;
	default:
		if (c != NF_RULE_NONE)
			prog_group(p, r, n, yes, no);
		else
			*prog_new(p) = (struct nf_prog_step){
				.to = { no, n->op == NF_RULE_OR ? no : yes }
			};
	}
}

int32_t nf_prog_rule(
	struct nf_prog *p, const struct nf_rules *r, uint32_t root, int32_t yes, int32_t no)
{
	int32_t start = (int32_t)p->nb;

	prog_tree(p, r, root, yes, no);
	return start;
}

static void prog_safe(struct nf_prog *p)
{
	memset(p->safe, 0, sizeof(p->safe));
	for (uint32_t i = 0; i < p->nb; i++) {
		const struct nf_prog_step *s = &p->v[i];
		uint32_t end = s->off + 4u > s->need ? s->off + 4u : s->need;

		if (s->need != 0 && end > p->safe[s->base])
			p->safe[s->base] = end;
	}
}

static void prog_optimise(struct nf_prog *p)
{
	nf_prog_opt_sort(p);
	nf_prog_opt_forward(p);
	nf_prog_opt_merge(p);
	nf_prog_opt_clean(p);
}

static int32_t prog_shift(int32_t t, uint32_t by)
{
	return t >= 0 ? t + (int32_t)by : t;
}

/* What `a` gives up goes on in `b`. `b` is used up. */
static void prog_join(struct nf_prog *a, struct nf_prog *b)
{
	int32_t then = prog_shift(b->start, a->nb);
	uint32_t nb = a->nb;

	for (uint32_t i = 0; i < b->nb && !a->failed; i++) {
		struct nf_prog_step s = b->v[i];

		s.to[0] = prog_shift(s.to[0], nb);
		s.to[1] = prog_shift(s.to[1], nb);
		*prog_new(a) = s;
	}
	for (uint32_t i = 0; i < nb; i++) {
		for (unsigned k = 0; k < 2; k++) {
			if (a->v[i].to[k] == NF_PROG_OUT(NF_PROG_FAIL))
				a->v[i].to[k] = then;
		}
	}
	if (a->start == NF_PROG_OUT(NF_PROG_FAIL))
		a->start = then;
	a->failed |= b->failed;
	nf_prog_free(b);
}

/* Halves of the list first, so that each is short before they meet. */
static void prog_list(struct nf_prog *p, const struct nf_rules *r, const uint32_t roots[],
	const int32_t outs[], uint32_t nb, int32_t no)
{
	struct nf_prog behind = { 0 };
	uint32_t half = 1;

	if (nb == 1) {
		p->start = nf_prog_rule(p, r, roots[0], NF_PROG_OUT(outs[0]), no);
		return;
	}
	while (half * 2 < nb)
		half *= 2;
	prog_list(p, r, roots, outs, half, NF_PROG_OUT(NF_PROG_FAIL));
	prog_list(&behind, r, roots + half, outs + half, nb - half, no);
	prog_join(p, &behind);
	if (!p->failed)
		prog_optimise(p);
}

int nf_prog_make(struct nf_prog *p, const struct nf_rules *r, const uint32_t roots[],
	const int32_t outs[], uint32_t nb)
{
	*p = (struct nf_prog){ .start = NF_PROG_OUT(NF_PROG_DROP) };
	if (nb == 0)
		return 0;
	prog_list(p, r, roots, outs, nb, NF_PROG_OUT(NF_PROG_DROP));
	if (!p->failed) {
		if (nb == 1)
			prog_optimise(p);
		nf_prog_opt_sort(p);
		nf_prog_opt_layout(p);
	}
	if (p->failed) {
		nf_prog_free(p);
		return -ENOMEM;
	}
	prog_safe(p);
	return 0;
}

int32_t nf_prog_run_short(const struct nf_prog *p, int32_t start, const struct nf_rule_view *v)
{
	int32_t t = start;

	while (t >= 0) {
		const struct nf_prog_step *s = &p->v[t];
		uint32_t have = v->len[s->base], word = 0;

		if (have < s->need) {
			t = s->to[s->short_to];
			continue;
		}
		if (have > s->off)
			memcpy(&word, v->at[s->base] + s->off,
				have - s->off < 4 ? have - s->off : 4);
		t = s->to[(word & s->mask) == s->value];
	}
	return NF_PROG_NB(t);
}
