/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/classify/classbase.h"

uint32_t nf_classbase_expr(struct nf_classbase_build *b)
{
	static const char *const all[] = { "-", "any", "all", "true" };
	const char *word = b->expr.words[b->expr.pos];
	bool alone = b->expr.nb == b->expr.pos + 1;

	for (unsigned i = 0; alone && i < UK_ARRAY_SIZE(all); i++) {
		if (strcmp(word, all[i]) == 0)
			return nf_rule_true(&b->rules);
	}
	if (alone && strcmp(word, "none") == 0)
		return nf_rule_false(&b->rules);
	return nf_ipexpr_rule(&b->expr);
}

static void class_build_free(struct nf_classbase_build *b)
{
	nf_rule_free(&b->rules);
	nf_ipexpr_free(&b->expr);
	free(b->roots);
	free(b->outs);
}

/* A rule set out of the element's patterns; *set is untouched unless all is well. */
static int class_make(
	struct nf_classbase *s, struct nf_args *a, nf_classbase_read read, struct nf_ruleset *set)
{
	struct nf_classbase_build b = { .nb = s->nb };
	unsigned before = a->nb_errors;
	int rc = 0;

	b.expr.rules = &b.rules;
	b.expr.args = a;
	b.expr.what = "pattern";
	b.roots = calloc(s->nb + 1, sizeof(*b.roots));
	b.outs = calloc(s->nb + 1, sizeof(*b.outs));
	if (b.roots == NULL || b.outs == NULL)
		rc = -ENOMEM;
	for (uint32_t i = 0; rc == 0 && i < s->nb; i++) {
		b.expr.nr = i;
		b.outs[i] = (int32_t)i;
		b.roots[i] = read(&b, a, s->patterns[i], &b.outs[i]);
		if (b.outs[i] != NF_PROG_DROP && b.outs[i] >= (int32_t)a->e->nb_out)
			nf_args_error(a, "rule %u: there is no output %d", i, b.outs[i]);
	}
	if (rc == 0 && a->nb_errors != before)
		rc = -EINVAL;
	if (rc == 0)
		rc = nf_ruleset_make(set, &b.rules, b.roots, b.outs, s->nb, NF_RULESET_ANY);
	if (rc == -E2BIG)
		rc = nf_args_error(a, "more than %u rules", NF_RULESET_RULES_MAX);
	class_build_free(&b);
	return rc;
}

static int class_take(struct nf_classbase *s, struct nf_args *a)
{
	const char *pattern;

	s->patterns = calloc(nf_args_left(a) + 1, sizeof(*s->patterns));
	if (s->patterns == NULL)
		return -ENOMEM;
	while ((pattern = nf_args_next(a)) != NULL) {
		s->patterns[s->nb] = strdup(pattern);
		if (s->patterns[s->nb++] == NULL)
			return -ENOMEM;
	}
	return 0;
}

int nf_classbase_configure(struct nf_element *e, struct nf_args *a, nf_classbase_read read)
{
	struct nf_classbase *s = e->state;
	int rc = class_take(s, a), end;

	if (rc == 0)
		rc = class_make(s, a, read, &s->set);
	end = nf_args_end(a);
	return rc < 0 ? rc : end;
}

int nf_classbase_change(struct nf_element *e, uint32_t nr, const char *pattern,
	nf_classbase_read read, struct nf_errors *errs)
{
	struct nf_classbase *s = e->state;
	struct nf_ruleset set;
	struct nf_args a;
	char *was = s->patterns[nr];
	int rc = nf_args_init(&a, "", e, NULL, errs);

	if (rc < 0)
		return rc;
	s->patterns[nr] = strdup(pattern);
	rc = s->patterns[nr] != NULL ? class_make(s, &a, read, &set) : -ENOMEM;
	nf_args_free(&a);
	if (rc < 0) {
		free(s->patterns[nr]);
		s->patterns[nr] = was;
		return rc == -ENOMEM ? nf_errors_add(errs, NULL, "out of memory") : rc;
	}
	free(was);
	nf_ruleset_free(&s->set);
	s->set = set;
	return 0;
}

void nf_classbase_free(struct nf_element *e)
{
	struct nf_classbase *s = e->state;

	nf_ruleset_free(&s->set);
	for (uint32_t i = 0; i < s->nb; i++)
		free(s->patterns[i]);
	free(s->patterns);
}

int nf_classbase_program(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_classbase *s = e->state;

	nf_ruleset_program(&s->set, out);
	return 0;
}
