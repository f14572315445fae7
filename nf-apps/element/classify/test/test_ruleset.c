/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rule sets of all kinds against nf_rule_eval, rule after rule: what a program says and what a cut says
 * has to be the same for every packet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/click/args.h"
#include "nf-apps/element/classify/hexpattern.h"
#include "nf-apps/element/classify/ipexpr.h"
#include "nf-apps/element/classify/ruleset.h"
#include "nf-apps/element/classify/test/gen.h"

struct nf_element *nf_element_find(const struct nf_element *e, const char *name)
{
	return NULL;
}

bool nf_element_is(const struct nf_element *e, const char *class_name)
{
	return false;
}

enum kind { MIXED, FIREWALL, HEX };

struct list {
	struct nf_errors errs;
	struct nf_args args;
	struct nf_rules rules;
	struct nf_ipexpr expr;
	char **text;
	uint32_t *roots;
	int32_t *outs;
	uint32_t nb;
};

static void list_make(struct list *l, enum kind kind, uint32_t nb, unsigned depth)
{
	static char text[GEN_TEXT_MAX];

	memset(l, 0, sizeof(*l));
	assert_int_equal(nf_args_init(&l->args, "", NULL, NULL, &l->errs), 0);
	l->expr = (struct nf_ipexpr){ .rules = &l->rules, .args = &l->args, .what = "pattern" };
	l->text = calloc(nb + 1, sizeof(*l->text));
	l->roots = calloc(nb + 1, sizeof(*l->roots));
	l->outs = calloc(nb + 1, sizeof(*l->outs));
	l->nb = nb;
	for (uint32_t i = 0; i < nb; i++) {
		l->outs[i] = gen(3) ? (int32_t)gen(4) : NF_PROG_DROP;
		if (kind == HEX)
			gen_hex_pattern(text);
		else if (kind == FIREWALL && gen(100) != 0)
			gen_firewall_pattern(text);
		else
			do /* numbers beyond a field's range are errors */
				gen_ip_pattern(text, gen(depth + 1));
			while (strstr(text, "port > 65535") != NULL);
		l->text[i] = strdup(text);
		l->expr.nr = i;
		if (kind == HEX) {
			l->roots[i] = nf_hexpattern_rule(&l->rules, &l->args, i, text);
		} else {
			assert_true(nf_ipexpr_split(&l->expr, text) > 0);
			l->roots[i] = nf_ipexpr_rule(&l->expr);
		}
	}
	if (l->errs.nb_errors != 0)
		fail_msg("%s", nf_text_get(&l->errs.text));
	assert_false(l->rules.failed);
}

static void list_free(struct list *l)
{
	for (uint32_t i = 0; i < l->nb; i++)
		free(l->text[i]);
	free(l->text);
	free(l->roots);
	free(l->outs);
	nf_rule_free(&l->rules);
	nf_ipexpr_free(&l->expr);
	nf_args_free(&l->args);
	nf_errors_free(&l->errs);
}

static int list_says(const struct list *l, const struct gen_packet *p)
{
	struct nf_rule_view v;

	gen_view(p, &v);
	for (uint32_t i = 0; i < l->nb; i++) {
		if (nf_rule_eval(&l->rules, l->roots[i], &v))
			return l->outs[i] == NF_PROG_DROP ? NF_RULESET_DROP : l->outs[i];
	}
	return NF_RULESET_DROP;
}

static void list_show(const struct list *l, const struct nf_ruleset *s)
{
	struct nf_text t = { 0 };

	for (uint32_t i = 0; i < l->nb && l->nb < 100; i++)
		print_message("%d: %s\n", l->outs[i], l->text[i]);
	if (s->has_prog)
		nf_ruleset_program(s, &t);
	print_message("%s", nf_text_get(&t));
	nf_text_free(&t);
}

static void list_check(const struct list *l, const struct nf_ruleset *s, unsigned bursts)
{
	static struct gen_packet packets[UK_BURST_MAX];
	struct uk_netbuf *v[UK_BURST_MAX];
	int16_t to[UK_BURST_MAX];

	while (bursts-- > 0) {
		unsigned n = 1 + gen(UK_BURST_MAX);

		for (unsigned i = 0; i < n; i++) {
			gen_packet(&packets[i]);
			v[i] = &packets[i].nb;
		}
		nf_ruleset_run(s, v, to, n);
		for (unsigned i = 0; i < n; i++) {
			int want = list_says(l, &packets[i]);

			if (to[i] == want && nf_ruleset_one(s, v[i]) == want)
				continue;
			list_show(l, s);
			fail_msg("a packet goes to %d, not %d", to[i], want);
		}
	}
}

static void check_kinds(enum kind kind, uint32_t nb, unsigned depth, unsigned bursts)
{
	static const enum nf_ruleset_kind kinds[] = { NF_RULESET_ANY, NF_RULESET_PROG,
		NF_RULESET_CUT };
	struct nf_ruleset s;
	struct list l;

	list_make(&l, kind, nb, depth);
	for (unsigned i = 0; i < UK_ARRAY_SIZE(kinds); i++) {
		if (kinds[i] == NF_RULESET_PROG && nb > 60)
			continue;
		assert_int_equal(nf_ruleset_make(&s, &l.rules, l.roots, l.outs, l.nb, kinds[i]), 0);
		list_check(&l, &s, bursts);
		nf_ruleset_free(&s);
	}
	list_free(&l);
}

static void test_random(void **state)
{
	for (unsigned i = 0; i < 400; i++) {
		gen_seed(i);
		check_kinds(MIXED, gen(gen(4) ? 8 : 60), 3, 10);
	}
}

static void test_deep(void **state)
{
	for (unsigned i = 0; i < 60; i++) {
		gen_seed(1000 + i);
		check_kinds(MIXED, 1 + gen(6), 6, 10);
	}
}

static void test_firewall(void **state)
{
	for (unsigned i = 0; i < 40; i++) {
		gen_seed(2000 + i);
		check_kinds(FIREWALL, 1 + gen(i < 30 ? 60 : 400), 1, 20);
	}
}

static void test_long(void **state)
{
	for (unsigned i = 0; i < 3; i++) {
		gen_seed(3000 + i);
		check_kinds(i == 2 ? MIXED : FIREWALL, 3000, 1, 4);
	}
}

static void test_hex(void **state)
{
	for (unsigned i = 0; i < 200; i++) {
		gen_seed(4000 + i);
		check_kinds(HEX, gen(gen(4) ? 10 : 200), 0, 10);
	}
}

static void test_empty(void **state)
{
	struct nf_ruleset s;
	struct list l;

	gen_seed(1);
	list_make(&l, MIXED, 0, 0);
	for (enum nf_ruleset_kind kind = NF_RULESET_ANY; kind <= NF_RULESET_CUT; kind++) {
		assert_int_equal(nf_ruleset_make(&s, &l.rules, l.roots, l.outs, 0, kind), 0);
		list_check(&l, &s, 2);
		nf_ruleset_free(&s);
	}
	list_free(&l);
}

/* Ten thousand rules as firewalls have them take little memory. */
static void test_size(void **state)
{
	struct nf_ruleset s;
	struct list l;

	gen_seed(5000);
	list_make(&l, FIREWALL, 10000, 0);
	assert_int_equal(nf_ruleset_make(&s, &l.rules, l.roots, l.outs, l.nb, NF_RULESET_ANY), 0);
	assert_true(nf_cut_bytes(&s.cut) < 2 * NF_CUT_BYTES);
	list_check(&l, &s, 2);
	nf_ruleset_free(&s);
	list_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_firewall),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
