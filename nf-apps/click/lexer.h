/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words of Click's language out of a text of any bytes except 0: names, $variables, signs,
 * configuration strings. Comments are skipped, line directives (`# 12 "file"`, `#line 12`) change
 * the place that messages name. Used by config_parse.c only.
 */
#ifndef SLUICE_NF_APPS_CLICK_LEXER_H
#define SLUICE_NF_APPS_CLICK_LEXER_H

#include "nf-apps/click/arena.h"
#include "nf-apps/click/text.h"

/*
 * For what is called from the recursive part of the parser without being part of it: its frame does
 * not belong into theirs, of which there may be many on a small stack.
 */
#define NF_LEXER_LEAF __attribute__((noinline))

/* Signs of one character are their own kind. */
enum nf_lexer_kind {
	NF_LEXER_END = 0,
	NF_LEXER_NAME = 256,
	NF_LEXER_VARIABLE, /* $a; s and len without the $ */
	NF_LEXER_ARROW,    /* -> */
	NF_LEXER_ARROWS,   /* => */
	NF_LEXER_COLONS,   /* :: */
	NF_LEXER_BARS,     /* || */
	NF_LEXER_DOTS,     /* ... */
	NF_LEXER_ELEMENTCLASS,
	NF_LEXER_REQUIRE,
	NF_LEXER_PROVIDE,
	NF_LEXER_DEFINE,
};

struct nf_lexer_place {
	const char *file;
	uint32_t line;
};

struct nf_lexer_token {
	int kind;
	const char *s; /* in the text */
	uint32_t len;
	struct nf_lexer_place at;
};

struct nf_lexer {
	const char *text, *s, *end;
	const char *main_file;
	struct nf_lexer_place at;
	struct nf_lexer_token ahead;
	bool has_ahead;
	bool quiet; /* errors are for whoever reads it again */
	struct nf_arena *arena;
	struct nf_errors *errs;
};

void nf_lexer_init(struct nf_lexer *l, const char *text, size_t len, const char *file,
	struct nf_arena *arena, struct nf_errors *errs);
/* Takes the next word. Valid until the next call. */
const struct nf_lexer_token *nf_lexer_next(struct nf_lexer *l);
/* The next word, left where it is. */
const struct nf_lexer_token *nf_lexer_peek(struct nf_lexer *l);
/* Its kind. */
int nf_lexer_kind(struct nf_lexer *l);
/* The kind of the word after the next one. */
int nf_lexer_kind2(const struct nf_lexer *l);
/*
 * After the '(' at `open` was taken: the configuration string up to the ')' that closes it, which
 * is taken too. NULL: there is none (told) or no memory.
 */
const char *nf_lexer_config(struct nf_lexer *l, struct nf_lexer_place open);
/* True if text[0..len) could stand between parentheses as it is. text[len] has to be ')'. */
bool nf_lexer_is_config(const char *text, size_t len);
/* A letter, a digit or '_'. */
bool nf_lexer_is_word(char c);

/* An error at a place. */
void nf_lexer_error(struct nf_errors *errs, struct nf_lexer_place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void nf_lexer_warn(struct nf_errors *errs, struct nf_lexer_place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* "file:line" in buf, which it returns. A long name is cut. */
#define NF_LEXER_PLACE_MAX 256
const char *nf_lexer_print_place(struct nf_lexer_place at, char buf[NF_LEXER_PLACE_MAX]);

#endif
