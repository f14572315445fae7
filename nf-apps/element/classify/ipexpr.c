/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/classify/ipexpr.h"

#define EXPR_DEPTH_MAX 48 /* of parentheses, "not" and "?:" in each other */

void nf_ipexpr_error(struct nf_ipexpr *x, const char *fmt, ...)
{
	struct nf_text t = { 0 };
	va_list ap;

	va_start(ap, fmt);
	nf_text_vprintf(&t, fmt, ap);
	va_end(ap);
	x->nb_errors++;
	nf_args_error(x->args, "%s %u: %s", x->what, x->nr, nf_text_get(&t));
	nf_text_free(&t);
}

void nf_ipexpr_warn(struct nf_ipexpr *x, const char *fmt, ...)
{
	struct nf_text t = { 0 };
	va_list ap;

	va_start(ap, fmt);
	nf_text_vprintf(&t, fmt, ap);
	va_end(ap);
	nf_errors_warn(x->args->errs, x->args->where, "%s %u: %s", x->what, x->nr, nf_text_get(&t));
	nf_text_free(&t);
}

void nf_ipexpr_free(struct nf_ipexpr *x)
{
	free(x->text);
	free(x->words);
	x->text = NULL;
	x->words = NULL;
	x->room = 0;
}

static bool expr_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool expr_is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("-./@_:", c) != NULL);
}

/* Length of the word at s. */
static size_t expr_word(const char *s)
{
	size_t n = 0;

	if ((*s == '&' || *s == '|') && s[1] == *s)
		return 2;
	if (strchr("<>!=", *s) != NULL && s[1] == '=')
		return 2;
	while (expr_is_word(s[n]))
		n++;
	return n > 0 ? n : 1;
}

static bool expr_room(struct nf_ipexpr *x, size_t len)
{
	size_t room = 2 * len + 64;

	if (room <= x->room)
		return true;
	nf_ipexpr_free(x);
	x->text = malloc(room);
	x->words = malloc(room * sizeof(*x->words));
	if (x->text == NULL || x->words == NULL) {
		nf_ipexpr_free(x);
		return false;
	}
	x->room = (unsigned)room;
	return true;
}

int nf_ipexpr_split(struct nf_ipexpr *x, const char *pattern)
{
	char *copy = strpbrk(pattern, "\"'\\") != NULL ? nf_args_unquote(pattern, NULL) : NULL;
	const char *s = copy != NULL ? copy : pattern;
	char *to;

	x->nb = x->pos = 0;
	if (!expr_room(x, strlen(s))) {
		free(copy);
		nf_ipexpr_error(x, "out of memory");
		return -ENOMEM;
	}
	to = x->text;
	while (*s != '\0') {
		size_t n = expr_word(s);

		if (!expr_is_space(*s)) {
			memcpy(to, s, n);
			to[n] = '\0';
			x->words[x->nb++] = to;
			to += n + 1;
		}
		s += n;
	}
	x->words[x->nb] = "";
	free(copy);
	return (int)x->nb;
}

static uint32_t expr_expr(struct nf_ipexpr *x);

static const char *expr_peek(const struct nf_ipexpr *x)
{
	return x->words[x->pos]; /* "" at the end */
}

/* "!", "(" or a test; NF_RULE_NONE: nothing of that, and nothing was read. */
static uint32_t expr_factor(struct nf_ipexpr *x)
{
	uint32_t id = NF_RULE_NONE;
	const char *w = expr_peek(x);

	if (!nf_ipexpr_is(w, "!", "not") && strcmp(w, "(") != 0)
		return nf_ipexpr_prim_test(x);
	if (x->depth == EXPR_DEPTH_MAX) {
		nf_ipexpr_error(x, "too many '%s' in each other", w);
		x->pos = x->nb;
		return NF_RULE_NONE;
	}
	x->depth++;
	x->pos++;
	if (*w == '(') {
		id = expr_expr(x);
		if (strcmp(expr_peek(x), ")") == 0)
			x->pos++;
		else if (id != NF_RULE_NONE)
			nf_ipexpr_error(x, "missing ')'");
	} else {
		id = expr_factor(x);
	}
	x->depth--;
	if (id == NF_RULE_NONE)
		nf_ipexpr_error(x, "missing expression after '%s'", w);
	else if (*w != '(')
		id = nf_rule_not(x->rules, id);
	return id != NF_RULE_NONE ? id : nf_rule_true(x->rules);
}

static uint32_t expr_and(struct nf_ipexpr *x)
{
	uint32_t group = nf_rule_group(x->rules, NF_RULE_AND), id;
	bool must = true, any = false;

	for (;;) {
		unsigned was = x->pos;

		id = expr_factor(x);
		if (x->pos == was) {
			if (must)
				nf_ipexpr_error(x, "missing expression");
			return any ? group : NF_RULE_NONE;
		}
		if (id != NF_RULE_NONE)
			nf_rule_add(x->rules, group, id);
		any = true;
		must = nf_ipexpr_is(expr_peek(x), "and", "&&");
		x->pos += must;
	}
}

static uint32_t expr_or(struct nf_ipexpr *x)
{
	uint32_t group = nf_rule_group(x->rules, NF_RULE_OR), id;
	bool any = false;

	for (;;) {
		id = expr_and(x);
		if (id != NF_RULE_NONE)
			nf_rule_add(x->rules, group, id);
		any |= id != NF_RULE_NONE;
		if (!nf_ipexpr_is(expr_peek(x), "or", "||"))
			return any ? group : NF_RULE_NONE;
		x->pos++;
	}
}

static uint32_t expr_expr(struct nf_ipexpr *x)
{
	uint32_t cond = expr_or(x), then, other, group;

	if (strcmp(expr_peek(x), "?") != 0)
		return cond;
	if (x->depth == EXPR_DEPTH_MAX) {
		nf_ipexpr_error(x, "too many '?' in each other");
		x->pos = x->nb;
		return cond;
	}
	x->depth++;
	x->pos++;
	then = expr_expr(x);
	if (strcmp(expr_peek(x), ":") != 0) {
		nf_ipexpr_error(x, "missing ':' in ternary expression");
		x->depth--;
		return cond;
	}
	x->pos++;
	other = expr_expr(x);
	x->depth--;
	if (cond == NF_RULE_NONE || then == NF_RULE_NONE || other == NF_RULE_NONE)
		return cond; /* told */
	group = nf_rule_group(x->rules, NF_RULE_COND);
	nf_rule_add(x->rules, group, cond);
	nf_rule_add(x->rules, group, then);
	nf_rule_add(x->rules, group, other);
	return group;
}

uint32_t nf_ipexpr_rule(struct nf_ipexpr *x)
{
	uint32_t id;

	x->before = (struct nf_ipexpr_prim){ .proto = NF_IPWORD_NO_PROTO };
	x->depth = 0;
	id = expr_expr(x);
	if (x->pos < x->nb)
		nf_ipexpr_error(x, "garbage after expression at '%s'", expr_peek(x));
	return id != NF_RULE_NONE ? id : nf_rule_true(x->rules);
}
