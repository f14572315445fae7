/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Links between elements out of wires between nodes: each wire that leaves an element is followed
 * through compound elements and groups to where it arrives, on however many ways.
 */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/config_flat.h"

#define LINKS_RAW_MAX (4 * NF_CONFIG_LINKS_MAX)

struct links {
	struct nf_config_flat *f;
	uint32_t *stack;              /* of wires to follow */
	uint32_t *seen;               /* of each wire: the number of the one that last came along */
	struct nf_config_wire *found; /* between elements */
	uint32_t nb, room;
};

static int links_compare(const void *a, const void *b)
{
	const struct nf_config_wire *v = a, *w = b;

	if (v->from != w->from)
		return v->from < w->from ? -1 : 1;
	if (v->from_port != w->from_port)
		return v->from_port < w->from_port ? -1 : 1;
	if (v->to != w->to)
		return v->to < w->to ? -1 : 1;
	if (v->to_port != w->to_port)
		return v->to_port < w->to_port ? -1 : 1;
	return v->at.line < w->at.line ? -1 : v->at.line > w->at.line;
}

/* The first of the sorted wires that leaves from this port or a later one. */
static uint32_t links_first(const struct nf_config_flat *f, uint32_t from, uint32_t port)
{
	uint32_t low = 0, high = f->nb_wires;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct nf_config_wire *w = &f->wires[mid];

		if (w->from < from || (w->from == from && w->from_port < port))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool links_add(
	struct links *l, const struct nf_config_wire *first, const struct nf_config_wire *last)
{
	struct nf_config_wire *found = l->found;

	if (l->nb == l->room) {
		l->room = l->room > 0 ? 2 * l->room : 64;
		if (l->room > LINKS_RAW_MAX) {
			nf_config_def_limit(l->f->t, first->at, "too many connections");
			return false;
		}
		found = realloc(found, l->room * sizeof(*found));
		if (found == NULL) {
			l->f->t->arena.failed = true;
			return false;
		}
		l->found = found;
	}
	found[l->nb++] = (struct nf_config_wire){ l->f->nodes[first->from].index, first->from_port,
		l->f->nodes[last->to].index, last->to_port, first->at };
	return true;
}

/* Everywhere that wire `first`, which leaves an element, leads to. */
static bool links_follow(struct links *l, uint32_t first)
{
	struct nf_config_flat *f = l->f;
	uint32_t nb = 0;

	l->stack[nb++] = first;
	while (nb > 0) {
		const struct nf_config_wire *w = &f->wires[l->stack[--nb]];
		const struct nf_config_node *to = &f->nodes[w->to];

		if (!nf_config_def_work(f->t, w->at, 1))
			return false;
		if (to->class_name != NULL && !links_add(l, &f->wires[first], w))
			return false;
		if (to->class_name != NULL || to->pass == NF_ARENA_NONE)
			continue;
		for (uint32_t i = links_first(f, to->pass, w->to_port);
			i < f->nb_wires && f->wires[i].from == to->pass &&
			f->wires[i].from_port == w->to_port;
			i++) {
			if (l->seen[i] == first + 1)
				continue;
			l->seen[i] = first + 1;
			l->stack[nb++] = i;
		}
	}
	return true;
}

/* Links are not repeated, however often they are written. */
static void links_unique(struct links *l)
{
	uint32_t nb = 0;

	if (l->nb > 0)
		qsort(l->found, l->nb, sizeof(*l->found), links_compare);
	for (uint32_t i = 0; i < l->nb; i++) {
		const struct nf_config_wire *w = &l->found[i],
					    *last = &l->found[nb > 0 ? nb - 1 : 0];

		if (nb > 0 && w->from == last->from && w->from_port == last->from_port &&
			w->to == last->to && w->to_port == last->to_port)
			continue;
		l->found[nb++] = *w;
	}
	l->nb = nb;
	if (nb > NF_CONFIG_LINKS_MAX)
		nf_config_def_limit(l->f->t, l->found[nb - 1].at, "too many connections");
}

static void links_store(struct links *l, struct nf_config *c, struct nf_arena *arena)
{
	c->links = nf_arena_alloc(arena, (l->nb + 1u) * sizeof(*c->links));
	for (uint32_t i = 0; c->links != NULL && i < l->nb; i++) {
		const struct nf_config_wire *w = &l->found[i];
		char where[NF_LEXER_PLACE_MAX];

		nf_lexer_print_place(w->at, where);
		c->links[i] = (struct nf_config_link){ w->from, w->to, w->from_port, w->to_port,
			nf_arena_copy(arena, where, strlen(where)) };
	}
	c->nb_links = l->nb;
}

void nf_config_links(struct nf_config_flat *f, struct nf_config *c, struct nf_arena *arena)
{
	struct links l = { .f = f };
	bool ok;

	if (f->nb_wires > 0)
		qsort(f->wires, f->nb_wires, sizeof(*f->wires), links_compare);
	/* The first wire is on the stack beside all others. */
	l.stack = calloc(f->nb_wires + 1u, sizeof(*l.stack));
	l.seen = calloc(f->nb_wires + 1u, sizeof(*l.seen));
	ok = l.stack != NULL && l.seen != NULL;
	f->t->arena.failed |= !ok;
	for (uint32_t i = 0; ok && i < f->nb_wires; i++) {
		if (f->nodes[f->wires[i].from].class_name != NULL)
			ok = links_follow(&l, i);
	}
	if (ok)
		links_unique(&l);
	if (!f->t->stop && !f->t->arena.failed)
		links_store(&l, c, arena);
	free(l.stack);
	free(l.seen);
	free(l.found);
}
