/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include "nf-apps/element/classify/rule.h"

static uint32_t rule_new(struct nf_rules *r, unsigned op)
{
	if (r->nb == r->room) {
		uint32_t room = r->room ? 2 * r->room : 64;
		struct nf_rule_node *v = realloc(r->v, room * sizeof(*v));

		if (v == NULL) {
			r->failed = true;
			return 0;
		}
		r->v = v;
		r->room = room;
	}
	r->v[r->nb] = (struct nf_rule_node){
		.op = (uint8_t)op, .first = NF_RULE_NONE, .last = NF_RULE_NONE, .next = NF_RULE_NONE
	};
	return r->nb++;
}

uint32_t nf_rule_true(struct nf_rules *r)
{
	return rule_new(r, NF_RULE_TRUE);
}

uint32_t nf_rule_false(struct nf_rules *r)
{
	return nf_rule_not(r, nf_rule_true(r));
}

static uint32_t rule_test(
	struct nf_rules *r, unsigned op, unsigned base, unsigned off, uint32_t mask, uint32_t value)
{
	uint32_t id;

	if (mask == 0) /* always 0 */
		return op == NF_RULE_EQ ? nf_rule_true(r) : nf_rule_false(r);
	id = rule_new(r, op);
	if (r->failed)
		return 0;
	r->v[id].base = (uint8_t)base;
	r->v[id].off = (uint16_t)off;
	r->v[id].need = (uint16_t)(off + 4 - (unsigned)__builtin_ctz(mask) / 8);
	r->v[id].mask = mask;
	r->v[id].value = value;
	return id;
}

uint32_t nf_rule_eq(struct nf_rules *r, unsigned base, unsigned off, uint32_t mask, uint32_t value)
{
	return rule_test(r, NF_RULE_EQ, base, off, mask, value & mask);
}

uint32_t nf_rule_gt(struct nf_rules *r, unsigned base, unsigned off, uint32_t mask, uint32_t value)
{
	uint32_t stray = value & ~mask;

	/* The largest number of mask's bits that is not above value. */
	if (stray != 0) {
		uint32_t below = (1u << (31 - __builtin_clz(stray))) - 1;

		value = (value & mask & ~below) | (mask & below);
	}
	if (value >= mask)
		return nf_rule_false(r);
	return rule_test(r, NF_RULE_GT, base, off, mask, value);
}

uint32_t nf_rule_group(struct nf_rules *r, unsigned op)
{
	return rule_new(r, op);
}

void nf_rule_add(struct nf_rules *r, uint32_t group, uint32_t child)
{
	struct nf_rule_node *g;

	if (r->failed)
		return;
	g = &r->v[group];
	if (g->first == NF_RULE_NONE)
		g->first = child;
	else
		r->v[g->last].next = child;
	g->last = child;
}

uint32_t nf_rule_not(struct nf_rules *r, uint32_t child)
{
	uint32_t id = rule_new(r, NF_RULE_NOT);

	nf_rule_add(r, id, child);
	return id;
}

static void rule_flip_short(struct nf_rules *r, uint32_t id)
{
	struct nf_rule_node *n = &r->v[id];

	if (n->op == NF_RULE_EQ || n->op == NF_RULE_GT)
		n->short_yes = !n->short_yes;
	for (uint32_t c = n->first; c != NF_RULE_NONE; c = r->v[c].next)
		rule_flip_short(r, c);
}

uint32_t nf_rule_opposite(struct nf_rules *r, uint32_t child)
{
	if (!r->failed)
		rule_flip_short(r, child);
	return nf_rule_not(r, child);
}

static uint16_t rule_need(struct nf_rules *r, uint32_t id, uint16_t at_least)
{
	struct nf_rule_node *n = &r->v[id];

	if (n->need != 0 && n->need < at_least)
		n->need = at_least;
	at_least = n->need > at_least ? n->need : at_least;
	for (uint32_t c = n->first; c != NF_RULE_NONE; c = r->v[c].next)
		at_least = rule_need(r, c, at_least);
	return at_least;
}

void nf_rule_unite(struct nf_rules *r, uint32_t id)
{
	if (!r->failed)
		(void)rule_need(r, id, rule_need(r, id, 0));
}

void nf_rule_free(struct nf_rules *r)
{
	free(r->v);
	*r = (struct nf_rules){ 0 };
}

static bool rule_eval_test(const struct nf_rule_node *n, const struct nf_rule_view *v)
{
	uint32_t have = v->len[n->base], word = 0;

	if (have < n->need)
		return n->short_yes;
	for (unsigned i = 0; i < 4; i++)
		word = word << 8 | (n->off + i < have ? v->at[n->base][n->off + i] : 0);
	word &= n->mask;
	return n->op == NF_RULE_EQ ? word == n->value : word > n->value;
}

bool nf_rule_eval(const struct nf_rules *r, uint32_t root, const struct nf_rule_view *v)
{
	const struct nf_rule_node *n = &r->v[root];
	uint32_t c = n->first;

	switch (n->op) {
	case NF_RULE_TRUE:
		return true;
	case NF_RULE_EQ:
	case NF_RULE_GT:
		return rule_eval_test(n, v);
	case NF_RULE_NOT:
		return !nf_rule_eval(r, c, v);
	case NF_RULE_COND:
		if (!nf_rule_eval(r, c, v))
			c = r->v[c].next;
		return nf_rule_eval(r, r->v[c].next, v);
	default:
		for (; c != NF_RULE_NONE; c = r->v[c].next) {
			if (nf_rule_eval(r, c, v) == (n->op == NF_RULE_OR))
				return n->op == NF_RULE_OR;
		}
		return n->op == NF_RULE_AND;
	}
}
