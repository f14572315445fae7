/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/click/lexer.h"

const char *nf_lexer_print_place(struct nf_lexer_place at, char buf[NF_LEXER_PLACE_MAX])
{
	snprintf(buf, NF_LEXER_PLACE_MAX, "%.200s:%u", at.file, at.line);
	return buf;
}

/* A message with its place. Long ones are cut at some thousand bytes by what stands in them. */
static void lex_message(struct nf_errors *errs, struct nf_lexer_place at, bool is_error,
	const char *fmt, va_list ap)
{
	char where[NF_LEXER_PLACE_MAX];
	struct nf_text message = { 0 };

	nf_text_vprintf(&message, fmt, ap);
	nf_lexer_print_place(at, where);
	if (is_error)
		nf_errors_add(errs, where, "%.4000s", nf_text_get(&message));
	else
		nf_errors_warn(errs, where, "%.4000s", nf_text_get(&message));
	nf_text_free(&message);
}

void nf_lexer_error(struct nf_errors *errs, struct nf_lexer_place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	lex_message(errs, at, true, fmt, ap);
	va_end(ap);
}

void nf_lexer_warn(struct nf_errors *errs, struct nf_lexer_place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	lex_message(errs, at, false, fmt, ap);
	va_end(ap);
}

bool nf_lexer_is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_';
}

static bool lex_is_name(char c)
{
	return nf_lexer_is_word(c) || c == '@';
}

static bool lex_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

void nf_lexer_init(struct nf_lexer *l, const char *text, size_t len, const char *file,
	struct nf_arena *arena, struct nf_errors *errs)
{
	*l = (struct nf_lexer){ .text = text,
		.s = text,
		.end = text + len,
		.main_file = file,
		.at = { file, 1 },
		.arena = arena,
		.errs = errs };
}

/* Counts line ends on the way: LF, CR, or both in that order. */
static void lex_move(struct nf_lexer *l, const char *to)
{
	for (; l->s < to; l->s++) {
		if (*l->s == '\n' || (*l->s == '\r' && (l->s + 1 == l->end || l->s[1] != '\n')))
			l->at.line++;
	}
}

static bool lex_is_directive(const struct nf_lexer *l, const char *s)
{
	return *s == '#' && (s == l->text || s[-1] == '\n' || s[-1] == '\r');
}

/* The name in quotes of a line directive. */
static const char *lex_directive_file(struct nf_lexer *l, const char *s, const char *end)
{
	const char *next = nf_args_text_item(s, end);
	char *file = nf_arena_copy(l->arena, s, (size_t)(next - s));

	if (file != NULL)
		nf_args_text_unquote(file, (size_t)(next - s));
	return file != NULL && file[0] != '\0' ? file : l->main_file;
}

/* At a '#' in the first column. Goes to the end of the line, but not behind it. */
static void lex_directive(struct nf_lexer *l)
{
	const char *s = l->s + 1, *end = s;
	uint64_t line = 0;

	while (end < l->end && *end != '\n' && *end != '\r')
		end++;
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	if (end - s >= 5 && memcmp(s, "line", 4) == 0 && (s[4] == ' ' || s[4] == '\t')) {
		for (s += 5; s < end && (*s == ' ' || *s == '\t');)
			s++;
	}
	if (s == end || !lex_is_digit(*s)) {
		if (!l->quiet)
			nf_lexer_error(l->errs, l->at,
				"a line that begins with '#' has to be "
				"'# LINE \"FILE\"'");
		l->s = end;
		return;
	}
	for (; s < end && lex_is_digit(*s); s++)
		line = line < UINT32_MAX / 2 ? line * 10 + (uint64_t)(*s - '0') : line;
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	if (s < end && *s == '"')
		l->at.file = lex_directive_file(l, s, end);
	/* The line end that follows counts one. */
	l->at.line = (uint32_t)line - 1;
	l->s = end;
}

static void lex_space(struct nf_lexer *l)
{
	while (l->s < l->end) {
		if (nf_args_text_is_space(*l->s) || nf_args_text_is_comment(l->s, l->end))
			lex_move(l, nf_args_text_space(l->s, l->end));
		if (l->s == l->end || !lex_is_directive(l, l->s))
			break;
		lex_directive(l);
	}
}

/* Behind the name at s. A slash belongs to it if a part follows. */
static const char *lex_name(const char *s, const char *end)
{
	while (s < end) {
		if (*s == '/' && (end - s < 2 || !lex_is_name(s[1])))
			break;
		if (*s != '/' && !lex_is_name(*s))
			break;
		s++;
	}
	return s;
}

