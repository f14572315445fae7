/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pattern language of IPClassifier and IPFilter, read into rules:
 *
 *	expr:   or-expr | or-expr ? expr : expr
 *	or:     and-expr { ("or" | "||") and-expr }
 *	and:    factor { ["and" | "&&"] factor }
 *	factor: ("not" | "!") factor | "(" expr ")" | test
 *	test:   "true" | "false" | qualifiers [& MASK] [= == != < > <= >=] value
 *
 * A test without qualifiers of its own has those of the test before it. ipclassifier.c says what
 * the tests are.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_CLASSIFY_IPEXPR_H
#define SLUICE_NF_APPS_ELEMENT_CLASSIFY_IPEXPR_H

#include "nf-apps/click/args.h"
#include "nf-apps/element/classify/ipword.h"
#include "nf-apps/element/classify/rule.h"

enum { NF_IPEXPR_SRC = 1, NF_IPEXPR_DST, NF_IPEXPR_SRC_AND_DST, NF_IPEXPR_SRC_OR_DST };
enum { NF_IPEXPR_EQ, NF_IPEXPR_GT, NF_IPEXPR_LT };

/* A test while it is put together; nf_ipexpr_prim_* in ipexpr_prim.c. */
struct nf_ipexpr_prim {
	struct nf_ipword_type type; /* what it is about; kind NONE: not said */
	uint8_t data;               /* enum nf_ipword_kind of the value */
	uint8_t mask_kind;          /* the same of the mask; NONE: none */
	uint8_t op;
	bool op_not; /* "!=", "<=", ">=" */
	bool bad;    /* an error was told */
	uint8_t srcdst;
	char header;          /* 'i' after "ip", 'e' after "ether" */
	int proto;            /* NF_IPWORD_NO_PROTO */
	uint32_t value, mask; /* addresses: as numbers, first byte highest */
	uint32_t net_mask;    /* that came with the value */
	uint8_t ether[6], ether_mask[6];
};

/* Reads patterns, one after the other. All zero but for `rules` and `args` at first. */
struct nf_ipexpr {
	struct nf_rules *rules;
	struct nf_args *args; /* told of errors; its element knows names */
	const char *what;     /* "pattern" */
	unsigned nr;          /* of the pattern, for messages */
	char *text;           /* words, one after the other */
	const char **words;
	unsigned nb, pos, room;
	unsigned depth;
	unsigned nb_errors; /* of all patterns */
	struct nf_ipexpr_prim before;
};

/*
 * Splits a pattern into words. Returns how many, or -ENOMEM (told). They are in words[0..nb), and
 * words[nb] is "".
 */
int nf_ipexpr_split(struct nf_ipexpr *x, const char *pattern);
/* The rule that words[pos..nb) say. With errors it means nothing, and nb_errors has grown. */
uint32_t nf_ipexpr_rule(struct nf_ipexpr *x);
void nf_ipexpr_free(struct nf_ipexpr *x);

void nf_ipexpr_error(struct nf_ipexpr *x, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void nf_ipexpr_warn(struct nf_ipexpr *x, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A test at words[pos], which is moved behind it. NF_RULE_NONE: there is none, or it is wrong. */
uint32_t nf_ipexpr_prim_test(struct nf_ipexpr *x);
/* Its parts: the value (ipexpr_value.c); what is left out and what does not fit (ipexpr_check.c); the
 * rule (ipexpr_rule.c). */
void nf_ipexpr_prim_value(struct nf_ipexpr *x, struct nf_ipexpr_prim *q);
bool nf_ipexpr_prim_number(const char *w, uint32_t *v);
bool nf_ipexpr_prim_check(struct nf_ipexpr *x, struct nf_ipexpr_prim *q);
uint32_t nf_ipexpr_prim_rule(struct nf_rules *r, const struct nf_ipexpr_prim *q);
/* As messages show it: "src or dst port"; "<=". */
const char *nf_ipexpr_prim_name(const struct nf_ipexpr_prim *q, char buf[64]);

UK_INLINE bool nf_ipexpr_is(const char *w, const char *a, const char *b)
{
	return __builtin_strcmp(w, a) == 0 || __builtin_strcmp(w, b) == 0;
}

#endif
