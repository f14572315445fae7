/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * $a, ${a}, ${a-default} and ${a[1]} in configuration strings. A value goes in as it is, or,
 * between double quotes, with its own quotes undone and what is special there escaped. Single
 * quotes and comments are left alone, and so is a variable that nobody defined: it may be an
 * element's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/click/config_flat.h"

#define EXPAND_DEPTH_MAX 32u

/* One text being gone through. */
struct expand {
	struct nf_config_flat *f;
	const struct nf_config_env *e;
	struct nf_lexer_place at;
	const char *s, *end;
	char quote;
	bool hex; /* between \< and > */
	struct nf_text *out;
};

/* What stands behind a '$'. */
struct expand_var {
	const char *name, *index, *other, *end; /* other: a default; end: behind all of it */
	size_t name_len, index_len, other_len;
};

static bool expand_text(struct nf_config_flat *f, const struct nf_config_env *e, const char *text,
	size_t len, struct nf_lexer_place at, struct nf_text *out);

/* Behind the } that closes what begins at s. NULL: there is none. */
static const char *expand_brace(const char *s, const char *end)
{
	unsigned depth = 1;

	for (; s < end; s++) {
		depth += *s == '{';
		depth -= *s == '}';
		if (depth == 0)
			return s + 1;
	}
	return NULL;
}

static size_t expand_word(const char *s, const char *end)
{
	const char *begin = s;

	while (s < end && nf_lexer_is_word(*s))
		s++;
	return (size_t)(s - begin);
}

/* Behind the ] that closes what begins at s, with brackets in it. */
static const char *expand_bracket(const char *s, const char *end)
{
	unsigned depth = 1;

	for (; s < end && depth > 0; s++) {
		depth += *s == '[';
		depth -= *s == ']';
	}
	return depth == 0 ? s : NULL;
}

/* At a '$'. False: it is only a '$'. */
static bool expand_read(const char *s, const char *end, struct expand_var *v)
{
	const char *next;

	*v = (struct expand_var){ .name = s + 1 };
	if (end - s < 2 || s[1] != '{') {
		v->name_len = expand_word(v->name, end);
		v->end = v->name + v->name_len;
		return v->name_len > 0;
	}
	v->end = expand_brace(s + 2, end);
	if (v->end == NULL)
		return false;
	end = v->end - 1;
	v->name = nf_args_text_space(s + 2, end);
	v->name_len = expand_word(v->name, end);
	s = nf_args_text_space(v->name + v->name_len, end);
	if (s < end && *s == '[') {
		v->index = s + 1;
		next = expand_bracket(s + 1, end);
		if (next == NULL)
			return false;
		v->index_len = (size_t)(next - 1 - v->index);
		s = nf_args_text_space(next, end);
	}
	if (s < end && *s == '-') {
		v->other = s + 1;
		v->other_len = (size_t)(end - v->other);
		s = end;
	}
	return v->name_len > 0 && s == end;
}

/* The variable of that name in the innermost definition that has one. */
static const struct nf_config_env *expand_find(
	const struct nf_config_env *e, const char *name, struct nf_config_var **var)
{
	for (; e != NULL; e = e->parent) {
		uint32_t i = nf_arena_map_get(&e->def->var_names, name);

		if (i != NF_ARENA_NONE && !e->def->vars[i].busy) {
			*var = &e->def->vars[i];
			return e;
		}
	}
	return NULL;
}

/* The value of a variable. False: it has none, or an error (told). */
static bool expand_value(struct expand *x, const struct expand_var *v, struct nf_text *value)
{
	const struct nf_config_env *e = NULL;
	struct nf_config_var *var;
	char name[NF_CONFIG_VAR_LEN_MAX + 1];
	bool ok;

	if (v->name_len < sizeof(name)) {
		memcpy(name, v->name, v->name_len);
		name[v->name_len] = '\0';
		e = expand_find(x->e, name, &var);
	}
	if (e == NULL)
		return v->other != NULL &&
		       expand_text(x->f, x->e, v->other, v->other_len, x->at, value);
	if (var->value == NULL) {
		const char *given = e->values[var - e->def->vars];

		nf_text_add(value, given, strlen(given));
		return true;
	}
	var->busy = true;
	ok = expand_text(x->f, e, var->value, strlen(var->value), x->at, value);
	var->busy = false;
	return ok;
}

/* Word number `index` of a value takes its place. */
static void expand_pick(struct expand *x, struct nf_text *value, unsigned long index)
{
	const char *s = nf_text_get(value), *end = s + value->len, *word = s;
	struct nf_text picked = { 0 };

	nf_config_def_work(x->f->t, x->at, value->len / 4);
	s = word = nf_args_text_space(s, end);
	while (s < end && index > 0) {
		while (s < end && !nf_args_text_is_space(*s))
			s = nf_args_text_item(s, end);
		s = word = nf_args_text_space(s, end);
		index--;
	}
	while (s < end && !nf_args_text_is_space(*s))
		s = nf_args_text_item(s, end);
	nf_text_add(&picked, word, (size_t)(s - word));
	nf_text_free(value);
	*value = picked;
}

/* The index of ${a[index]}. False: it is no number. */
static bool expand_index(struct expand *x, const struct expand_var *v, unsigned long *index)
{
	struct nf_text text = { 0 };
	bool ok = expand_text(x->f, x->e, v->index, v->index_len, x->at, &text);
	const char *s = nf_text_get(&text), *end = s + text.len;
	char *behind;

	s = nf_args_text_space(s, end);
	*index = strtoul(s, &behind, 0);
	ok = ok && *s >= '0' && *s <= '9' && nf_args_text_space(behind, end) == end;
	nf_text_free(&text);
	return ok;
}

