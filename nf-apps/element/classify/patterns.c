/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/classify/hexpattern.h"
#include "nf-apps/element/classify/ipexpr.h"
#include "nf-apps/element/classify/patterns.h"

/* Arguments while they are read. */
struct patterns_read {
	struct nf_element *e;
	struct nf_args *a;
	enum nf_patterns_kind kind;
	struct nf_rules rules;
	struct nf_ipexpr expr;
	uint32_t *roots;
	int32_t *outs;
	unsigned nb;
};

/* "allow", "deny", "drop", or a number. */
static int32_t patterns_action(struct patterns_read *r, const char *w)
{
	uint64_t nr;

	if (strcmp(w, "deny") == 0 || strcmp(w, "drop") == 0)
		return NF_PROG_DROP;
	if (strcmp(w, "allow") == 0) {
		if (r->e->nb_out == 0)
			nf_ipexpr_error(
				&r->expr, "'allow' is meaningless, element has zero outputs");
		return 0;
	}
	if (nf_addr_u64(w, &nr) != 0) {
		nf_ipexpr_error(&r->expr, "unknown slot ID '%s'", w);
	} else if (nr >= r->e->nb_out) {
		nf_ipexpr_error(&r->expr, "slot '%s' out of range", w);
	} else {
		return (int32_t)nr;
	}
	return NF_PROG_DROP;
}

static bool patterns_is_all(const struct nf_ipexpr *x)
{
	const char *w = x->words[x->pos];

	return x->nb == x->pos ||
	       (x->nb == x->pos + 1 && (nf_ipexpr_is(w, "-", "any") || strcmp(w, "all") == 0));
}

static bool patterns_is_none(const struct nf_ipexpr *x)
{
	return x->nb == x->pos + 1 && strcmp(x->words[x->pos], "none") == 0;
}

static void patterns_ip(struct patterns_read *r, unsigned nr, const char *text)
{
	struct nf_ipexpr *x = &r->expr;

	x->nr = nr;
	r->outs[nr] = (int32_t)nr;
	r->roots[nr] = 0;
	if (nf_ipexpr_split(x, text) < 0)
		return;
	if (r->kind == NF_PATTERNS_ACTION) {
		if (x->nb == 0) {
			nf_args_error(r->a, "empty pattern %u", nr);
			return;
		}
		r->outs[nr] = patterns_action(r, x->words[x->pos++]);
	}
	if (patterns_is_all(x))
		r->roots[nr] = nf_rule_true(&r->rules);
	else if (patterns_is_none(x))
		r->roots[nr] = nf_rule_false(&r->rules);
	else
		r->roots[nr] = nf_ipexpr_rule(x);
}

static void patterns_one(struct patterns_read *r, unsigned nr, const char *text)
{
	if (r->kind != NF_PATTERNS_HEX) {
		patterns_ip(r, nr, text);
		return;
	}
	r->outs[nr] = (int32_t)nr;
	r->roots[nr] = nf_hexpattern_rule(&r->rules, r->a, nr, text);
}

static int patterns_begin(struct patterns_read *r, struct nf_element *e, struct nf_args *a,
	enum nf_patterns_kind kind, unsigned nb)
{
	*r = (struct patterns_read){ .e = e, .a = a, .kind = kind, .nb = nb };
	r->expr = (struct nf_ipexpr){ .rules = &r->rules, .args = a, .what = "pattern" };
	r->roots = calloc(nb + 1, sizeof(*r->roots));
	r->outs = calloc(nb + 1, sizeof(*r->outs));
	if (r->roots != NULL && r->outs != NULL)
		return 0;
	free(r->roots);
	free(r->outs);
	r->roots = NULL;
	r->outs = NULL;
	return nf_args_error(a, "out of memory");
}

