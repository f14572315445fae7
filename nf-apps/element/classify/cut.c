/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/classify/cut_build.h"

#define CUT_LEAF  3  /* lists up to so many boxes are compared with, not cut */
#define CUT_SMALL 64 /* cuts of up to so many boxes go on to leaves of one box */

struct cut_build {
	struct nf_cut *c;
	const struct nf_lane_box *box;
	bool *deferred; /* of each box: it goes to the next tree */
	uint32_t nb_deferred;
	bool *used;
	const int16_t *to; /* of each rule: where keys go; NULL: rules are to be told apart */
	uint32_t *empty;   /* of each rule: the leaf without boxes, + 1; 0: there is none yet */
	uint32_t *scratch;
	uint32_t leaf; /* lists up to so many boxes are not cut */
	bool last, failed;
};

/* Room for nb more nodes. Returns the first, UINT32_MAX: out of memory. */
static uint32_t cut_nodes(struct cut_build *b, uint32_t nb)
{
	struct nf_cut *c = b->c;
	uint32_t first = c->nb_nodes, room = c->room_nodes ? c->room_nodes : 64;
	uint64_t *v;

	while (room < first + nb)
		room += room / 2;
	if (room > c->room_nodes) {
		v = realloc(c->node, room * sizeof(*v));
		if (v == NULL) {
			b->failed = true;
			return UINT32_MAX;
		}
		c->node = v;
		c->room_nodes = room;
	}
	c->nb_nodes += nb;
	return first;
}

/* The same for cache lines of leaves. */
static uint8_t *cut_lines(struct cut_build *b, uint32_t nb)
{
	struct nf_cut *c = b->c;
	uint32_t first = c->nb_leaf, room = c->room_leaf ? c->room_leaf : 64;
	uint8_t *v;

	while (room < first + nb)
		room += room / 2;
	if (room > c->room_leaf) {
		v = aligned_alloc(UK_CACHE_LINE, (size_t)room * UK_CACHE_LINE);
		if (v == NULL) {
			b->failed = true;
			return NULL;
		}
		if (c->leaf != NULL)
			memcpy(v, c->leaf, (size_t)first * UK_CACHE_LINE);
		free(c->leaf);
		c->leaf = v;
		c->room_leaf = room;
	}
	c->nb_leaf += nb;
	return c->leaf + (size_t)first * UK_CACHE_LINE;
}

size_t nf_cut_bytes(const struct nf_cut *c)
{
	return (size_t)c->nb_nodes * sizeof(*c->node) + (size_t)c->nb_leaf * UK_CACHE_LINE;
}

void nf_cut_free(struct nf_cut *c)
{
	free(c->node);
	free(c->leaf);
	*c = (struct nf_cut){ 0 };
}

/* A leaf for keys of one rule, whatever they are. Many nodes share it. */
static uint64_t cut_empty(struct cut_build *b, uint32_t rule)
{
	static const uint16_t lo[NF_LANES] = { 1 }, hi[NF_LANES];
	uint32_t rules[2] = { rule, rule };
	uint8_t *to;

	if (b->empty[rule] == 0) {
		to = cut_lines(b, 1);
		if (to == NULL)
			return NF_CUT_LEAF;
		memcpy(to, lo, 16);
		memcpy(to + 16, hi, 16);
		memcpy(to + 32, rules, sizeof(rules));
		b->empty[rule] = b->c->nb_leaf;
	}
	return NF_CUT_LEAF | 1ull << 32 | (b->empty[rule] - 1);
}

