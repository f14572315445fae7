/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of a compound element's definitions a use of it means, and what its parameters are. */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/click/config_flat.h"

#define MATCH_ARG_BYTES 32 /* that an argument needs beside its text */
#define MATCH_TOLD_MAX  8  /* candidates that a message lists */

NF_LEXER_LEAF bool nf_config_match_split(
	struct nf_config_flat *f, const struct nf_config_node *n, struct nf_config_args *a)
{
	struct nf_arena *arena = &f->t->arena;
	const char *s = n->args, *end = s + strlen(s);
	char *one = malloc((size_t)(end - s) + 2);

	*a = (struct nf_config_args){ 0 };
	arena->failed |= one == NULL;
	while (!arena->failed && s < end) {
		size_t len = nf_args_text_argument(&s, end, true, one);
		const char **v;

		if (s == end && len == 0)
			break; /* nothing behind the last comma is no argument */
		if (!nf_config_flatten_bytes(f, n->item, len + MATCH_ARG_BYTES))
			break;
		v = nf_arena_grow(arena, a->v, a->nb, sizeof(*v));
		if (v == NULL)
			break;
		a->v = v;
		v[a->nb++] = nf_arena_copy(arena, one, len);
		s += s < end;
	}
	free(one);
	return !arena->failed && !f->t->stop;
}

/* What follows the keyword in "KEYWORD value". NULL: it is not that keyword. */
static const char *match_keyword(const char *arg, const char *keyword)
{
	size_t len = strlen(keyword);

	if (strncmp(arg, keyword, len) != 0)
		return NULL;
	if (arg[len] != '\0' && !nf_args_text_is_space(arg[len]))
		return NULL;
	return nf_args_text_space(arg + len, arg + strlen(arg));
}

/* The last argument with that keyword counts; NULL: there is none. Marks them all as taken. */
static const char *match_find(
	const struct nf_config_args *a, const char *keyword, uint32_t from, bool *taken)
{
	const char *value = NULL;

	for (uint32_t i = from; i < a->nb; i++) {
		const char *v = taken[i] ? NULL : match_keyword(a->v[i], keyword);

		if (v == NULL)
			continue;
		taken[i] = true;
		value = v;
	}
	return value;
}

/* What is left over, as arguments again. */
static const char *match_rest(struct nf_config_flat *f, const struct nf_config_item *item,
	const struct nf_config_args *a, uint32_t from, const bool *taken)
{
	struct nf_text rest = { 0 };
	const char *value = NULL;

	for (uint32_t i = from; i < a->nb; i++) {
		if (taken[i])
			continue;
		nf_text_add(&rest, ", ", rest.len > 0 ? 2 : 0);
		nf_text_add(&rest, a->v[i], strlen(a->v[i]));
	}
	f->t->arena.failed |= rest.full;
	if (nf_config_flatten_bytes(f, item, rest.len))
		value = nf_arena_copy(&f->t->arena, nf_text_get(&rest), rest.len);
	nf_text_free(&rest);
	return value;
}

/* Parameters by position, then those with keywords. values[nb_params], taken[a->nb] are filled. */
static bool match_assign(const struct nf_config_def *d, const struct nf_config_args *a,
	const char **values, bool *taken)
{
	uint32_t nb_keys = d->nb_params - d->takes_rest, nb_taken = d->nb_positional;

	if (a->nb < d->nb_positional || d->nb_positional > nb_keys)
		return false;
	memset(taken, 0, a->nb * sizeof(*taken));
	for (uint32_t i = 0; i < d->nb_positional; i++)
		values[i] = a->v[i];
	for (uint32_t i = d->nb_positional; i < nb_keys; i++) {
		values[i] = match_find(a, d->vars[i].keyword, d->nb_positional, taken);
		if (values[i] == NULL)
			return false;
	}
	for (uint32_t i = d->nb_positional; i < a->nb; i++)
		nb_taken += taken[i];
	return d->takes_rest || nb_taken == a->nb;
}

/* Is it right, going by the number of arguments? */
static bool match_count(const struct nf_config_def *d, const struct nf_config_args *a)
{
	return a->nb >= d->nb_positional &&
	       (a->nb == d->nb_positional || d->nb_params > d->nb_positional);
}

