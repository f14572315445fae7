/* SPDX-License-Identifier: BSD-3-Clause */
/* Definitions of compound elements: their items, wires, variables and classes, and the limits. */
#include <stdio.h>
#include <string.h>
#include "nf-apps/click/config_tree.h"

/* Definitions and variables have no limit of their own in config.h. */
#define DEF_DEFS_MAX   NF_CONFIG_ELEMENTS_MAX
#define DEF_VARS_MAX   NF_CONFIG_ELEMENTS_MAX
#define DEF_PARAMS_MAX 256u
#define DEF_WORK_MAX   (64u << 20)

void nf_config_def_limit(struct nf_config_tree *t, struct nf_lexer_place at, const char *what)
{
	if (!t->stop)
		nf_lexer_error(t->errs, at, "%s; reading ends here", what);
	t->stop = true;
	t->lexer.s = t->lexer.end;
	t->lexer.has_ahead = false;
}

bool nf_config_def_work(struct nf_config_tree *t, struct nf_lexer_place at, uint64_t steps)
{
	t->nb_work += steps;
	if (t->nb_work > DEF_WORK_MAX)
		nf_config_def_limit(t, at, "too much to work out");
	return t->nb_work <= DEF_WORK_MAX;
}

NF_LEXER_LEAF struct nf_config_def *nf_config_def_new(
	struct nf_config_tree *t, const char *name, struct nf_lexer_place at)
{
	struct nf_config_def *d, *outer = t->def;

	if (++t->nb_defs > DEF_DEFS_MAX) {
		nf_config_def_limit(t, at, "too many compound elements");
		return NULL;
	}
	d = nf_arena_alloc(&t->arena, sizeof(*d));
	if (d == NULL)
		return NULL;
	d->name = name;
	d->at = at;
	d->parent = outer;
	t->def = d;
	nf_config_def_add(t, NF_CONFIG_INPUT, "input", at);
	nf_config_def_add(t, NF_CONFIG_OUTPUT, "output", at);
	t->def = outer;
	return d->nb_items == 2 ? d : NULL;
}

/* Parts of a name between slashes that are numbers only would be ports. */
static void def_check_name(struct nf_config_tree *t, const char *name, struct nf_lexer_place at)
{
	for (const char *s = name; *s != '\0';) {
		size_t part = strcspn(s, "/");

		if (strspn(s, "0123456789") == part) {
			nf_lexer_error(t->errs, at,
				"element name '%s' has a part that is only digits", name);
			return;
		}
		s += part;
		s += *s == '/';
	}
}

NF_LEXER_LEAF uint32_t nf_config_def_add(struct nf_config_tree *t, enum nf_config_kind kind,
	const char *name, struct nf_lexer_place at)
{
	struct nf_config_def *d = t->def;
	struct nf_config_item *items;
	uint32_t i = d->nb_items;

	if (++t->nb_items > 4 * NF_CONFIG_ELEMENTS_MAX) {
		nf_config_def_limit(t, at, "too many elements");
		return NF_ARENA_NONE;
	}
	items = nf_arena_grow(&t->arena, d->items, i, sizeof(*items));
	if (items == NULL)
		return NF_ARENA_NONE;
	d->items = items;
	items[i] = (struct nf_config_item){ .name = name, .at = at, .kind = kind };
	items[i].number = i - NF_CONFIG_DEF_OUTPUT;
	d->nb_items++;
	if (kind != NF_CONFIG_ELEMENT || name == NULL)
		return i;
	def_check_name(t, name, at);
	nf_arena_map_set(&t->arena, &d->item_names, name, i);
	return i;
}

void nf_config_def_wire(struct nf_config_tree *t, const struct nf_config_wire *wire)
{
	struct nf_config_def *d = t->def;
	struct nf_config_item *from = &d->items[wire->from], *to = &d->items[wire->to];
	struct nf_config_wire *wires;

	if (++t->nb_wires > NF_CONFIG_LINKS_MAX) {
		nf_config_def_limit(t, wire->at, "too many connections");
		return;
	}
	wires = nf_arena_grow(&t->arena, d->wires, d->nb_wires, sizeof(*wires));
	if (wires == NULL)
		return;
	d->wires = wires;
	wires[d->nb_wires++] = *wire;
	if (from->nb_out <= wire->from_port)
		from->nb_out = wire->from_port + 1;
	if (to->nb_in <= wire->to_port)
		to->nb_in = wire->to_port + 1;
}

static struct nf_config_var *def_var(struct nf_config_tree *t, const char *name)
{
	struct nf_config_def *d = t->def;
	uint32_t i = nf_arena_map_get(&d->var_names, name);
	struct nf_config_var *vars;

	if (strlen(name) > NF_CONFIG_VAR_LEN_MAX)
		nf_lexer_error(t->errs, t->lexer.at, "$%.60s...: the name is too long", name);
	if (i != NF_ARENA_NONE) {
		if (!d->vars[i].outside)
			nf_lexer_error(t->errs, t->lexer.at, "$%s is defined twice", name);
		t->bad_syntax |= !d->vars[i].outside;
		return NULL;
	}
	if (++t->nb_vars > DEF_VARS_MAX) {
		nf_config_def_limit(t, t->lexer.at, "too many variables");
		return NULL;
	}
	vars = nf_arena_grow(&t->arena, d->vars, d->nb_vars, sizeof(*vars));
	if (vars == NULL)
		return NULL;
	d->vars = vars;
	nf_arena_map_set(&t->arena, &d->var_names, name, d->nb_vars);
	vars[d->nb_vars] = (struct nf_config_var){ .name = name };
	return &vars[d->nb_vars++];
}

