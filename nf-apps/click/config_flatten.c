/* SPDX-License-Identifier: BSD-3-Clause */
/* Uses of definitions become nodes, level by level and in Click's order. */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/config_flat.h"

#define FLATTEN_NODES_MAX (4 * NF_CONFIG_ELEMENTS_MAX)
#define FLATTEN_WIRES_MAX (4 * NF_CONFIG_LINKS_MAX)

bool nf_config_flatten_bytes(
	struct nf_config_flat *f, const struct nf_config_item *item, size_t bytes)
{
	f->nb_bytes += bytes;
	if (f->nb_bytes > NF_CONFIG_FLAT_MAX)
		nf_config_def_limit(f->t, item->at, "too much text in names and arguments");
	return !f->t->stop;
}

static const char *flatten_name(
	struct nf_config_flat *f, const struct nf_config_env *e, const struct nf_config_item *item)
{
	size_t prefix = strlen(e->prefix), len = strlen(item->name);
	char *name;

	if (prefix == 0)
		return item->name;
	if (!nf_config_flatten_bytes(f, item, prefix + len))
		return NULL;
	name = nf_arena_alloc(&f->t->arena, prefix + len + 1);
	if (name == NULL)
		return NULL;
	memcpy(name, e->prefix, prefix);
	memcpy(name + prefix, item->name, len);
	return name;
}

/* Two elements may come to have one name: "a/b" and the b in a. */
static void flatten_register(struct nf_config_flat *f, uint32_t i)
{
	const struct nf_config_node *n = &f->nodes[i];
	uint32_t other = nf_arena_map_get(&f->names, n->name);

	if (other == NF_ARENA_NONE) {
		nf_arena_map_set(&f->t->arena, &f->names, n->name, i);
		return;
	}
	nf_lexer_error(f->t->errs, n->item->at, "redeclaration of element '%.200s'", n->name);
	nf_lexer_error(f->t->errs, f->nodes[other].item->at,
		"element '%.200s' previously declared here", n->name);
}

/* The node of an item; base is that of the definition's first. */
static bool flatten_node(struct nf_config_flat *f, const struct nf_config_env *e,
	const struct nf_config_item *item, uint32_t base)
{
	uint32_t i = f->nb_nodes;
	struct nf_config_node *nodes, *n;

	if (i == FLATTEN_NODES_MAX) {
		nf_config_def_limit(f->t, item->at, "too many elements");
		return false;
	}
	nodes = nf_arena_grow(&f->t->arena, f->nodes, i, sizeof(*nodes));
	if (nodes == NULL)
		return false;
	f->nodes = nodes;
	n = &nodes[f->nb_nodes++];
	*n = (struct nf_config_node){ .item = item, .pass = NF_ARENA_NONE };
	if (item->kind == NF_CONFIG_GROUP)
		n->pass = i + 1;
	else if (item->kind == NF_CONFIG_OUTPUT && i > base + NF_CONFIG_DEF_OUTPUT)
		n->pass = i - 2; /* of a group; see enum nf_config_kind */
	if (item->kind != NF_CONFIG_ELEMENT)
		return true;
	n->name = flatten_name(f, e, item);
	n->args = nf_config_expand(f, e, item->args, item->at);
	if (n->name == NULL || n->args == NULL)
		return n->name != NULL && !f->t->stop && !f->t->arena.failed;
	n->class_name = item->of_class.def == NULL ? item->of_class.class_name : NULL;
	flatten_register(f, i);
	return nf_config_flatten_bytes(f, item, strlen(n->args));
}

static void flatten_wires(struct nf_config_flat *f, const struct nf_config_def *d, uint32_t base)
{
	for (uint32_t i = 0; i < d->nb_wires; i++) {
		struct nf_config_wire *wires;

		if (f->nb_wires == FLATTEN_WIRES_MAX) {
			nf_config_def_limit(f->t, d->wires[i].at, "too many connections");
			return;
		}
		wires = nf_arena_grow(&f->t->arena, f->wires, f->nb_wires, sizeof(*wires));
		if (wires == NULL)
			return;
		f->wires = wires;
		wires[f->nb_wires] = d->wires[i];
		wires[f->nb_wires].from += base;
		wires[f->nb_wires++].to += base;
	}
}

static void flatten_use(struct nf_config_flat *f, const struct nf_config_env *e);

/* The variables that a definition sees: those of the definition around it, where it was used. */
static const struct nf_config_env *flatten_around(
	const struct nf_config_env *e, const struct nf_config_def *d)
{
	while (e != NULL && e->def != d->parent)
		e = e->parent;
	return e;
}

static const char *flatten_prefix(struct nf_config_flat *f, const struct nf_config_node *n)
{
	size_t len = strlen(n->name);
	char *prefix = nf_config_flatten_bytes(f, n->item, len + 1)
			       ? nf_arena_alloc(&f->t->arena, len + 2)
			       : NULL;

	if (prefix == NULL)
		return NULL;
	memcpy(prefix, n->name, len);
	prefix[len] = '/';
	return prefix;
}

/* Node i is of a compound element: its definition is laid out behind all that is there. */
static void flatten_compound(struct nf_config_flat *f, const struct nf_config_env *e, uint32_t i)
{
	const struct nf_config_def *d;
	struct nf_config_env inner = { 0 };
	struct nf_config_args a;
	const char *class_name;

	if (!nf_config_match_split(f, &f->nodes[i], &a))
		return;
	d = nf_config_match(f, &f->nodes[i], &a, &inner.values, &class_name);
	f->nodes[i].class_name = class_name;
	if (d == NULL)
		return;
	inner.def = d;
	inner.parent = flatten_around(e, d);
	inner.prefix = flatten_prefix(f, &f->nodes[i]);
	if (inner.prefix != NULL) {
		f->nodes[i].pass = f->nb_nodes + NF_CONFIG_DEF_INPUT;
		flatten_use(f, &inner);
	}
	free(inner.values);
}

static void flatten_use(struct nf_config_flat *f, const struct nf_config_env *e)
{
	const struct nf_config_def *d = e->def;
	uint32_t base = f->nb_nodes;

	for (uint32_t i = 0; i < d->nb_items; i++) {
		if (!flatten_node(f, e, &d->items[i], base))
			return;
	}
	flatten_wires(f, d, base);
	for (uint32_t i = 0; i < d->nb_items && !f->t->stop && !f->t->arena.failed; i++) {
		uint32_t output = f->nb_nodes + NF_CONFIG_DEF_OUTPUT;

		if (d->items[i].of_class.def == NULL || f->nodes[base + i].args == NULL)
			continue;
		flatten_compound(f, e, base + i);
		if (f->nodes[base + i].pass != NF_ARENA_NONE && output < f->nb_nodes)
			f->nodes[output].pass = base + i;
	}
}

void nf_config_flatten(struct nf_config_flat *f)
{
	struct nf_config_env e = { .def = f->t->file, .prefix = "" };

	flatten_use(f, &e);
}
