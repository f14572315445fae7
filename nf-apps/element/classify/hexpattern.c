/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/classify/hexpattern.h"

/* One clause: "!OFFSET/VALUE%MASK". */
struct hex_clause {
	uint32_t offset;
	const char *value, *mask; /* mask: NULL if there is none */
	size_t nb_value, nb_mask; /* digits */
	bool negated;
};

static const char *hex_space(const char *s)
{
	while (*s == ' ' || (*s >= '\t' && *s <= '\r'))
		s++;
	return s;
}

static bool hex_is_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
	       c == '?';
}

static size_t hex_digits(const char *s)
{
	size_t n = 0;

	while (hex_is_digit(s[n]))
		n++;
	return n;
}

/* Moves *s behind the clause there. False: there is none; what was expected is told. */
static bool hex_read(struct nf_args *a, unsigned nr, const char **s, struct hex_clause *c)
{
	char *end;

	*c = (struct hex_clause){ .negated = **s == '!' };
	if (c->negated)
		*s = hex_space(*s + 1);
	if (**s < '0' || **s > '9') {
		nf_args_error(a, "pattern %u: expected a digit", nr);
		return false;
	}
	c->offset = (uint32_t)strtoul(*s, &end, 10);
	if (end - *s > 5 || c->offset > NF_HEXPATTERN_OFFSET_MAX) {
		nf_args_error(
			a, "pattern %u: offset too large; max %u", nr, NF_HEXPATTERN_OFFSET_MAX);
		return false;
	}
	*s = end;
	if (**s != '/') {
		nf_args_error(a, "pattern %u: expected '/'", nr);
		return false;
	}
	c->value = ++*s;
	c->nb_value = hex_digits(*s);
	*s += c->nb_value;
	if (**s == '%') {
		c->mask = ++*s;
		c->nb_mask = hex_digits(*s);
		*s += c->nb_mask;
	}
	return true;
}

static bool hex_check(struct nf_args *a, unsigned nr, const struct hex_clause *c)
{
	if (c->nb_value < 2)
		nf_args_error(a, "pattern %u: value has less than 2 hex digits", nr);
	else if (c->nb_value % 2 != 0)
		nf_args_error(a, "pattern %u: value has odd number of hex digits", nr);
	else if (c->mask != NULL && c->nb_mask != c->nb_value)
		nf_args_error(a, "pattern %u: mask has too %s hex digits", nr,
			c->nb_mask > c->nb_value ? "many" : "few");
	else if (c->offset + c->nb_value / 2 > NF_HEXPATTERN_OFFSET_MAX + 4)
		nf_args_error(a, "pattern %u: value too long", nr);
	else
		return true;
	return false;
}

/* A digit: its value, and which of its bits count. */
static void hex_digit(char d, unsigned *value, unsigned *mask)
{
	*mask = d == '?' ? 0 : 15;
	if (d >= '0' && d <= '9')
		*value = (unsigned)(d - '0');
	else
		*value = d == '?' ? 0 : (unsigned)((d | 32) - 'a') + 10;
}

static uint32_t hex_clause(struct nf_rules *r, const struct hex_clause *c)
{
	uint32_t all = nf_rule_group(r, NF_RULE_AND), word = c->offset & ~3u;
	uint32_t value = 0, mask = 0;

	for (size_t i = 0; i < c->nb_value; i++) {
		uint32_t at = c->offset + (uint32_t)(i / 2);
		unsigned shift = 28 - at % 4 * 8 - (unsigned)(i % 2) * 4, v, m, mv, mm;

		if (at - word == 4) {
			nf_rule_add(r, all, nf_rule_eq(r, NF_RULE_DATA, word, mask, value));
			word = at;
			value = mask = 0;
		}
		hex_digit(c->value[i], &v, &m);
		if (c->mask != NULL) {
			hex_digit(c->mask[i], &mv, &mm);
			m &= mv & mm;
		}
		value |= (v & m) << shift;
		mask |= m << shift;
	}
	nf_rule_add(r, all, nf_rule_eq(r, NF_RULE_DATA, word, mask, value));
	return c->negated ? nf_rule_not(r, all) : all;
}

uint32_t nf_hexpattern_rule(struct nf_rules *r, struct nf_args *a, unsigned nr, const char *pattern)
{
	uint32_t all = nf_rule_group(r, NF_RULE_AND);
	const char *s = hex_space(pattern);
	struct hex_clause c;

	if (strcmp(s, "-") == 0)
		return all;
	while (*s != '\0') {
		if (!hex_read(a, nr, &s, &c))
			break;
		if (hex_check(a, nr, &c))
			nf_rule_add(r, all, hex_clause(r, &c));
		s = hex_space(s);
	}
	return all;
}
