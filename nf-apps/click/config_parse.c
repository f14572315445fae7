/* SPDX-License-Identifier: BSD-3-Clause */
/* Statements of Click's language, and how the reader goes on after an error. */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/click/config_tree.h"

const char *nf_config_parse_name(struct nf_config_tree *t)
{
	const struct nf_lexer_token *word = nf_lexer_next(&t->lexer);

	return nf_arena_copy(&t->arena, word->s, word->len);
}

bool nf_config_parse_enter(struct nf_config_tree *t, struct nf_lexer_place at)
{
	if (t->depth == NF_CONFIG_DEPTH_MAX) {
		nf_config_def_limit(t, at, "compound elements and groups are nested too deeply");
		return false;
	}
	t->depth++;
	return true;
}

/* To behind the next ';', or to what ends the element around, or to a word that begins a statement.
 */
static void parse_skip(struct nf_config_tree *t)
{
	unsigned braces = 0;

	while (true) {
		struct nf_lexer_place at = nf_lexer_peek(&t->lexer)->at;
		int kind = nf_lexer_kind(&t->lexer);
		bool ends = kind == '}' || kind == ')' || kind == NF_LEXER_BARS ||
			    kind >= NF_LEXER_ELEMENTCLASS;

		if (kind == NF_LEXER_END || (ends && braces == 0))
			return;
		nf_lexer_next(&t->lexer);
		if (kind == ';' && braces == 0)
			return;
		braces += kind == '{';
		braces -= kind == '}';
		if (kind == '(' && nf_lexer_config(&t->lexer, at) == NULL)
			return;
	}
}

NF_LEXER_LEAF bool nf_config_parse_syntax(struct nf_config_tree *t, const char *expected)
{
	struct nf_lexer_token word = *nf_lexer_peek(&t->lexer);
	const char *dollar = word.kind == NF_LEXER_VARIABLE ? "$" : "";
	const char *colon = expected != NULL ? ": expected " : "";
	int len = word.len < 60 ? (int)word.len : 60;

	t->bad_syntax = true;
	if (t->stop || t->error_at == word.s)
		return false;
	t->error_at = word.s;
	expected = expected != NULL ? expected : "";
	if (word.kind == NF_LEXER_END)
		nf_lexer_error(t->errs, word.at, "syntax error near the end of the text%s%s", colon,
			expected);
	else if (len == 1 && (*word.s < ' ' || *word.s > '~'))
		nf_lexer_error(t->errs, word.at, "syntax error near byte 0x%02x%s%s",
			(unsigned char)*word.s, colon, expected);
	else
		nf_lexer_error(t->errs, word.at, "syntax error near '%s%.*s'%s%s", dollar, len,
			word.s, colon, expected);
	parse_skip(t);
	return false;
}

/* elementclass NAME CLASS */
static void parse_elementclass(struct nf_config_tree *t)
{
	struct nf_config_class c = { .name = NULL };
	const char *name, *other;
	int kind = nf_lexer_kind(&t->lexer);

	if (kind != NF_LEXER_NAME) {
		nf_config_parse_syntax(t, "the name of a class");
		return;
	}
	name = nf_config_parse_name(t);
	kind = nf_lexer_kind(&t->lexer);
	if (kind == '{') {
		c.def = name != NULL ? nf_config_compound(t, name) : NULL;
	} else if (kind == NF_LEXER_NAME) {
		other = nf_config_parse_name(t);
		if (other != NULL)
			nf_config_def_find_class(t, other, &c);
	} else {
		nf_config_parse_syntax(t, "'{' or the name of a class");
	}
	c.name = name;
	if (name != NULL && (c.def != NULL || c.class_name != NULL))
		nf_config_def_class(t, name, c);
}

NF_LEXER_LEAF const char *nf_config_parse_arguments(struct nf_config_tree *t)
{
	struct nf_lexer_place at = nf_lexer_peek(&t->lexer)->at;
	const char *config;

	if (nf_lexer_kind(&t->lexer) != '(') {
		nf_config_parse_syntax(t, "'('");
		return NULL;
	}
	nf_lexer_next(&t->lexer);
	config = nf_lexer_config(&t->lexer, at);
	t->bad_syntax |= config == NULL;
	return config;
}

