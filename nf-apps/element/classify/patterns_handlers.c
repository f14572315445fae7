/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/classify/patterns.h"

#define PATTERNS_NAME  20  /* "patternNUMBER" */
#define PATTERNS_NAMED 256 /* more patterns have no handlers of their own */

static int patterns_read_own(struct nf_element *e, uintptr_t nr, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_patterns *s = e->state;

	nf_text_printf(out, "%s", s->text[nr]);
	return 0;
}

static int patterns_write_own(
	struct nf_element *e, uintptr_t nr, const char *value, struct nf_errors *errs)
{
	return nf_patterns_change(e, (unsigned)nr, value, errs);
}

/* Handlers pattern0, pattern1, ... */
int nf_patterns_handlers_make(struct nf_patterns *s)
{
	unsigned nb = s->nb < PATTERNS_NAMED ? s->nb : PATTERNS_NAMED;

	s->handlers = calloc(nb + 1, sizeof(*s->handlers));
	s->names = calloc(nb + 1, PATTERNS_NAME);
	if (s->handlers == NULL || s->names == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < nb; i++) {
		snprintf(s->names + i * PATTERNS_NAME, PATTERNS_NAME, "pattern%u", i);
		s->handlers[i] = (struct nf_handler){ .name = s->names + i * PATTERNS_NAME,
			.read = patterns_read_own,
			.write = patterns_write_own,
			.arg = i };
	}
	return 0;
}

const struct nf_handler *nf_patterns_own_handlers(const struct nf_element *e, const char *name)
{
	const struct nf_patterns *s = e->state;
	const struct nf_handler *h = s->handlers;

	while (name != NULL && h != NULL && h->name != NULL && strcmp(h->name, name) != 0)
		h++;
	return h != NULL && h->name != NULL ? h : NULL;
}

/* The number at *text, which is moved behind it and a space; -EINVAL (told): there is no such pattern. */
static int patterns_number(
	const struct nf_patterns *s, const char **text, unsigned *nr, struct nf_errors *errs)
{
	char *end;
	unsigned long n = strtoul(*text, &end, 10);

	if (**text < '0' || **text > '9' || (*end != ' ' && *end != '\0') || n >= s->nb)
		return nf_errors_add(
			errs, NULL, "expected the number of a pattern first; there are %u", s->nb);
	*nr = (unsigned)n;
	*text = *end == ' ' ? end + 1 : end;
	return 0;
}

static int patterns_read(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	unsigned nr;
	int rc = patterns_number(e->state, &param, &nr, errs);

	return rc != 0 ? rc : patterns_read_own(e, nr, param, out, errs);
}

static int patterns_write(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	unsigned nr;
	int rc = patterns_number(e->state, &value, &nr, errs);

	return rc != 0 ? rc : nf_patterns_change(e, nr, value, errs);
}

static int patterns_program(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_patterns *s = e->state;

	nf_ruleset_program(&s->set, out);
	return 0;
}

const struct nf_handler nf_patterns_handlers[] = {
	{ .name = "program", .read = patterns_program },
	{ .name = "pattern",
		.read = patterns_read,
		.write = patterns_write,
		.flags = NF_HANDLER_PARAM },
	{ 0 },
};

int nf_patterns_write_c(struct nf_element *e, const char *name, struct nf_text *out)
{
	const struct nf_patterns *s = e->state;
	const struct nf_prog *p = &s->set.prog;

	if (!s->set.has_prog)
		return -E2BIG;
	nf_text_printf(out,
		"static inline int %s(struct nf_element *e, const void *conf, unsigned in, "
		"struct uk_netbuf *p)\n{\n"
		"\tconst struct nf_patterns *s = e->state;\n"
		"\tconst uint8_t *at_mac __attribute__((unused)) = p->buf + p->l2_off - 2;\n"
		"\tconst uint8_t *at_net __attribute__((unused)) = p->buf + p->l3_off;\n"
		"\tconst uint8_t *at_transp __attribute__((unused)) = p->buf + p->l4_off;\n"
		"\tconst uint8_t *at_data __attribute__((unused)) = p->data;\n\n"
		"\tif (UK_UNLIKELY(s->changed || !nf_patterns_has(p, %u, %u, %u, %u)))\n"
		"\t\treturn nf_patterns_each(e, p);\n",
		name, p->safe[NF_RULE_MAC], p->safe[NF_RULE_NET], p->safe[NF_RULE_TRANSP],
		p->safe[NF_RULE_DATA]);
	nf_prog_print_c(p, "NF_RULESET_DROP", out);
	nf_text_printf(out, "}\n\n");
	return out->full ? -ENOMEM : 0;
}
