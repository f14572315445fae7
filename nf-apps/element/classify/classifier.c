/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Classifier(PATTERN, ...)
 *
 * Sends each packet to the output of the first pattern that matches; without a match it is dropped.
 *
 * A pattern is "-" (every packet) or clauses separated by spaces, all of which have to match. A clause is
 * OFFSET/VALUE or OFFSET/VALUE%MASK: bytes in hexadecimal from OFFSET on; "?" as a digit of VALUE is any digit; "!"
 * in front of a clause turns it round. A packet that ends before a clause's last byte does not match it.
 *
 * Ports: 1 input, as many outputs as patterns; push.
 * Handlers: program (r), pattern N (r), pattern (w) "N PATTERN".
 * Drops: no match.
 *
 * 	FromDevice(eth0) -> c :: Classifier(12/0806 20/0001, 12/0800, -);
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/classify/classbase.h"

#define CLASSIFIER_OFFSET_MAX 65000u

static int classifier_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Hexadecimal digits from s on into value and mask, from byte `off`; returns how many, -1: not hexadecimal. */
static int classifier_hex(const char *s, size_t len, uint8_t *value, uint8_t *mask, bool question)
{
	for (size_t i = 0; i < len; i++) {
		int d = classifier_digit(s[i]);
		unsigned shift = i % 2 ? 0 : 4;

		if (d < 0 && !(question && s[i] == '?'))
			return -1;
		value[i / 2] = (uint8_t)(value[i / 2] | (d < 0 ? 0 : d) << shift);
		mask[i / 2] = (uint8_t)(mask[i / 2] | (d < 0 ? 0 : 15) << shift);
	}
	return (int)len;
}

#define CLASSIFIER_CLAUSE_MAX 1024u /* bytes */

/* The tests of bytes value[0..n) at off, word by word. */
static uint32_t classifier_words(
	struct nf_rules *r, unsigned off, const uint8_t *value, const uint8_t *mask, unsigned n)
{
	uint32_t group = nf_rule_group(r, NF_RULE_AND);

	for (unsigned at = off & ~3u; at < off + n; at += 4) {
		uint32_t v = 0, m = 0;

		for (unsigned k = 0; k < 4; k++) {
			bool in = at + k >= off && at + k < off + n;

			v = v << 8 | (in ? value[at + k - off] & mask[at + k - off] : 0u);
			m = m << 8 | (in ? mask[at + k - off] : 0u);
		}
		nf_rule_add(r, group, nf_rule_eq(r, NF_RULE_DATA, at, m, v));
	}
	nf_rule_unite(r, group);
	return group;
}

/* One clause, text of `len` bytes; UINT32_MAX: it is wrong (told). */
static uint32_t classifier_clause(
	struct nf_classbase_build *b, struct nf_args *a, const char *s, size_t len)
{
	uint8_t value[CLASSIFIER_CLAUSE_MAX] = { 0 }, mask[CLASSIFIER_CLAUSE_MAX] = { 0 };
	uint8_t mask2[CLASSIFIER_CLAUSE_MAX] = { 0 }, all[CLASSIFIER_CLAUSE_MAX] = { 0 };
	bool not = len > 0 && *s == '!';
	const char *end = s + len, *slash, *percent;
	unsigned long off;
	uint32_t group;
	char *num;