/* One "$NAME VALUE" of define(...). */
static void parse_variable(struct nf_config_tree *t, struct nf_lexer_place at, char *text)
{
	const char *end = text + strlen(text), *value;
	char *name = text + 1;
	size_t len = 0;

	while (text[0] == '$' && nf_lexer_is_word(name[len]))
		len++;
	if (len == 0 || (name[len] != '\0' && !nf_args_text_is_space(name[len]))) {
		nf_lexer_error(t->errs, at, "define(%.100s): has to be $NAME VALUE", text);
		return;
	}
	value = nf_args_text_space(name + len, end);
	value = nf_arena_copy(&t->arena, value, (size_t)(end - value));
	name = nf_arena_copy(&t->arena, name, len);
	if (name != NULL && value != NULL)
		nf_config_def_var(t, name, value, false);
}

/* define($a 1, $b 2) */
NF_LEXER_LEAF static void parse_define(struct nf_config_tree *t)
{
	struct nf_lexer_place at = t->lexer.at;
	const char *s = nf_config_parse_arguments(t), *end;
	char *one;

	if (s == NULL)
		return;
	end = s + strlen(s);
	one = malloc((size_t)(end - s) + 2);
	t->arena.failed |= one == NULL;
	while (one != NULL && s < end && !t->stop) {
		if (nf_args_text_argument(&s, end, true, one) > 0)
			parse_variable(t, at, one);
		s += s < end;
	}
	free(one);
}

static void parse_keyword(struct nf_config_tree *t, int kind)
{
	nf_lexer_next(&t->lexer);
	switch (kind) {
	case NF_LEXER_ELEMENTCLASS:
		parse_elementclass(t);
		break;
	case NF_LEXER_REQUIRE:
		nf_config_require(t);
		break;
	case NF_LEXER_DEFINE:
		parse_define(t);
		break;
	default: /* provide: what a package says about itself */
		nf_config_parse_arguments(t);
		break;
	}
}

/* At the end of a chain: a statement may follow it without ';', but not everything may. */
static void parse_chain(struct nf_config_tree *t)
{
	bool bad = t->bad_syntax;
	int kind;

	t->bad_syntax = false;
	nf_config_chain(t);
	kind = nf_lexer_kind(&t->lexer);
	if (!t->bad_syntax && kind != NF_LEXER_END && kind != NF_LEXER_NAME && kind != ';' &&
		kind != '{' && kind != '}' && kind != '[' && kind != ')' && kind != NF_LEXER_BARS &&
		kind < NF_LEXER_ELEMENTCLASS)
		nf_config_parse_syntax(t, NULL);
	t->bad_syntax |= bad;
}

void nf_config_parse_statements(struct nf_config_tree *t, int end)
{
	while (!t->arena.failed) {
		int kind = nf_lexer_kind(&t->lexer);

		if (kind == NF_LEXER_END || kind == end || (kind == NF_LEXER_BARS && end == '}') ||
			(kind == '}' && end == ')'))
			return;
		if (kind >= NF_LEXER_ELEMENTCLASS) {
			parse_keyword(t, kind);
		} else if (kind == ';') {
			nf_lexer_next(&t->lexer);
		} else if (kind == '}' || kind == ')' || kind == NF_LEXER_BARS) {
			nf_config_parse_syntax(t, NULL);
			nf_lexer_next(&t->lexer);
		} else if (kind == NF_LEXER_NAME || kind == '[' || kind == '{' || kind == '(' ||
			   kind == NF_LEXER_ARROW || kind == NF_LEXER_ARROWS) {
			parse_chain(t);
		} else {
			nf_config_parse_syntax(t, NULL);
		}
	}
}

void nf_config_parse_file(struct nf_config_tree *t)
{
	nf_config_parse_statements(t, 0);
	nf_config_def_name(t);
}