void nf_config_def_var(struct nf_config_tree *t, const char *name, const char *value, bool outside)
{
	uint32_t i = nf_arena_map_get(&t->def->var_names, name);
	struct nf_config_var *v = NULL;

	if (outside && i != NF_ARENA_NONE)
		v = &t->def->vars[i]; /* the last one counts */
	else
		v = def_var(t, name);
	if (v == NULL)
		return;
	v->value = value;
	v->outside = outside;
}

/* In order: by position, with a keyword, __REST__. */
NF_LEXER_LEAF void nf_config_def_param(
	struct nf_config_tree *t, const char *name, const char *keyword)
{
	struct nf_config_def *d = t->def;
	struct nf_config_var *v = def_var(t, name);

	if (v == NULL)
		return;
	if (d->nb_params == DEF_PARAMS_MAX) {
		nf_config_def_limit(t, t->lexer.at, "too many parameters");
		return;
	}
	v->keyword = keyword;
	for (uint32_t i = 0; keyword != NULL && i < d->nb_params; i++) {
		if (d->vars[i].keyword != NULL && strcmp(d->vars[i].keyword, keyword) == 0)
			nf_lexer_error(t->errs, t->lexer.at, "keyword %s is there twice", keyword);
	}
	if (d->takes_rest || (keyword == NULL && d->nb_positional < d->nb_params)) {
		nf_lexer_error(t->errs, t->lexer.at,
			"$%s: parameters by position come first, " NF_CONFIG_REST " last", name);
		t->bad_syntax = true;
	}
	d->takes_rest = keyword != NULL && strcmp(keyword, NF_CONFIG_REST) == 0;
	d->nb_positional += keyword == NULL;
	d->nb_params++;
}

void nf_config_def_class(struct nf_config_tree *t, const char *name, struct nf_config_class c)
{
	struct nf_config_def *d = t->def;
	struct nf_config_class *classes;

	if (++t->nb_defs > DEF_DEFS_MAX) {
		nf_config_def_limit(t, t->lexer.at, "too many element classes");
		return;
	}
	classes = nf_arena_grow(&t->arena, d->classes, d->nb_classes, sizeof(*classes));
	if (classes == NULL)
		return;
	d->classes = classes;
	classes[d->nb_classes] = c;
	nf_arena_map_set(&t->arena, &d->class_names, name, d->nb_classes++);
}

bool nf_config_def_find_class(
	const struct nf_config_tree *t, const char *name, struct nf_config_class *c)
{
	for (const struct nf_config_def *d = t->def; d != NULL; d = d->parent) {
		uint32_t i = nf_arena_map_get(&d->class_names, name);

		if (i != NF_ARENA_NONE) {
			*c = d->classes[i];
			return true;
		}
	}
	*c = (struct nf_config_class){ .name = name, .class_name = name };
	return false;
}

NF_LEXER_LEAF void nf_config_def_ports(struct nf_config_tree *t, uint32_t input,
	uint32_t first_wire, const char *what, struct nf_lexer_place at, uint32_t nb[2])
{
	static const char *const names[2] = { "input", "output" };
	struct nf_config_def *d = t->def;
	struct nf_config_item *in = &d->items[input], *out = &d->items[input + 1];
	uint64_t used[2][NF_CONFIG_PORTS_MAX / 64] = { { 0 } };

	nb[0] = in->nb_out;
	nb[1] = out->nb_in;
	for (uint32_t i = first_wire; i < d->nb_wires; i++) {
		const struct nf_config_wire *w = &d->wires[i];

		if (w->from == input)
			used[0][w->from_port / 64] |= 1ull << w->from_port % 64;
		if (w->to == input + 1)
			used[1][w->to_port / 64] |= 1ull << w->to_port % 64;
	}
	for (unsigned k = 0; k < 2; k++) {
		uint32_t i = 0;

		while (i < nb[k] && (used[k][i / 64] >> i % 64 & 1) != 0)
			i++;
		if (i < nb[k])
			nf_lexer_error(t->errs, at, "%s: %s %u is not used, but %u is", what,
				names[k], i, nb[k] - 1);
	}
	if (in->nb_in > 0)
		nf_lexer_error(t->errs, at, "%s: nothing can go to its 'input'", what);
	if (out->nb_out > 0)
		nf_lexer_error(t->errs, at, "%s: nothing can come from its 'output'", what);
}

NF_LEXER_LEAF void nf_config_def_name(struct nf_config_tree *t)
{
	struct nf_config_def *d = t->def;

	for (uint32_t i = 0; i < d->nb_items && !t->arena.failed; i++) {
		struct nf_config_item *item = &d->items[i];
		struct nf_text name = { 0 };
		uint32_t number = item->number;

		if (item->name != NULL || item->kind != NF_CONFIG_ELEMENT)
			continue;
		do {
			name.len = 0;
			nf_text_printf(&name, "%s@%u", item->prefix, number++);
		} while (nf_config_def_work(t, item->at, 16) && !name.full &&
			 nf_arena_map_get(&d->item_names, nf_text_get(&name)) != NF_ARENA_NONE);
		t->arena.failed |= name.full;
		item->name = nf_arena_copy(&t->arena, nf_text_get(&name), name.len);
		nf_text_free(&name);
		if (item->name == NULL)
			return;
		def_check_name(t, item->name, item->at);
		nf_arena_map_set(&t->arena, &d->item_names, item->name, i);
	}
}
