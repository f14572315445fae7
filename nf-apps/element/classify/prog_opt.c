/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making programs shorter, the parts that look at neighbouring steps only. All edges go forward, and
 * stay so. Each pass keeps what the program says of every packet, short ones too.
 */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/classify/prog.h"

/* Larger programs are not sorted: that takes quadratic time. */
#define PROG_SORT_MAX 4096
/* A search among so many values of one word goes by halves in Click, which sorts them for it. */
#define PROG_RUN_SORTED 7

/* What comes first among tests that all have to hold: the protocol before the fragment's offset, which
 * lies in front of it, everything else as it lies in the packet. */
static uint32_t prog_place(const struct nf_prog_step *s)
{
	uint32_t off = s->base == NF_RULE_NET && s->off == 8 ? 3 : s->off;

	return (uint32_t)s->base << 16 | off;
}

static int prog_compare(const struct nf_prog_step *a, const struct nf_prog_step *b)
{
	uint32_t pa = prog_place(a), pb = prog_place(b);

	if (pa != pb)
		return pa < pb ? -1 : 1;
	if (a->mask != b->mask)
		return __builtin_bswap32(a->mask) < __builtin_bswap32(b->mask) ? -1 : 1;
	if (a->value != b->value)
		return __builtin_bswap32(a->value) < __builtin_bswap32(b->value) ? -1 : 1;
	return 0;
}

/* The one step that leads to each; 0: none, several, or step 0, which stays where it is. */
static uint32_t *prog_only_from(const struct nf_prog *p)
{
	uint32_t *from = malloc(p->nb * sizeof(*from));

	if (from == NULL)
		return NULL;
	memset(from, 0xff, p->nb * sizeof(*from));
	for (uint32_t i = 0; i < p->nb; i++) {
		for (unsigned k = 0; k < 2; k++) {
			int32_t t = p->v[i].to[k];

			if (t >= 0)
				from[t] = from[t] == UINT32_MAX ? i : 0;
		}
	}
	return from;
}

/* Swaps step i with one that follows it in an "and" or an "or". */
static bool prog_swap(struct nf_prog *p, const uint32_t from[], uint32_t i)
{
	struct nf_prog_step *a = &p->v[i], *b, was = *a;

	for (unsigned k = 0; k < 2; k++) {
		if (a->to[k] < 0)
			continue;
		b = &p->v[a->to[k]];
		if (from[a->to[k]] != i || i == 0 || a->to[!k] != b->to[!k] ||
			prog_compare(a, b) <= 0)
			continue;
		*a = *b;
		*b = was;
		b->to[k] = a->to[k];
		a->to[k] = was.to[k];
		return true;
	}
	return false;
}

void nf_prog_opt_sort(struct nf_prog *p)
{
	uint32_t *from;

	if (p->nb == 0 || p->nb > PROG_SORT_MAX)
		return;
	from = prog_only_from(p);
	if (from == NULL) {
		p->failed = true;
		return;
	}
	for (uint32_t i = 0; i < p->nb;) {
		if (!prog_swap(p, from, i))
			i++;
		else if (from[i] != 0 && from[i] != UINT32_MAX)
			i = from[i];
	}
	free(from);
}

static bool prog_one_bit(const struct nf_prog_step *s)
{
	return s->mask != 0 && (s->mask & (s->mask - 1)) == 0;
}

/* Asks for the opposite value of its one bit. */
static void prog_flip(struct nf_prog_step *s)
{
	int32_t no = s->to[0];

	s->value ^= s->mask;
	s->to[0] = s->to[1];
	s->to[1] = no;
	s->short_to = !s->short_to;
}

static bool prog_same_word(const struct nf_prog_step *a, const struct nf_prog_step *b)
{
	return a->base == b->base && a->off == b->off && a->mask != 0 && b->mask != 0;
}

static bool prog_agree(const struct nf_prog_step *a, const struct nf_prog_step *b)
{
	return ((a->value ^ b->value) & a->mask & b->mask) == 0;
}

/*
 * "a and then b" on one word as one step, where both lead to the same place if they fail. Packets
 * that are short for one of them only have to fail whatever the other says.
 */
static bool prog_merge_and(struct nf_prog_step *a, const struct nf_prog_step *b)
{
	bool both = a->need == b->need;

	if (!prog_same_word(a, b) || !prog_agree(a, b) || a->to[0] != b->to[0])
		return false;
	if (!both && (a->short_to == 1 || (b->short_to == 1 && b->need > a->need)))
		return false;
	a->short_to = a->short_to == 1 ? b->short_to : 0;
	a->need = a->need > b->need ? a->need : b->need;
	a->value |= b->value;
	a->mask |= b->mask;
	a->to[1] = b->to[1];
	return true;
}

/* "a or else b", values that differ in one bit: as one step without that bit. */
static bool prog_merge_or(struct nf_prog_step *a, const struct nf_prog_step *b)
{
	uint32_t bit = a->value ^ b->value;

	if (!prog_same_word(a, b) || a->mask != b->mask || a->to[1] != b->to[1] ||
		a->need != b->need || bit == 0 || (bit & (bit - 1)) != 0 || a->mask == bit)
		return false;
	a->short_to = a->short_to == 1 ? 1 : b->short_to;
	a->value &= ~bit;
	a->mask &= ~bit;
	a->to[0] = b->to[0];
	return true;
}

/* True: step i took in another one, and may take in more. */
static bool prog_merge_one(struct nf_prog *p, uint32_t i)
{
	struct nf_prog_step *a = &p->v[i], *b;

	if (a->to[0] >= 0) {
		b = &p->v[a->to[0]];
		if (prog_one_bit(a) && prog_same_word(a, b) && prog_agree(a, b))
			prog_flip(a);
		else if (prog_merge_or(a, b))
			return true;
	}
	if (a->to[1] < 0)
		return false;
	b = &p->v[a->to[1]];
	if (a->to[0] == b->to[1] && prog_one_bit(b))
		prog_flip(b);
	return prog_merge_and(a, b);
}

