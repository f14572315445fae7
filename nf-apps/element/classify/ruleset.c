/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/classify/ruleset.h"

void nf_ruleset_free(struct nf_ruleset *s)
{
	nf_prog_free(&s->prog);
	nf_prog_free(&s->list);
	nf_cut_free(&s->cut);
	nf_cut_free(&s->other);
	free(s->start);
	free(s->out);
	free(s->to);
	free(s->used);
	*s = (struct nf_ruleset){ 0 };
}

/* What confirms the boxes, and what packets without a key are asked. */
static void ruleset_list(
	struct nf_ruleset *s, const struct nf_rules *r, const uint32_t roots[], uint32_t nb)
{
	for (uint32_t i = 0; i < nb && !s->list.failed; i++)
		s->start[i] = nf_prog_rule(&s->list, r, roots[i], NF_PROG_OUT(1), NF_PROG_OUT(0));
	s->start[nb] = (int32_t)s->list.nb;
}

/* Both cuts. */
static int ruleset_cuts(struct nf_ruleset *s, const struct nf_lane_boxes *all)
{
	const struct nf_cut_what what = { .nb_rules = s->nb, .used = s->used, .to = s->to };
	struct nf_lane_boxes whole = { 0 }, state = { 0 };
	int rc = -ENOMEM;

	nf_lane_boxes_whole(&whole, all, &s->lanes);
	nf_lane_boxes_state(&state, all);
	if (!whole.failed && !state.failed)
		rc = nf_cut_make(&s->cut, &whole, &what);
	if (rc == 0)
		rc = nf_cut_make(&s->other, &state, &what);
	nf_lane_boxes_free(&whole);
	nf_lane_boxes_free(&state);
	return rc;
}

static int ruleset_cut(struct nf_ruleset *s, const struct nf_rules *r, const uint32_t roots[])
{
	struct nf_lane_boxes boxes = { 0 };
	int rc = -ENOMEM;

	s->is_cut = true;
	s->start = malloc((s->nb + 1) * sizeof(*s->start));
	if (s->start == NULL)
		return -ENOMEM;
	ruleset_list(s, r, roots, s->nb);
	nf_lane_choose(&s->lanes, r);
	for (uint32_t i = 0; i < s->nb && !boxes.failed; i++)
		nf_lane_boxes(&boxes, &s->lanes, r, roots[i], i);
	if (!boxes.failed && !s->list.failed)
		rc = ruleset_cuts(s, &boxes);
	nf_lane_boxes_free(&boxes);
	return rc;
}

/* The rules whose outputs are in the program. */
static void ruleset_prog_used(struct nf_ruleset *s)
{
	for (uint32_t i = 0; i < s->nb; i++) {
		s->used[i] = s->prog.start == NF_PROG_OUT(s->out[i]);
		for (uint32_t k = 0; k < s->prog.nb && !s->used[i]; k++)
			s->used[i] = s->prog.v[k].to[0] == NF_PROG_OUT(s->out[i]) ||
				     s->prog.v[k].to[1] == NF_PROG_OUT(s->out[i]);
	}
}

static int ruleset_prog(struct nf_ruleset *s, const struct nf_rules *r, const uint32_t roots[],
	const int32_t outs[], bool any)
{
	int rc = nf_prog_make(&s->prog, r, roots, outs, s->nb);

	if (rc != 0)
		return rc;
	if (any && s->prog.nb > NF_RULESET_PROG_STEPS) {
		nf_prog_free(&s->prog);
		return 0;
	}
	s->has_prog = true;
	ruleset_prog_used(s);
	return 0;
}

/* True: the program is to run. */
static bool ruleset_runs(const struct nf_ruleset *s)
{
	uint32_t max = s->prog.safe[NF_RULE_DATA] > 0 ? NF_RULESET_RUN_DATA : NF_RULESET_RUN_STEPS;

	return s->has_prog && s->prog.nb <= max;
}

static int ruleset_room(struct nf_ruleset *s, const int32_t outs[])
{
	s->out = malloc((s->nb + 1) * sizeof(*s->out));
	s->to = malloc((s->nb + 1) * sizeof(*s->to));
	s->used = calloc(s->nb + 1, sizeof(*s->used));
	if (s->out == NULL || s->to == NULL || s->used == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->nb; i++) {
		s->out[i] = outs[i];
		s->to[i] = (int16_t)(outs[i] == NF_PROG_DROP ? NF_RULESET_DROP : outs[i]);
	}
	s->to[s->nb] = NF_RULESET_DROP;
	return 0;
}

int nf_ruleset_make(struct nf_ruleset *s, const struct nf_rules *r, const uint32_t roots[],
	const int32_t outs[], uint32_t nb, enum nf_ruleset_kind kind)
{
	int rc;

	*s = (struct nf_ruleset){ .nb = nb };
	if (nb > NF_RULESET_RULES_MAX)
		return -E2BIG;
	rc = r->failed ? -ENOMEM : ruleset_room(s, outs);
	if (rc == 0 && (kind == NF_RULESET_PROG ||
			       (kind == NF_RULESET_ANY && nb <= NF_RULESET_PROG_RULES)))
		rc = ruleset_prog(s, r, roots, outs, kind == NF_RULESET_ANY);
	if (rc == 0 && kind != NF_RULESET_PROG && !ruleset_runs(s))
		rc = ruleset_cut(s, r, roots);
	if (rc != 0)
		nf_ruleset_free(s);
	return rc;
}

bool nf_ruleset_is_unused(const struct nf_ruleset *s, int32_t out)
{
	for (uint32_t i = 0; i < s->nb; i++) {
		if (s->used[i] && s->out[i] == out)
			return false;
	}
	return true;
}

/* A copy of the steps in which rules lead to outputs and to each other. */
static void ruleset_program_of_cut(const struct nf_ruleset *s, struct nf_text *out)
{
	struct nf_prog p = s->list;
	uint32_t rule = 0;

	p.v = malloc((p.nb + 1) * sizeof(*p.v));
	if (p.v == NULL) {
		out->full = true;
		return;
	}
	for (uint32_t i = 0; i < p.nb; i++) {
		p.v[i] = s->list.v[i];
		while ((int32_t)i >= s->start[rule + 1])
			rule++;
		for (unsigned k = 0; k < 2; k++) {
			int32_t *to = &p.v[i].to[k];

			if (*to == NF_PROG_OUT(1))
				*to = NF_PROG_OUT(s->out[rule]);
			else if (*to == NF_PROG_OUT(0))
				*to = rule + 1 < s->nb ? s->start[rule + 1]
						       : NF_PROG_OUT(NF_PROG_DROP);
		}
	}
	p.start = p.nb > 0 ? 0 : NF_PROG_OUT(NF_PROG_DROP);
	nf_prog_print(&p, out);
	free(p.v);
}

void nf_ruleset_program(const struct nf_ruleset *s, struct nf_text *out)
{
	if (s->has_prog)
		nf_prog_print(&s->prog, out);
	else
		ruleset_program_of_cut(s, out);
}