static int lex_keyword(const char *s, size_t len)
{
	static const struct {
		const char *word;
		int kind;
	} words[] = {
		{ "elementclass", NF_LEXER_ELEMENTCLASS },
		{ "require", NF_LEXER_REQUIRE },
		{ "provide", NF_LEXER_PROVIDE },
		{ "define", NF_LEXER_DEFINE },
	};

	for (unsigned i = 0; i < UK_ARRAY_SIZE(words); i++) {
		if (strlen(words[i].word) == len && memcmp(words[i].word, s, len) == 0)
			return words[i].kind;
	}
	return NF_LEXER_NAME;
}

static int lex_sign(const char *s, const char *end, uint32_t *len)
{
	static const struct {
		char sign[4];
		int kind;
	} signs[] = {
		{ "->", NF_LEXER_ARROW },
		{ "=>", NF_LEXER_ARROWS },
		{ "::", NF_LEXER_COLONS },
		{ "||", NF_LEXER_BARS },
		{ "...", NF_LEXER_DOTS },
	};

	for (unsigned i = 0; i < UK_ARRAY_SIZE(signs); i++) {
		*len = (uint32_t)strlen(signs[i].sign);
		if (*len <= (size_t)(end - s) && memcmp(s, signs[i].sign, *len) == 0)
			return signs[i].kind;
	}
	*len = 1;
	return (unsigned char)*s;
}

static struct nf_lexer_token lex_word(struct nf_lexer *l)
{
	struct nf_lexer_token t = { .kind = NF_LEXER_END };
	const char *s;

	lex_space(l);
	s = t.s = l->s;
	t.at = l->at;
	if (s == l->end)
		return t;
	if (lex_is_name(*s)) {
		s = lex_name(s, l->end);
		t.len = (uint32_t)(s - t.s);
		t.kind = lex_keyword(t.s, t.len);
	} else if (*s == '$' && l->end - s >= 2 && nf_lexer_is_word(s[1])) {
		for (s++; s < l->end && nf_lexer_is_word(*s);)
			s++;
		t.kind = NF_LEXER_VARIABLE;
		t.s++;
		t.len = (uint32_t)(s - t.s);
	} else {
		t.kind = lex_sign(s, l->end, &t.len);
		s += t.len;
	}
	l->s = s;
	return t;
}

const struct nf_lexer_token *nf_lexer_peek(struct nf_lexer *l)
{
	if (!l->has_ahead)
		l->ahead = lex_word(l);
	l->has_ahead = true;
	return &l->ahead;
}

const struct nf_lexer_token *nf_lexer_next(struct nf_lexer *l)
{
	const struct nf_lexer_token *word = nf_lexer_peek(l);

	l->has_ahead = false;
	return word;
}

int nf_lexer_kind(struct nf_lexer *l)
{
	return nf_lexer_peek(l)->kind;
}

NF_LEXER_LEAF int nf_lexer_kind2(const struct nf_lexer *l)
{
	struct nf_lexer copy = *l;

	copy.quiet = true;
	nf_lexer_next(&copy);
	return nf_lexer_kind(&copy);
}

/*
 * Behind what stands at s in a configuration string, comments and quotes as a whole; changes
 * the depth of parentheses.
 */
static const char *lex_config_item(const char *s, const char *end, size_t *depth)
{
	if (nf_args_text_is_comment(s, end))
		return nf_args_text_comment(s, end);
	*depth += *s == '(';
	*depth -= *s == ')';
	return nf_args_text_item(s, end);
}

bool nf_lexer_is_config(const char *text, size_t len)
{
	const char *s = text, *end = text + len;
	size_t depth = 1;

	/* With the ')' behind it, the end is found there and not before. */
	while (s < end && depth > 0) {
		if (*s == '#' && s > text && (s[-1] == '\n' || s[-1] == '\r'))
			return false;
		s = lex_config_item(s, end + 1, &depth);
	}
	return s == end && depth == 1;
}

NF_LEXER_LEAF const char *nf_lexer_config(struct nf_lexer *l, struct nf_lexer_place open)
{
	struct nf_text kept = { 0 }; /* what stands before line directives */
	size_t depth = 1;
	const char *begin = l->s, *config = NULL;

	while (l->s < l->end) {
		const char *next = lex_config_item(l->s, l->end, &depth);

		if (depth == 0)
			break;
		if (lex_is_directive(l, l->s)) {
			nf_text_add(&kept, begin, (size_t)(l->s - begin));
			lex_directive(l);
			begin = l->s;
			continue;
		}
		lex_move(l, next);
	}
	if (l->s == l->end) {
		nf_lexer_error(l->errs, open, "this '(' is never closed");
	} else {
		nf_text_add(&kept, begin, (size_t)(l->s - begin));
		l->s++;
		l->arena->failed |= kept.full;
		config = nf_arena_copy(l->arena, nf_text_get(&kept), kept.len);
	}
	nf_text_free(&kept);
	return config;
}
