/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer: patterns, one in a line, up to a zero byte, and packets behind it. Whatever the text is, it is
 * rules or an error; the rules' program and their cut say of each packet what nf_rule_eval says, and
 * nothing is read beyond the packet's end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/args.h"
#include "nf-apps/element/classify/hexpattern.h"
#include "nf-apps/element/classify/ipexpr.h"
#include "nf-apps/element/classify/ruleset.h"

#define RULES_MAX   24
#define TEXT_MAX    1500
#define PACKETS_MAX 16
#define OUTS        3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct nf_element *nf_element_find(const struct nf_element *e, const char *name)
{
	return NULL;
}

bool nf_element_is(const struct nf_element *e, const char *class_name)
{
	return false;
}

struct fuzz {
	struct nf_errors errs;
	struct nf_args args;
	struct nf_rules rules;
	struct nf_ipexpr expr;
	uint32_t roots[RULES_MAX];
	int32_t outs[RULES_MAX];
	uint32_t nb;
	struct uk_netbuf packets[PACKETS_MAX];
	unsigned nb_packets;
};

static void fuzz_rules(struct fuzz *f, char *text, bool hex)
{
	char *line;

	while (f->nb < RULES_MAX && (line = strsep(&text, "\n")) != NULL) {
		uint32_t *root = &f->roots[f->nb];

		f->expr.nr = f->nb;
		f->outs[f->nb] = f->nb % OUTS == 2 ? NF_PROG_DROP : (int32_t)f->nb % OUTS;
		if (hex) {
			*root = nf_hexpattern_rule(&f->rules, &f->args, f->nb, line);
		} else {
			if (nf_ipexpr_split(&f->expr, line) < 0)
				abort();
			*root = nf_ipexpr_rule(&f->expr);
		}
		f->nb++;
	}
}

static uint16_t fuzz_off(uint8_t b)
{
	return b == 255 ? UK_NETBUF_NO_OFF : b;
}

/* Each packet in memory of its own, so that a byte behind it is an error. */
static void fuzz_packets(struct fuzz *f, const uint8_t *data, size_t size)
{
	while (f->nb_packets < PACKETS_MAX && size >= 5) {
		struct uk_netbuf *p = &f->packets[f->nb_packets++];
		size_t len = data[0] < size - 5 ? data[0] : size - 5;

		*p = (struct uk_netbuf){ .l2_off = fuzz_off(data[1]),
			.l3_off = fuzz_off(data[2]),
			.l4_off = fuzz_off(data[3]),
			.buflen = (uint32_t)len };
		p->buf = malloc(len + 1);
		if (p->buf == NULL)
			abort();
		p->buf = realloc(p->buf, len ? len : 1);
		memcpy(p->buf, data + 5, len);
		p->data = p->buf + (data[4] < len ? data[4] : len);
		p->len = (uint32_t)(p->buf + len - p->data);
		data += 5 + len;
		size -= 5 + len;
	}
}

static void fuzz_header(struct nf_rule_view *v, unsigned base, const struct uk_netbuf *p,
	uint16_t off, uint16_t back)
{
	const uint8_t *end = p->data + p->len;

	if (off == UK_NETBUF_NO_OFF || off < back || off - back >= end - p->buf)
		return;
	v->at[base] = p->buf + off - back;
	v->len[base] = (uint32_t)(end - v->at[base]);
}

static int fuzz_says(const struct fuzz *f, const struct uk_netbuf *p)
{
	struct nf_rule_view v = { .at = { [NF_RULE_DATA] = p->data },
		.len = { [NF_RULE_DATA] = p->len } };

	fuzz_header(&v, NF_RULE_MAC, p, p->l2_off, 2);
	fuzz_header(&v, NF_RULE_NET, p, p->l3_off, 0);
	fuzz_header(&v, NF_RULE_TRANSP, p, p->l4_off, 0);
	for (uint32_t i = 0; i < f->nb; i++) {
		if (nf_rule_eval(&f->rules, f->roots[i], &v))
			return f->outs[i] == NF_PROG_DROP ? NF_RULESET_DROP : f->outs[i];
	}
	return NF_RULESET_DROP;
}

static void fuzz_compare(struct fuzz *f, enum nf_ruleset_kind kind)
{
	struct uk_netbuf *v[PACKETS_MAX];
	struct nf_text t = { 0 };
	struct nf_ruleset s;
	int16_t to[PACKETS_MAX];

	if (nf_ruleset_make(&s, &f->rules, f->roots, f->outs, f->nb, kind) != 0)
		abort();
	for (unsigned i = 0; i < f->nb_packets; i++)
		v[i] = &f->packets[i];
	nf_ruleset_run(&s, v, to, f->nb_packets);
	for (unsigned i = 0; i < f->nb_packets; i++) {
		if (to[i] != fuzz_says(f, v[i]) || nf_ruleset_one(&s, v[i]) != to[i])
			abort();
	}
	nf_ruleset_program(&s, &t);
	nf_text_free(&t);
	nf_ruleset_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz f;
	char text[TEXT_MAX + 1];
	size_t len = strnlen((const char *)data, size < TEXT_MAX ? size : TEXT_MAX);

	if (size == 0)
		return 0;
	memset(&f, 0, sizeof(f));
	memcpy(text, data, len);
	text[len] = '\0';
	if (nf_args_init(&f.args, "", NULL, NULL, &f.errs) != 0)
		abort();
	f.expr = (struct nf_ipexpr){ .rules = &f.rules, .args = &f.args, .what = "pattern" };
	fuzz_rules(&f, text, data[size - 1] % 4 == 3);
	fuzz_packets(&f, data + len, size - len);
	if (f.args.nb_errors == 0) {
		fuzz_compare(&f, NF_RULESET_ANY);
		fuzz_compare(&f, NF_RULESET_PROG);
		fuzz_compare(&f, NF_RULESET_CUT);
	}
	for (unsigned i = 0; i < f.nb_packets; i++)
		free(f.packets[i].buf);
	nf_rule_free(&f.rules);
	nf_ipexpr_free(&f.expr);
	nf_args_free(&f.args);
	nf_errors_free(&f.errs);
	return 0;
}