/* A value between double quotes. */
static void expand_quoted(struct nf_text *value, struct nf_text *out)
{
	size_t len = value->len;

	if (value->s == NULL)
		return;
	len = nf_args_text_unquote(value->s, len);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value->s[i];

		if (c < ' ' || c == 0x7f)
			nf_text_printf(out, "\\%03o", c);
		else if (c == '"' || c == '\\' || c == '$')
			nf_text_printf(out, "\\%c", c);
		else
			nf_text_add(out, &value->s[i], 1);
	}
}

/* As it is. A '#' must not come to stand where a line directive would. */
static void expand_plain(struct expand *x, const char *s, size_t len)
{
	const struct nf_text *out = x->out;

	if (len > 0 && *s == '#' && out->len > 0 && x->quote == 0 && !x->hex &&
		(out->s[out->len - 1] == '\n' || out->s[out->len - 1] == '\r'))
		nf_text_add(x->out, " ", 1);
	nf_text_add(x->out, s, len);
}

/* At a '$'. */
static bool expand_var(struct expand *x)
{
	struct nf_text value = { 0 };
	unsigned long index = 0;
	struct expand_var v;
	bool found;

	found = x->quote != '\'' && expand_read(x->s, x->end, &v);
	/* Many that are never closed would be looked through to the end each. */
	if (!nf_config_def_work(x->f->t, x->at,
		    16 + (found || x->quote == '\'' ? 0 : (uint64_t)(x->end - x->s) / 8)))
		return false;
	if (!found) {
		expand_plain(x, x->s++, 1);
		return true;
	}
	found = (v.index == NULL || expand_index(x, &v, &index)) && expand_value(x, &v, &value);
	if (found && v.index != NULL)
		expand_pick(x, &value, index);
	if (!found)
		expand_plain(x, x->s, (size_t)(v.end - x->s));
	else if (x->quote == '"' && !x->hex)
		expand_quoted(&value, x->out);
	else
		expand_plain(x, nf_text_get(&value), value.len);
	x->out->full |= value.full;
	nf_text_free(&value);
	x->s = v.end;
	return !x->f->t->stop;
}

/* Behind what stands at s and is no variable; keeps track of quotes. */
static const char *expand_other(struct expand *x)
{
	const char *s = x->s;
	char c = *s;

	if ((x->quote == 0 || x->hex) && nf_args_text_is_comment(s, x->end))
		return nf_args_text_comment(s, x->end);
	if (x->hex) {
		x->hex = c != '>';
	} else if (c == '\\' && x->end - s >= 2 && x->quote != '\'') {
		x->hex = s[1] == '<';
		if (x->hex || x->quote == '"')
			return s + 2;
	} else if ((c == '"' || c == '\'') && (x->quote == 0 || x->quote == c)) {
		x->quote = x->quote == 0 ? c : 0;
	}
	/* What means nothing goes on in one piece. */
	for (s++; s < x->end && (nf_lexer_is_word(*s) || *s == ' ' || *s == ',');)
		s++;
	return s;
}

static bool expand_text(struct nf_config_flat *f, const struct nf_config_env *e, const char *text,
	size_t len, struct nf_lexer_place at, struct nf_text *out)
{
	struct expand x = { .f = f, .e = e, .at = at, .s = text, .end = text + len, .out = out };
	bool ok = true;

	if (f->depth == EXPAND_DEPTH_MAX) {
		nf_lexer_error(f->t->errs, at, "$variables stand in each other too deeply");
		return false;
	}
	ok = nf_config_def_work(f->t, at, len / 8);
	f->depth++;
	while (ok && x.s < x.end && !out->full) {
		const char *next;

		if (*x.s == '$') {
			ok = expand_var(&x);
			continue;
		}
		next = expand_other(&x);
		expand_plain(&x, x.s, (size_t)(next - x.s));
		x.s = next;
	}
	f->depth--;
	return ok && !out->full;
}

/* The result has to read as what it is: nothing open, and no variable that came about by chance. */
static bool expand_check(struct nf_config_flat *f, struct nf_text *out, struct nf_lexer_place at)
{
	struct nf_text again = { 0 };
	bool ok;

	nf_text_add(out, ")", 1);
	ok = out->full || nf_lexer_is_config(out->s, out->len - 1);
	out->len -= !out->full;
	out->s[out->len] = '\0';
	if (ok && !out->full && expand_text(f, NULL, out->s, out->len, at, &again))
		ok = again.len == out->len && memcmp(nf_text_get(&again), out->s, out->len) == 0;
	nf_text_free(&again);
	if (!ok)
		nf_lexer_error(f->t->errs, at,
			"with $variables replaced, the arguments cannot be read: '%.100s'", out->s);
	return ok;
}

NF_LEXER_LEAF const char *nf_config_expand(struct nf_config_flat *f, const struct nf_config_env *e,
	const char *text, struct nf_lexer_place at)
{
	struct nf_text out = { 0 };
	const char *result = NULL;

	if (strchr(text, '$') == NULL)
		return text;
	if (expand_text(f, e, text, strlen(text), at, &out)) {
		nf_text_add(&out, "", 0);
		if (out.s != NULL && expand_check(f, &out, at))
			result = nf_arena_copy(&f->t->arena, out.s, out.len);
	} else if (out.len >= NF_TEXT_MAX / 2) {
		nf_config_def_limit(f->t, at, "arguments are too long with $variables replaced");
	}
	f->t->arena.failed |= out.full && out.len < NF_TEXT_MAX / 2;
	nf_text_free(&out);
	return result;
}