static uint64_t cut_leaf(struct cut_build *b, const uint32_t list[], uint32_t nb, uint32_t rule)
{
	uint32_t size = nb * 40, first = b->c->nb_leaf, *rules;
	uint8_t *to;

	b->used[rule] = true;
	if (nb == 0)
		return cut_empty(b, rule);
	to = cut_lines(b, (size + UK_CACHE_LINE - 1) / UK_CACHE_LINE);
	if (to == NULL)
		return NF_CUT_LEAF;
	rules = (uint32_t *)(void *)(to + 32 * nb);
	for (uint32_t i = 0; i < nb; i++) {
		const struct nf_lane_box *x = &b->box[list[i]];

		b->used[x->rule] = true;
		memcpy(to + 32 * i, x->lo, 16);
		memcpy(to + 32 * i + 16, x->hi, 16);
		rules[2 * i] = x->rule | (x->exact ? 0 : NF_CUT_INEXACT);
		rules[2 * i + 1] = i + 1 < nb ? b->c->nb_rules : rule;
	}
	return NF_CUT_LEAF | (uint64_t)nb << 32 | first;
}

/* The part of a region under number `part`. */
static struct nf_cut_build_region cut_part(const struct nf_cut_build_region *r,
	const struct nf_cut_build_way *w, uint32_t part, bool known)
{
	struct nf_cut_build_region x = *r;
	uint16_t window = (uint16_t)(((1u << w->bits) - 1) << w->shift);
	uint16_t least, most;

	x.used[w->lane] |= window;
	least = (uint16_t)(x.value[w->lane] | part << w->shift);
	most = least | (uint16_t) ~(x.known[w->lane] | window);
	x.lo[w->lane] = least > r->lo[w->lane] ? least : r->lo[w->lane];
	x.hi[w->lane] = most < r->hi[w->lane] ? most : r->hi[w->lane];
	if (known) {
		x.known[w->lane] |= window;
		x.value[w->lane] = least;
	}
	return x;
}

/* The lists of all parts of a cut. */
struct cut_parts {
	uint32_t nb;
	uint32_t *start; /* nb + 1: where in v the list of each part begins */
	uint32_t *v;
	uint32_t *like; /* the first part with the same list */
	uint32_t *last; /* of a first part: the last one with its list */
};

static void cut_parts_free(struct cut_parts *p)
{
	free(p->start);
	free(p->v);
}

/* Calls itself on both: counts the boxes of each part, or puts them there. */
static void cut_deal(struct cut_build *b, struct cut_parts *p, const struct nf_cut_build_list *l,
	const struct nf_cut_build_region *r, const struct nf_cut_build_way *w, bool count)
{
	for (uint32_t i = 0; i < l->nb; i++) {
		const struct nf_lane_box *x = &l->box[l->v[i]];
		struct nf_cut_build_span s = nf_cut_build_span(x, w);

		if (w->defer && nf_cut_build_is_wide(s, w)) {
			b->nb_deferred += !b->deferred[l->v[i]];
			b->deferred[l->v[i]] = true;
			continue;
		}
		for (uint32_t k = 0; k < s.nb; k++) {
			uint32_t part = (s.first + k) & (p->nb - 1);
			struct nf_cut_build_region in = cut_part(r, w, part, true);

			if (!nf_cut_build_meets(x, &in, w->lane))
				continue;
			if (count)
				p->start[part + 1]++;
			else
				p->v[p->start[part]++] = l->v[i];
		}
	}
}

static bool cut_parts_make(struct cut_build *b, struct cut_parts *p,
	const struct nf_cut_build_list *l, const struct nf_cut_build_region *r,
	const struct nf_cut_build_way *w)
{
	p->nb = 1u << w->bits;
	p->start = calloc(3 * (size_t)p->nb + 1, sizeof(*p->start));
	p->v = NULL;
	if (p->start == NULL)
		return false;
	p->like = p->start + p->nb + 1;
	p->last = p->like + p->nb;
	cut_deal(b, p, l, r, w, true);
	for (uint32_t i = 0; i < p->nb; i++)
		p->start[i + 1] += p->start[i];
	p->v = malloc((p->start[p->nb] + 1) * sizeof(*p->v));
	if (p->v == NULL)
		return false;
	cut_deal(b, p, l, r, w, false);
	memmove(p->start + 1, p->start, p->nb * sizeof(*p->start));
	p->start[0] = 0;
	return true;
}