static bool match_def(struct nf_config_flat *f, const struct nf_config_item *item,
	const struct nf_config_def *d, const struct nf_config_args *a, const char ***values)
{
	bool *taken, ok = false;

	if (!match_count(d, a))
		return false;
	taken = calloc(a->nb + 1u, sizeof(*taken));
	*values = calloc(d->nb_params + 1u, sizeof(**values));
	f->t->arena.failed |= taken == NULL || *values == NULL;
	if (!f->t->arena.failed)
		ok = match_assign(d, a, *values, taken);
	if (ok && d->takes_rest) {
		(*values)[d->nb_params - 1] = match_rest(f, item, a, d->nb_positional, taken);
		ok = (*values)[d->nb_params - 1] != NULL;
	}
	if (!ok) {
		free(*values);
		*values = NULL;
	}
	free(taken);
	return ok;
}

/* "Foo(<arg>, KEY, ...) with 1 input and 2 outputs" */
static void match_candidate(const struct nf_config_def *d, struct nf_text *out)
{
	nf_text_printf(out, "\n  %.200s:%u: %.100s(", d->at.file, d->at.line,
		*d->name != '\0' ? d->name : "{ ... } ");
	for (uint32_t i = 0; i < d->nb_params; i++) {
		const char *keyword = d->vars[i].keyword != NULL ? d->vars[i].keyword : "<arg>";

		if (d->takes_rest && i == d->nb_params - 1)
			keyword = "...";
		nf_text_printf(out, "%s%.60s", i > 0 ? ", " : "", keyword);
	}
	nf_text_printf(out, ") with %u input%s, %u output%s", d->nb_in, d->nb_in == 1 ? "" : "s",
		d->nb_out, d->nb_out == 1 ? "" : "s");
}

static void match_none(struct nf_config_flat *f, const struct nf_config_node *n, uint32_t nb_args)
{
	const struct nf_config_item *item = n->item;
	struct nf_text m = { 0 };
	unsigned told = 0;

	nf_text_printf(&m,
		"%s: no match for %.100s with %u argument%s, %u input%s, %u output%s; "
		"there is",
		n->name, *item->of_class.name != '\0' ? item->of_class.name : "{ ... }", nb_args,
		nb_args == 1 ? "" : "s", item->nb_in, item->nb_in == 1 ? "" : "s", item->nb_out,
		item->nb_out == 1 ? "" : "s");
	for (const struct nf_config_def *d = item->of_class.def; d != NULL; d = d->next) {
		if (told++ == MATCH_TOLD_MAX) {
			nf_text_printf(&m, "\n  ...");
			break;
		}
		match_candidate(d, &m);
	}
	nf_lexer_error(f->t->errs, item->at, "%s", nf_text_get(&m));
	nf_text_free(&m);
}

/* A lone definition is taken whatever its ports: what leads nowhere is no connection, as in Click.
 */
static void match_ports(
	struct nf_config_flat *f, const struct nf_config_node *n, const struct nf_config_def *d)
{
	const struct nf_config_item *item = n->item;

	if (item->nb_in > d->nb_in)
		nf_lexer_warn(f->t->errs, item->at, "%s: input %u is connected, but leads nowhere",
			n->name, item->nb_in - 1);
	if (item->nb_out > d->nb_out)
		nf_lexer_warn(f->t->errs, item->at,
			"%s: output %u is connected, but nothing comes there", n->name,
			item->nb_out - 1);
}

NF_LEXER_LEAF const struct nf_config_def *nf_config_match(struct nf_config_flat *f,
	const struct nf_config_node *n, const struct nf_config_args *a, const char ***values,
	const char **class_name)
{
	const struct nf_config_item *item = n->item;
	const struct nf_config_def *first = item->of_class.def, *d;

	*class_name = NULL;
	for (d = first; d != NULL; d = d->next) {
		bool alone = d == first && d->next == NULL && d->next_class == NULL;

		if (!nf_config_def_work(f->t, item->at, 4 + (uint64_t)a->nb * d->nb_params))
			return NULL;
		if ((alone || (d->nb_in == item->nb_in && d->nb_out == item->nb_out)) &&
			match_def(f, item, d, a, values)) {
			if (alone)
				match_ports(f, n, d);
			return d;
		}
		*class_name = d->next_class;
	}
	if (*class_name == NULL && !f->t->arena.failed)
		match_none(f, n, a->nb);
	return NULL;
}