void nf_prog_opt_merge(struct nf_prog *p)
{
	for (uint32_t i = p->nb; i-- > 0;) {
		while (prog_merge_one(p, i))
			;
	}
}

/* Where an edge to `t` really leads: past steps that do not choose. */
static int32_t prog_past(const int32_t really[], int32_t t)
{
	return t >= 0 ? really[t] : t;
}

void nf_prog_opt_clean(struct nf_prog *p)
{
	int32_t *at = calloc(p->nb + 1, sizeof(*at));
	uint32_t nb = 0;

	if (at == NULL) {
		p->failed = true;
		return;
	}
	for (uint32_t i = p->nb; i-- > 0;) {
		struct nf_prog_step *s = &p->v[i];

		s->to[0] = prog_past(at, s->to[0]);
		s->to[1] = prog_past(at, s->to[1]);
		at[i] = s->mask != 0 && s->to[0] != s->to[1] ? (int32_t)i : s->to[1];
	}
	p->start = prog_past(at, p->start);
	for (uint32_t i = 0; i < p->nb; i++)
		at[i] = p->start == (int32_t)i ? 0 : -1;
	for (uint32_t i = 0; i < p->nb; i++) {
		struct nf_prog_step *s = &p->v[i];

		for (unsigned k = 0; k < 2 && at[i] >= 0; k++) {
			if (s->to[k] >= 0)
				at[s->to[k]] = 0;
		}
		if (at[i] >= 0)
			at[i] = (int32_t)nb++;
	}
	for (uint32_t i = 0; i < p->nb; i++) {
		if (at[i] < 0)
			continue;
		p->v[at[i]] = p->v[i];
		for (unsigned k = 0; k < 2; k++)
			p->v[at[i]].to[k] = prog_past(at, p->v[i].to[k]);
	}
	p->start = prog_past(at, p->start);
	p->nb = nb;
	free(at);
}

/* True: `b` only tries another value of the word that `a` looked at. */
static bool prog_in_run(const struct nf_prog_step *a, const struct nf_prog_step *b)
{
	return a->to[1] == b->to[1] && a->base == b->base && a->off == b->off &&
	       a->mask == b->mask && a->need == b->need && a->short_to == b->short_to;
}

/* Steps of the run that begins at i, in `run`. */
static uint32_t prog_find_run(
	const struct nf_prog *p, const uint32_t nb_from[], uint32_t i, uint32_t run[])
{
	uint32_t nb = 0;

	for (;;) {
		int32_t t = p->v[i].to[0];

		run[nb++] = i;
		if (t < 0 || nb_from[t] != 1 || !prog_in_run(&p->v[run[0]], &p->v[t]))
			return nb;
		i = (uint32_t)t;
	}
}

static int prog_by_value(const void *a, const void *b)
{
	const struct nf_prog_step *sa = a, *sb = b;

	return sa->value < sb->value ? -1 : sa->value > sb->value;
}

static void prog_sort_run(struct nf_prog_step v[], uint32_t nb)
{
	for (uint32_t i = 0; i + 1 < nb; i++)
		v[i].to[0] = v[nb - 1].to[0]; /* put right below; all alike while they move */
	if (nb >= PROG_RUN_SORTED)
		qsort(v, nb, sizeof(*v), prog_by_value);
}

/* Copies steps run after run to `to`; at[i] is where step i, or the run it is in, begins. */
static uint32_t prog_lay(const struct nf_prog *p, const uint32_t nb_from[], uint32_t at[],
	uint32_t run[], struct nf_prog_step to[], uint32_t ends[])
{
	uint32_t nb = 0;

	for (uint32_t i = 0; i < p->nb; i++) {
		uint32_t n;

		if (at[i] != UINT32_MAX)
			continue;
		n = prog_find_run(p, nb_from, i, run);
		for (uint32_t k = 0; k < n; k++) {
			to[nb + k] = p->v[run[k]];
			at[run[k]] = nb;
			ends[nb + k] = nb + n;
		}
		prog_sort_run(to + nb, n);
		nb += n;
	}
	return nb;
}

void nf_prog_opt_layout(struct nf_prog *p)
{
	uint32_t *mem = calloc(4u * p->nb + 4, sizeof(*mem)), nb;
	uint32_t *nb_from = mem, *at = mem + p->nb, *run = at + p->nb, *ends = run + p->nb;
	struct nf_prog_step *to = malloc((p->nb + 1) * sizeof(*to));

	if (mem == NULL || to == NULL) {
		free(mem);
		free(to);
		p->failed = true;
		return;
	}
	memset(at, 0xff, p->nb * sizeof(*at));
	for (uint32_t i = 0; i < p->nb; i++) {
		for (unsigned k = 0; k < 2; k++) {
			if (p->v[i].to[k] >= 0)
				nb_from[p->v[i].to[k]]++;
		}
	}
	nb = prog_lay(p, nb_from, at, run, to, ends);
	for (uint32_t i = 0; i < nb; i++) {
		if (to[i].to[1] >= 0)
			to[i].to[1] = (int32_t)at[to[i].to[1]];
		if (i + 1 < ends[i])
			to[i].to[0] = (int32_t)i + 1;
		else if (to[i].to[0] >= 0)
			to[i].to[0] = (int32_t)at[to[i].to[0]];
	}
	if (p->start >= 0)
		p->start = (int32_t)at[p->start];
	free(p->v);
	p->v = to;
	p->room = p->nb + 1;
	free(mem);
}