static uint32_t cut_hash(const uint32_t v[], uint32_t nb)
{
	uint64_t h = nb;

	for (uint32_t i = 0; i < nb; i++)
		h = (h ^ v[i]) * 0x9e3779b97f4a7c15ull;
	return (uint32_t)(h >> 32);
}

/* Finds parts with the same list: they are to be one node. */
static bool cut_parts_match(struct cut_parts *p)
{
	uint32_t room = 2 * p->nb, *table = malloc(room * sizeof(*table));

	if (table == NULL)
		return false;
	memset(table, 0xff, room * sizeof(*table));
	for (uint32_t i = 0; i < p->nb; i++) {
		const uint32_t *v = p->v + p->start[i];
		uint32_t nb = p->start[i + 1] - p->start[i];
		uint32_t at = cut_hash(v, nb) & (room - 1), k;

		for (; (k = table[at]) != UINT32_MAX; at = (at + 1) & (room - 1)) {
			if (p->start[k + 1] - p->start[k] == nb &&
				memcmp(p->v + p->start[k], v, nb * sizeof(*v)) == 0)
				break;
		}
		if (k == UINT32_MAX)
			k = table[at] = i;
		p->like[i] = k;
		p->last[k] = i;
	}
	free(table);
	return true;
}

static uint64_t cut_node(struct cut_build *b, uint32_t list[], uint32_t nb, uint32_t under,
	const struct nf_cut_build_region *r);

/* The region of part i and of those that are like it. */
static struct nf_cut_build_region cut_parts_region(const struct cut_parts *p, uint32_t i,
	const struct nf_cut_build_region *r, const struct nf_cut_build_way *w)
{
	bool alone = p->last[i] == i;
	struct nf_cut_build_region x = cut_part(r, w, i, alone);

	if (!alone)
		x.hi[w->lane] = cut_part(r, w, p->last[i], false).hi[w->lane];
	return x;
}

static uint64_t cut_parts_build(struct cut_build *b, struct cut_parts *p, uint32_t under,
	const struct nf_cut_build_region *r, const struct nf_cut_build_way *w)
{
	uint32_t first = cut_nodes(b, p->nb);

	for (uint32_t i = 0; i < p->nb && !b->failed; i++) {
		uint64_t node;

		if (p->like[i] != i) {
			b->c->node[first + i] = b->c->node[first + p->like[i]];
			continue;
		}
		if (p->start[i + 1] == p->start[i]) {
			node = cut_leaf(b, NULL, 0, under);
		} else {
			struct nf_cut_build_region x = cut_parts_region(p, i, r, w);

			node = cut_node(
				b, p->v + p->start[i], p->start[i + 1] - p->start[i], under, &x);
		}
		b->c->node[first + i] = node; /* may have moved */
	}
	return first | (uint64_t)(p->nb - 1) << 32 | (uint64_t)w->shift << 48 |
	       (uint64_t)w->lane << 52;
}

/* The node of a list of boxes; `under` is the rule for keys that are in none. */
static uint64_t cut_node(struct cut_build *b, uint32_t list[], uint32_t nb, uint32_t under,
	const struct nf_cut_build_region *r)
{
	struct nf_cut_build_list l = { b->box, list, 0 };
	struct nf_cut_build_way w;
	struct cut_parts p = { 0 };
	uint32_t rule = nf_cut_build_clean(b->box, list, &nb, r, b->c->nb_rules);
	uint64_t node;

	under = rule != b->c->nb_rules ? rule : under;
	while (b->to != NULL && nb > 0 && b->to[b->box[list[nb - 1]].rule] == b->to[under])
		nb--; /* whether a key is in it or not, it goes the same way */
	l.nb = nb;
	if (nb <= b->leaf || b->failed || nf_cut_bytes(b->c) + (uint64_t)nb * 256 > NF_CUT_BYTES ||
		!nf_cut_build_choose(&l, r,
			b->last              ? 0
			: b->nb_deferred > 0 ? 2
					     : 1,
			b->scratch, &w))
		return cut_leaf(b, list, nb, under);
	if (cut_parts_make(b, &p, &l, r, &w) && cut_parts_match(&p)) {
		node = cut_parts_build(b, &p, under, r, &w);
	} else {
		b->failed = true;
		node = NF_CUT_LEAF;
	}
	cut_parts_free(&p);
	return node;
}