/* Makes the rule set, unless there were errors. */
static int patterns_end(struct patterns_read *r, struct nf_ruleset *set)
{
	int rc = -EINVAL;

	if (r->a->nb_errors == 0) {
		rc = nf_ruleset_make(set, &r->rules, r->roots, r->outs, r->nb, NF_RULESET_ANY);
		if (rc == -E2BIG)
			nf_args_error(r->a, "too many rules");
		else if (rc != 0)
			nf_args_error(r->a, "out of memory");
	}
	nf_rule_free(&r->rules);
	nf_ipexpr_free(&r->expr);
	free(r->roots);
	free(r->outs);
	return rc;
}

static void patterns_warn(const struct nf_element *e, struct nf_args *a, const struct nf_ruleset *s)
{
	for (unsigned i = 0; i < e->nb_out; i++) {
		if (nf_ruleset_is_unused(s, (int32_t)i))
			nf_errors_warn(a->errs, a->where, "output %u matches no packets", i);
	}
}

int nf_patterns_change(struct nf_element *e, unsigned nr, const char *value, struct nf_errors *errs)
{
	struct nf_patterns *s = e->state;
	char *text = strdup(value);
	struct patterns_read r;
	struct nf_ruleset set;
	struct nf_args a;
	int rc;

	if (text == NULL)
		return nf_errors_add(errs, NULL, "out of memory");
	rc = nf_args_init(&a, "", e, NULL, errs);
	if (rc == 0) {
		rc = patterns_begin(&r, e, &a, s->kind, s->nb);
		for (unsigned i = 0; i < s->nb && rc == 0; i++)
			patterns_one(&r, i, i == nr ? text : s->text[i]);
		rc = patterns_end(&r, &set);
		nf_args_free(&a);
	}
	if (rc != 0) {
		free(text);
		return rc;
	}
	nf_ruleset_free(&s->set);
	s->set = set;
	s->changed = true;
	free(s->text[nr]);
	s->text[nr] = text;
	return 0;
}

/* Keeps the arguments. */
static int patterns_take(struct nf_patterns *s, struct nf_args *a)
{
	unsigned nb = nf_args_left(a);
	const char *text;

	s->text = calloc(nb + 1, sizeof(*s->text));
	while (s->text != NULL && (text = nf_args_next(a)) != NULL) {
		s->text[s->nb] = strdup(text);
		if (s->text[s->nb++] == NULL)
			return nf_args_error(a, "out of memory");
	}
	return s->text != NULL ? 0 : nf_args_error(a, "out of memory");
}

int nf_patterns_configure(struct nf_element *e, struct nf_args *a, enum nf_patterns_kind kind)
{
	struct nf_patterns *s = e->state;
	struct patterns_read r;
	int rc = patterns_take(s, a);

	s->kind = kind;
	if (kind != NF_PATTERNS_ACTION && s->nb != e->nb_out) {
		nf_args_error(a, "need %u arguments, one per output port", e->nb_out);
		return nf_args_end(a);
	}
	if (rc == 0 && nf_patterns_handlers_make(s) != 0)
		rc = nf_args_error(a, "out of memory");
	if (rc == 0)
		rc = patterns_begin(&r, e, a, kind, s->nb);
	if (rc != 0)
		return nf_args_end(a);
	for (unsigned i = 0; i < s->nb; i++)
		patterns_one(&r, i, s->text[i]);
	if (patterns_end(&r, &s->set) == 0 && kind != NF_PATTERNS_ACTION)
		patterns_warn(e, a, &s->set);
	return nf_args_end(a);
}

void nf_patterns_cleanup(struct nf_element *e)
{
	struct nf_patterns *s = e->state;

	nf_ruleset_free(&s->set);
	for (unsigned i = 0; i < s->nb && s->text != NULL; i++)
		free(s->text[i]);
	free(s->text);
	free(s->handlers);
	free(s->names);
	*s = (struct nf_patterns){ 0 };
}

void nf_patterns_push(
	struct nf_element *e, unsigned port, struct uk_netbuf *v[] UK_TAKES, uint16_t n)
{
	const struct nf_patterns *s = e->state;
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

int nf_patterns_each(struct nf_element *e, struct uk_netbuf *p)
{
	const struct nf_patterns *s = e->state;

	return nf_ruleset_one(&s->set, p);
}
