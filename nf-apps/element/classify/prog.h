/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules as a program: steps that compare a masked packet word with a value and go on at one of two
 * others, always forward, until one names an output. This is what Click's classifiers run and show
 * in their `program` handler. Good for few rules; its cost grows with their number.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_CLASSIFY_PROG_H
#define SLUICE_NF_APPS_ELEMENT_CLASSIFY_PROG_H

#include "nf-apps/click/text.h"
#include "nf-apps/element/classify/rule.h"

/* Targets: a step's number, or an output. */
#define NF_PROG_OUT(output) (-1 - (int32_t)(output))
#define NF_PROG_NB(target)  (-1 - (target)) /* the output of a target */
#define NF_PROG_DROP        INT32_MAX       /* an output: the packet goes nowhere */
#define NF_PROG_FAIL        (INT32_MAX - 1) /* an output, while rules are joined: try the next rule */

struct nf_prog_step {
	uint32_t mask, value; /* as they lie in memory */
	int32_t to[2];        /* no, yes */
	uint16_t off;
	uint16_t need; /* bytes from base; 0: any packet has enough */
	uint8_t base;
	uint8_t short_to; /* index of to[] for packets that have less */
};

struct nf_prog {
	struct nf_prog_step *v;
	uint32_t nb, room;
	int32_t start;                /* a target */
	uint32_t safe[NF_RULE_BASES]; /* every word lies in a packet with so many bytes */
	bool failed;                  /* out of memory */
};

/* Adds the steps of one rule: leads to `yes` or `no`. Returns the target where it begins. */
int32_t nf_prog_rule(
	struct nf_prog *p, const struct nf_rules *r, uint32_t root, int32_t yes, int32_t no);

/*
 * The program of a list of rules, the first that matches wins, made short: no step asks what is known
 * already. outs[i] is the output of rule roots[i]. -ENOMEM. Cost: grows with the square of the
 * number of tests.
 */
int nf_prog_make(struct nf_prog *p, const struct nf_rules *r, const uint32_t roots[],
	const int32_t outs[], uint32_t nb) UK_MUST_USE;
void nf_prog_free(struct nf_prog *p);

/* The parts of nf_prog_make; for prog*.c and tests. */
void nf_prog_opt_sort(struct nf_prog *p);    /* in chains of "and" and "or": protocol first */
void nf_prog_opt_forward(struct nf_prog *p); /* edges skip steps whose outcome is known */
void nf_prog_opt_merge(struct nf_prog *p);   /* two steps on one word become one */
void nf_prog_opt_clean(struct nf_prog *p);   /* what is not reached goes */
void nf_prog_opt_layout(struct nf_prog *p);  /* steps that try values of one word lie together */

/* The program as Click's `program` handlers show it. */
void nf_prog_print(const struct nf_prog *p, struct nf_text *out);
/* Statements of C that do the same for a packet of at least `safe` bytes: they end in `return N;`,
 * or `return DROP;`. They read words at const uint8_t *at_mac, *at_net, *at_transp, *at_data by
 * nf_patterns_word (patterns.h). */
void nf_prog_print_c(const struct nf_prog *p, const char *drop, struct nf_text *out);

/* True if the packet has the bytes that nf_prog_run_safe wants. */
UK_INLINE bool nf_prog_is_safe(const struct nf_prog *p, const struct nf_rule_view *v)
{
	return v->len[NF_RULE_MAC] >= p->safe[NF_RULE_MAC] &&
	       v->len[NF_RULE_NET] >= p->safe[NF_RULE_NET] &&
	       v->len[NF_RULE_TRANSP] >= p->safe[NF_RULE_TRANSP] &&
	       v->len[NF_RULE_DATA] >= p->safe[NF_RULE_DATA];
}

/* Both return the output of a run from target `start` on. */
int32_t nf_prog_run_short(const struct nf_prog *p, int32_t start, const struct nf_rule_view *v);

UK_INLINE int32_t nf_prog_run_safe(
	const struct nf_prog *p, int32_t start, const uint8_t *const at[NF_RULE_BASES])
{
	int32_t t = start;

	while (t >= 0) {
		const struct nf_prog_step *s = &p->v[t];
		uint32_t word;

		__builtin_memcpy(&word, at[s->base] + s->off, sizeof(word));
		/* Branches, not a choice of numbers: then the next steps run ahead of the loads. */
		if ((word & s->mask) == s->value)
			t = s->to[1];
		else
			t = s->to[0];
	}
	return NF_PROG_NB(t);
}

#endif