/* A root that is a leaf gets an inner node above it, so that all roots are inner nodes. */
static uint64_t cut_root(struct cut_build *b, uint64_t root)
{
	uint32_t first;

	if ((root & NF_CUT_LEAF) == 0)
		return root;
	first = cut_nodes(b, 1);
	if (!b->failed)
		b->c->node[first] = root;
	return first;
}

/* One tree after the other; each leaves boxes for the next. */
static void cut_trees(struct cut_build *b, uint32_t list[], uint32_t nb)
{
	struct nf_cut_build_region all = { 0 };
	uint32_t nb_all = nb;

	memset(all.hi, 0xff, sizeof(all.hi));
	while (nb > 0 && !b->failed) {
		memset(b->deferred, 0, nb_all * sizeof(*b->deferred));
		b->nb_deferred = 0;
		b->last = b->c->nb_trees + 1 == NF_CUT_TREES;
		b->c->root[b->c->nb_trees] =
			cut_root(b, cut_node(b, list, nb, b->c->nb_rules, &all));
		b->c->nb_trees++;
		nb = 0;
		for (uint32_t i = 0; i < nb_all; i++) {
			if (b->deferred[i])
				list[nb++] = i;
		}
	}
}

static bool cut_is_flat(const struct nf_cut *c)
{
	uint64_t root = c->root[0];

	if (c->nb_trees != 1 || c->inexact)
		return false;
	for (uint32_t i = 0; i <= (root >> 32 & 0xffff); i++) {
		if ((c->node[(uint32_t)root + i] & NF_CUT_LEAF) == 0)
			return false;
	}
	return true;
}

static void cut_fill(struct cut_build *b, uint32_t list[], const struct nf_lane_boxes *boxes)
{
	for (uint32_t i = 0; i < boxes->nb; i++) {
		list[i] = i;
		b->c->inexact |= !boxes->v[i].exact;
	}
	b->leaf = boxes->nb <= CUT_SMALL ? 1 : CUT_LEAF;
	cut_trees(b, list, boxes->nb);
	b->c->is_flat = !b->failed && cut_is_flat(b->c);
}

static int cut_make(struct nf_cut *c, const struct nf_lane_boxes *boxes,
	const struct nf_cut_what *what, const int16_t *to)
{
	struct cut_build b = { .c = c, .box = boxes->v, .used = what->used, .to = to };
	uint32_t *list = malloc((boxes->nb + 1) * sizeof(*list));

	*c = (struct nf_cut){ .nb_rules = what->nb_rules };
	b.deferred = malloc(boxes->nb + 1);
	b.scratch = malloc(65537 * sizeof(*b.scratch));
	b.empty = calloc(what->nb_rules + 1, sizeof(*b.empty));
	if (list != NULL && b.deferred != NULL && b.scratch != NULL && b.empty != NULL)
		cut_fill(&b, list, boxes);
	else
		b.failed = true;
	free(list);
	free(b.deferred);
	free(b.scratch);
	free(b.empty);
	if (!b.failed)
		return 0;
	nf_cut_free(c);
	return -ENOMEM;
}

int nf_cut_make(struct nf_cut *c, const struct nf_lane_boxes *boxes, const struct nf_cut_what *what)
{
	struct nf_cut again;
	int rc;

	if (boxes->nb > NF_CUT_BOXES_MAX)
		return -E2BIG;
	rc = cut_make(c, boxes, what, NULL);
	/* If there is but one tree, it need not tell rules apart that say the same. */
	if (rc != 0 || c->nb_trees != 1 || cut_make(&again, boxes, what, what->to) != 0)
		return rc;
	if (again.nb_trees == 1) {
		nf_cut_free(c);
		*c = again;
	} else {
		nf_cut_free(&again);
	}
	return 0;
}
