/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edges that skip steps whose outcome is known. What is known at a step is kept as up to four
 * histories, each a list of edges, so that every packet that comes there went over all the edges
 * of one of them (the idea is that of Click's classifiers). If all histories decide what
 * the next step will find, the edge may lead past it. Steps are looked at in order, so what leads
 * to one is settled by then.
 */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/classify/prog.h"

#define FORWARD_WAYS               4
#define FORWARD_STEPS              1024 /* larger programs stay as they are: memory and time are quadratic */
#define FORWARD_EDGE(step, branch) ((uint32_t)(step) << 1 | (branch))

struct forward_way {
	uint32_t first, nb; /* in edges */
};

struct forward {
	struct nf_prog *p;
	uint32_t *same;                   /* of each step: the first that asks the same */
	uint16_t (*known)[NF_RULE_BASES]; /* bytes that packets have that come there */
	uint16_t *
		known_same; /* of a first step: the least at all that ask the same, in their base */
	struct forward_way (*ways)[FORWARD_WAYS];
	uint8_t *nb_ways;
	uint32_t *edges;
	uint32_t nb_edges, room;
};

static bool forward_same(const struct nf_prog_step *a, const struct nf_prog_step *b)
{
	return a->base == b->base && a->off == b->off && a->mask == b->mask &&
	       a->value == b->value && a->need == b->need && a->short_to == b->short_to;
}

/* The bytes that are known to be there at each step: the least over all edges that lead there. */
static void forward_known(struct forward *f)
{
	const struct nf_prog *p = f->p;

	memset(f->known, 0xff, p->nb * sizeof(*f->known));
	if (p->start >= 0)
		memset(f->known[p->start], 0, sizeof(*f->known));
	for (uint32_t i = 0; i < p->nb; i++) {
		const struct nf_prog_step *s = &p->v[i];

		for (unsigned k = 0; k < 2; k++) {
			uint16_t *to;

			if (s->to[k] < 0)
				continue;
			to = f->known[s->to[k]];
			for (unsigned b = 0; b < NF_RULE_BASES; b++) {
				uint16_t n = f->known[i][b];

				if (b == s->base && k != s->short_to && s->need > n)
					n = s->need;
				to[b] = n < to[b] ? n : to[b];
			}
		}
	}
	memset(f->known_same, 0xff, p->nb * sizeof(*f->known_same));
	for (uint32_t i = 0; i < p->nb; i++) {
		uint16_t n = f->known[i][p->v[i].base], *to = &f->known_same[f->same[i]];

		*to = n < *to ? n : *to;
	}
}

/* What step b says of words of which a said `branch`: 0, 1, or -1: that depends. */
static int forward_values(
	const struct nf_prog_step *a, unsigned branch, const struct nf_prog_step *b)
{
	bool agree = ((a->value ^ b->value) & a->mask & b->mask) == 0;

	if (branch == 1) {
		if (!agree)
			return 0;
		return (b->mask & ~a->mask) == 0 ? 1 : -1;
	}
	if ((a->mask & ~b->mask) == 0 && agree)
		return 0;
	return (a->mask & (a->mask - 1)) == 0 && a->mask == b->mask ? 1 : -1;
}

/*
 * What step `to` will say of packets that took this edge: 0, 1, or -1. Two kinds of packets take it:
 * those that have all the bytes that the step at its start needs, and perhaps short ones.
 */
static int forward_edge(const struct forward *f, uint32_t edge, uint32_t to)
{
	const struct nf_prog_step *a = &f->p->v[edge >> 1], *b = &f->p->v[to];
	unsigned branch = edge & 1, known = f->known[to][b->base], from;
	int says;

	if (b->mask == 0)
		return 1;
	if (a->base != b->base || a->off != b->off || a->mask == 0)
		return -1;
	/* Ways that came together went over any step that asks the same. */
	from = f->known_same[f->same[edge >> 1]];
	known = from > known ? from : known;
	says = forward_values(a, branch, b);
	if (b->need > a->need && b->need > known && says != b->short_to)
		return -1;
	if (a->short_to == branch && a->need > known && (b->need < a->need || says != b->short_to))
		return -1;
	return says;
}

static void forward_push(struct forward *f, uint32_t edge)
{
	if (f->nb_edges == f->room) {
		uint32_t room = f->room ? 2 * f->room : 1024;
		uint32_t *v = realloc(f->edges, room * sizeof(*v));

		if (v == NULL) {
			f->p->failed = true;
			return;
		}
		f->edges = v;
		f->room = room;
	}
	f->edges[f->nb_edges++] = edge;
}

/* Whether the way went over an edge from a step that asks the same as `step`: 0, 1, or -1. */
static int forward_went(const struct forward *f, const struct forward_way *w, uint32_t step)
{
	for (uint32_t i = w->nb; i-- > 0;) {
		uint32_t e = f->edges[w->first + i];

		if (f->same[e >> 1] == f->same[step])
			return (int)(e & 1);
	}
	return -1;
}

/* The edges that are in all of v[0..nb), as one way, which takes their place in memory. */
static struct forward_way forward_common(
	struct forward *f, const struct forward_way v[], uint32_t nb)
{
	struct forward_way all = { v[0].first, 0 };

	for (uint32_t i = 0; i < v[0].nb; i++) {
		uint32_t e = f->edges[v[0].first + i], in = 1;

		while (in < nb && forward_went(f, &v[in], e >> 1) == (int)(e & 1))
			in++;
		if (in == nb)
			f->edges[all.first + all.nb++] = e;
	}
	f->nb_edges = all.first + all.nb;
	return all;
}

/* The way to `step` over `edge` after `before`. UINT32_MAX: without a last edge. */
static struct forward_way forward_extend(
	struct forward *f, const struct forward_way *before, uint32_t edge)
{
	struct forward_way w = { f->nb_edges, 0 };

	for (uint32_t i = 0; i < before->nb && !f->p->failed; i++) {
		uint32_t e = f->edges[before->first + i];

		if (edge == UINT32_MAX || f->same[e >> 1] != f->same[edge >> 1])
			forward_push(f, e);
	}
	if (edge != UINT32_MAX)
		forward_push(f, edge);
	w.nb = f->nb_edges - w.first;
	return w;
}

/* Adds the ways that come over the edges of step `from` to those that lead to `step`. */
static uint32_t forward_come(
	struct forward *f, uint32_t from, uint32_t step, struct forward_way v[], uint32_t nb)
{
	const struct nf_prog_step *s = &f->p->v[from];
	bool both = s->to[0] == s->to[1];

	for (unsigned k = 0; k < 2; k++) {
		if (s->to[k] != (int32_t)step || (both && k == 1))
			continue;
		for (unsigned i = 0; i < f->nb_ways[from]; i++) {
			int went = forward_went(f, &f->ways[from][i], from);

			if (!both && went >= 0 && went != (int)k)
				continue; /* nobody takes it */
			v[nb++] = forward_extend(
				f, &f->ways[from][i], both ? UINT32_MAX : FORWARD_EDGE(from, k));
		}
	}
	return nb;
}

/* All histories said already what the step asks: whoever leads to it may pass. */
static bool forward_settled(struct forward *f, uint32_t step)
{
	int says = -1;

	for (unsigned i = 0; i < f->nb_ways[step]; i++) {
		int went = forward_went(f, &f->ways[step][i], step);

		if (went < 0 || (i > 0 && went != says))
			return false;
		says = went;
	}
	if (says < 0)
		return false;
	for (uint32_t i = 0; i < step; i++) {
		for (unsigned k = 0; k < 2; k++) {
			if (f->p->v[i].to[k] == (int32_t)step)
				f->p->v[i].to[k] = f->p->v[step].to[says];
		}
	}
	return true;
}

/* Finds the histories of a step. `v` has room for those over all edges. */
static void forward_ways(struct forward *f, uint32_t step, struct forward_way v[])
{
	struct nf_prog_step *s = &f->p->v[step];
	uint32_t nb = 0;

	if (f->p->start == (int32_t)step)
		v[nb++] = (struct forward_way){ f->nb_edges, 0 };
	for (uint32_t i = 0; i < step; i++)
		nb = forward_come(f, i, step, v, nb);
	if (nb > FORWARD_WAYS) {
		v[0] = forward_common(f, v, nb);
		nb = 1;
	}
	f->nb_ways[step] = (uint8_t)nb;
	memcpy(f->ways[step], v, nb * sizeof(*v));
	if (nb > 0 && forward_settled(f, step))
		nb = f->nb_ways[step] = 0;
	if (nb == 0) /* never reached */
		s->to[0] = s->to[1] = NF_PROG_OUT(NF_PROG_DROP);
}

/* How far a packet that came this way and takes `edge` now passes on without a choice: every target on
 * its way, in seen. */
static uint32_t forward_walk(
	const struct forward *f, const struct forward_way *w, uint32_t edge, int32_t seen[])
{
	int32_t t = f->p->v[edge >> 1].to[edge & 1];
	uint32_t nb = 0;

	for (;;) {
		int says;

		seen[nb++] = t;
		if (t < 0)
			return nb;
		says = forward_edge(f, edge, (uint32_t)t);
		for (uint32_t i = w->nb; i-- > 0 && says < 0;)
			says = forward_edge(f, f->edges[w->first + i], (uint32_t)t);
		if (says < 0)
			return nb;
		t = f->p->v[t].to[says];
	}
}

static bool forward_has(const int32_t v[], uint32_t nb, int32_t t)
{
	while (nb > 0) {
		if (v[--nb] == t)
			return true;
	}
	return false;
}

/* Moves an edge on as far as all histories agree. `seen`: room for two walks. */
static void forward_move(struct forward *f, uint32_t edge, int32_t seen[])
{
	uint32_t step = edge >> 1, nb;
	int32_t *other = seen + f->p->nb + 1;

	nb = forward_walk(f, &f->ways[step][0], edge, seen);
	for (unsigned i = 1; i < f->nb_ways[step]; i++) {
		uint32_t n = forward_walk(f, &f->ways[step][i], edge, other), both = 0;

		for (uint32_t k = 0; k < nb; k++) {
			if (forward_has(other, n, seen[k]))
				seen[both++] = seen[k];
		}
		nb = both; /* not 0: all begin with the edge's target */
	}
	f->p->v[step].to[edge & 1] = seen[nb - 1];
}

static void forward_run(struct forward *f, struct forward_way v[], int32_t seen[])
{
	for (uint32_t i = 0; i < f->p->nb; i++) {
		f->same[i] = i;
		for (uint32_t k = 0; k < i && f->same[i] == i; k++) {
			if (forward_same(&f->p->v[k], &f->p->v[i]))
				f->same[i] = k;
		}
	}
	forward_known(f);
	for (uint32_t i = 0; i < f->p->nb && !f->p->failed; i++) {
		forward_ways(f, i, v);
		if (f->nb_ways[i] > 0) {
			forward_move(f, FORWARD_EDGE(i, 1), seen);
			forward_move(f, FORWARD_EDGE(i, 0), seen);
		}
	}
}

void nf_prog_opt_forward(struct nf_prog *p)
{
	uint32_t nb = p->nb;
	struct forward f = { .p = p };
	struct forward_way *v;
	int32_t *seen;

	if (nb == 0 || nb > FORWARD_STEPS)
		return;
	f.same = malloc(nb * sizeof(*f.same));
	f.known = malloc(nb * sizeof(*f.known));
	f.ways = malloc(nb * sizeof(*f.ways));
	f.known_same = malloc(nb * sizeof(*f.known_same));
	f.nb_ways = calloc(nb, 1);
	v = malloc((2 * nb * FORWARD_WAYS + 1) * sizeof(*v));
	seen = malloc(2 * (nb + 1) * sizeof(*seen));
	if (f.same && f.known && f.known_same && f.ways && f.nb_ways && v && seen)
		forward_run(&f, v, seen);
	else
		p->failed = true;
	free(f.same);
	free(f.known);
	free(f.known_same);
	free(f.ways);
	free(f.nb_ways);
	free(f.edges);
	free(v);
	free(seen);
}
