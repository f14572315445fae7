/* SPDX-License-Identifier: BSD-3-Clause */
/* { $a, KEY $b | ... || ... }: compound elements, overloaded or not. */
#include <stdio.h>
#include <string.h>
#include "nf-apps/click/config_tree.h"

/* $a, KEY $b, __REST__ $c |  -- or nothing. False: syntax error (told). */
NF_LEXER_LEAF static bool compound_params_read(struct nf_config_tree *t)
{
	bool any = false;

	while (true) {
		int kind = nf_lexer_kind(&t->lexer);
		const char *keyword = NULL, *name;

		if (kind == '|') {
			nf_lexer_next(&t->lexer);
			return true;
		}
		if (kind == NF_LEXER_NAME && nf_lexer_kind2(&t->lexer) == NF_LEXER_VARIABLE) {
			keyword = nf_config_parse_name(t);
			kind = NF_LEXER_VARIABLE;
		}
		if (kind != NF_LEXER_VARIABLE)
			return !any || nf_config_parse_syntax(t, "a $variable");
		name = nf_config_parse_name(t);
		if (name == NULL)
			return false;
		nf_config_def_param(t, name, keyword);
		any = true;
		kind = nf_lexer_kind(&t->lexer);
		if (kind == ',')
			nf_lexer_next(&t->lexer);
		else if (kind != '|')
			return nf_config_parse_syntax(t, "',' or '|' after a parameter");
	}
}

static void compound_params(struct nf_config_tree *t)
{
	if (!compound_params_read(t) && nf_lexer_kind(&t->lexer) == '|')
		nf_lexer_next(&t->lexer); /* after an error, what follows is no error */
}

NF_LEXER_LEAF static void compound_end(struct nf_config_tree *t, struct nf_config_def *d)
{
	uint32_t nb[2];
	char what[128];

	snprintf(what, sizeof(what), "compound element%s%.100s", *d->name != '\0' ? " " : "",
		d->name);
	nf_config_def_ports(t, NF_CONFIG_DEF_INPUT, 0, what, d->at, nb);
	d->nb_in = nb[0];
	d->nb_out = nb[1];
	nf_config_def_name(t);
}

/* One of the definitions in { }; up to what ends it, which is not taken. */
static struct nf_config_def *compound_one(
	struct nf_config_tree *t, const char *name, struct nf_lexer_place at)
{
	struct nf_config_def *outer = t->def, *d = nf_config_def_new(t, name, at);
	uint32_t input = t->input, output = t->output;
	bool ends_output = t->ends_output;

	if (d == NULL)
		return NULL;
	t->def = d;
	t->input = NF_CONFIG_DEF_INPUT;
	t->output = NF_CONFIG_DEF_OUTPUT;
	t->ends_output = true;
	compound_params(t);
	nf_config_parse_statements(t, '}');
	compound_end(t, d);
	t->def = outer;
	t->input = input;
	t->output = output;
	t->ends_output = ends_output;
	return d;
}

/* "...": what the name meant before follows. */
NF_LEXER_LEAF static void compound_extend(
	struct nf_config_tree *t, const char *name, struct nf_config_def *last)
{
	struct nf_lexer_place at = nf_lexer_next(&t->lexer)->at;
	struct nf_config_class c;

	nf_config_def_find_class(t, name, &c);
	if (last == NULL || nf_lexer_kind(&t->lexer) != '}')
		nf_lexer_error(t->errs, at, "'...' comes last, after one or more definitions");
	else if (*name == '\0')
		nf_lexer_error(t->errs, at, "'...' needs a name that 'elementclass' gives");
	else if (c.def != NULL)
		last->next = c.def;
	else
		last->next_class = c.class_name;
}

/* The definitions between { and }. */
static struct nf_config_def *compound_all(
	struct nf_config_tree *t, const char *name, struct nf_lexer_place at)
{
	struct nf_config_def *first = NULL, *last = NULL, *d;

	while (true) {
		if (nf_lexer_kind(&t->lexer) == NF_LEXER_DOTS) {
			compound_extend(t, name, last);
		} else {
			if (first != NULL)
				at = nf_lexer_peek(&t->lexer)->at;
			d = compound_one(t, name, at);
			if (d == NULL)
				return NULL;
			if (last != NULL)
				last->next = d;
			last = d;
			first = first != NULL ? first : d;
		}
		if (nf_lexer_kind(&t->lexer) != NF_LEXER_BARS)
			return first;
		nf_lexer_next(&t->lexer);
	}
}

struct nf_config_def *nf_config_compound(struct nf_config_tree *t, const char *name)
{
	struct nf_lexer_place at = nf_lexer_next(&t->lexer)->at;
	struct nf_config_def *d;

	if (!nf_config_parse_enter(t, at))
		return NULL;
	d = compound_all(t, name, at);
	t->depth--;
	if (nf_lexer_kind(&t->lexer) == '}') {
		nf_lexer_next(&t->lexer);
	} else if (!t->stop) {
		nf_lexer_error(t->errs, at, "this '{' is never closed");
		t->bad_syntax = true;
	}
	return d;
}