	s += not ;
	slash = memchr(s, '/', (size_t)(end - s));
	percent = memchr(s, '%', (size_t)(end - s));
	off = slash != NULL && slash > s ? strtoul(s, &num, 10) : CLASSIFIER_OFFSET_MAX + 1;
	if (off > CLASSIFIER_OFFSET_MAX || num != slash)
		goto bad;
	if (percent == NULL)
		percent = end;
	if (percent <= slash + 1 || (size_t)(percent - slash - 1) > 2 * CLASSIFIER_CLAUSE_MAX ||
		classifier_hex(slash + 1, (size_t)(percent - slash - 1), value, mask, true) < 0)
		goto bad;
	if (percent < end) {
		if ((size_t)(end - percent) != (size_t)(percent - slash) ||
			classifier_hex(
				percent + 1, (size_t)(end - percent - 1), mask2, all, false) < 0)
			goto bad;
		for (unsigned i = 0; i < CLASSIFIER_CLAUSE_MAX; i++)
			mask[i] &= mask2[i];
	}
	group = classifier_words(
		&b->rules, (unsigned)off, value, mask, (unsigned)(percent - slash) / 2);
	return not ? nf_rule_opposite(&b->rules, group) : group;
bad:
	nf_args_error(a, "pattern %u: '%.*s' is no OFFSET/VALUE or OFFSET/VALUE%%MASK", b->expr.nr,
		(int)(end - s > 60 ? 60 : end - s), s);
	return UINT32_MAX;
}

static uint32_t classifier_read(
	struct nf_classbase_build *b, struct nf_args *a, const char *pattern, int32_t *out)
{
	uint32_t group = nf_rule_group(&b->rules, NF_RULE_AND);

	(void)out;
	for (const char *s = pattern + strspn(pattern, " \t\n"); *s != '\0';) {
		size_t len = strcspn(s, " \t\n");
		uint32_t clause = len == 1 && *s == '-' ? nf_rule_true(&b->rules)
							: classifier_clause(b, a, s, len);

		if (clause != UINT32_MAX)
			nf_rule_add(&b->rules, group, clause);
		s += len;
		s += strspn(s, " \t\n");
	}
	return group;
}

static int classifier_configure(struct nf_element *e, struct nf_args *a)
{
	return nf_classbase_configure(e, a, classifier_read);
}

static inline int classifier_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct nf_classbase *s = e->state;

	return nf_ruleset_one(&s->set, p);
}

static void classifier_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	const struct nf_classbase *s = e->state;
	int16_t to[UK_BURST_MAX];
	int any = 0;

	nf_ruleset_run(&s->set, v, to, n);
	for (uint16_t i = 0; i < n; i++)
		any |= to[i];
	if (UK_LIKELY(any == 0))
		nf_element_emit(e, 0, v, n);
	else
		nf_element_spread(e, v, to, n);
}

static uint16_t classifier_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	return nf_element_each_pull(e, v, n, classifier_each);
}

/* "pattern12": the number in arg's place is the handler's own. */
static int classifier_pattern(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_classbase *s = e->state;
	uint64_t nr;

	if (nf_addr_u64(param, &nr) < 0 || nr >= s->nb)
		return nf_errors_add(errs, NULL, "there are patterns 0 to %u", s->nb - 1);
	nf_text_printf(out, "%s", s->patterns[nr]);
	return 0;
}

/* Value: "NUMBER PATTERN". */
static int classifier_change(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	const struct nf_classbase *s = e->state;
	char *end;
	unsigned long nr = strtoul(value, &end, 10);

	if (end == value || *end != ' ' || nr >= s->nb)
		return nf_errors_add(errs, NULL,
			"'NUMBER PATTERN' with a number from 0 to %u is wanted", s->nb - 1);
	return nf_classbase_change(e, (uint32_t)nr, end + 1, classifier_read, errs);
}

static const struct nf_handler classifier_handlers[] = {
	{ .name = "program", .read = nf_classbase_program },
	{ .name = "pattern",
		.read = classifier_pattern,
		.write = classifier_change,
		.flags = NF_HANDLER_PARAM },
	{ .name = NULL },
};

const struct nf_class nf_classifier = {
	.name = "Classifier",
	.ports = "1/-",
	.processing = "h/h",
	.state_size = sizeof(struct nf_classbase),
	.configure = classifier_configure,
	.cleanup = nf_classbase_free,
	.push = classifier_push,
	.pull = classifier_pull,
	.each = classifier_each,
	.each_name = "classifier_each",
	.drops = (const char *const[]){ "no match", NULL },
	.handlers = classifier_handlers,
};
