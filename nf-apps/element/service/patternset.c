/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/element/service/patternset.h"

#define PATTERNSET_WORDS 16

/* The number behind words[*i]. */
static bool pset_number(struct nf_args *a, char *words[], int nb, int *i, uint32_t max, uint32_t *v)
{
	const char *key = words[*i];
	uint64_t u;

	if (++*i >= nb || nf_addr_u64(words[*i], &u) < 0 || u > max) {
		nf_args_error(a, "pattern '%.30s': %s takes a number up to %u", words[0], key, max);
		return false;
	}
	*v = (uint32_t)u;
	return true;
}

/* The word at *i and what belongs to it. */
static bool pset_word(struct nf_args *a, struct nf_patternset_rule *r, char *words[], int nb,
	int *i, uint32_t *depth)
{
	const char *w = words[*i];
	uint32_t v = 0;

	if (strcmp(w, "nocase") == 0)
		r->nocase = true;
	else if (strcmp(w, "tcp") == 0)
		r->proto = NF_IP_TCP;
	else if (strcmp(w, "udp") == 0)
		r->proto = NF_IP_UDP;
	else if (strcmp(w, "alert") == 0)
		r->action = NF_PATTERNSET_ALERT;
	else if (strcmp(w, "divert") == 0)
		r->action = NF_PATTERNSET_DIVERT;
	else if (strcmp(w, "drop") == 0)
		r->action = NF_PATTERNSET_DROP;
	else if (strcmp(w, "offset") == 0)
		return pset_number(a, words, nb, i, INT32_MAX, &r->offset);
	else if (strcmp(w, "depth") == 0)
		return pset_number(a, words, nb, i, INT32_MAX, depth);
	else if (strcmp(w, "port") == 0 && !pset_number(a, words, nb, i, UINT16_MAX, &v))
		return false;
	else if (strcmp(w, "port") == 0)
		r->port = (uint16_t)v;
	else
		return nf_args_error(a, "pattern '%.30s': unknown word '%.30s'", words[0], w) == 0;
	return true;
}

static bool pset_read(struct nf_args *a, struct nf_patternset_rule *r, char *words[], int nb)
{
	uint32_t depth = 0;
	size_t len = 0;

	r->action = NF_PATTERNSET_DEFAULT;
	if (nb < 2) {
		nf_args_error(a, "pattern '%.30s': expected NAME CONTENT", nb > 0 ? words[0] : "");
		return false;
	}
	strncpy(r->name, words[0], sizeof(r->name) - 1);
	r->bytes = (uint8_t *)nf_args_unquote(words[1], &len);
	r->len = (uint32_t)len;
	if (r->bytes == NULL || len == 0 || len > NF_ACDFA_STATES_MAX) {
		nf_args_error(a, "pattern '%.30s': bad content", words[0]);
		return false;
	}
	for (int i = 2; i < nb; i++) {
		if (!pset_word(a, r, words, nb, &i, &depth))
			return false;
	}
	if (depth != 0 && depth < r->len) {
		nf_args_error(a, "pattern '%.30s': longer than its depth", words[0]);
		return false;
	}
	r->last = depth != 0 ? r->offset + depth : 0;
	return true;
}

static bool pset_grow(struct nf_patternset *s)
{
	uint32_t room = s->room == 0 ? 16 : s->room * 2;
	struct nf_patternset_rule *rules;

	if (s->nb < s->room)
		return true;
	rules = room > NF_PATTERNSET_MAX ? NULL : realloc(s->rules, room * sizeof(*rules));
	if (rules == NULL)
		return false;
	s->rules = rules;
	s->room = room;
	return true;
}

bool nf_patternset_add(struct nf_patternset *s, struct nf_args *a, const char *arg)
{
	struct nf_patternset_rule r = { .nb_matches = 0 };
	char *words[PATTERNSET_WORDS], *copy = NULL;
	int nb = nf_args_words(arg, words, PATTERNSET_WORDS, &copy);
	bool good = false;

	if (nb < 0 || !pset_grow(s))
		nf_args_error(a, "pattern '%.30s': too many words, or no memory", arg);
	else
		good = pset_read(a, &r, words, nb);
	if (nb >= 0)
		free(copy);
	if (good)
		s->rules[s->nb++] = r;
	else
		free(r.bytes);
	return good;
}

static int pset_automaton(struct nf_patternset *s, unsigned nocase, size_t row_bytes)
{
	struct nf_acdfa_pattern *p = calloc(s->nb + 1, sizeof(*p));
	uint32_t nb = 0;
	int rc;

	s->rule_of[nocase] = calloc(s->nb + 1, sizeof(uint32_t));
	if (p == NULL || s->rule_of[nocase] == NULL) {
		free(p);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < s->nb; i++) {
		if (s->rules[i].nocase != nocase)
			continue;
		s->rule_of[nocase][nb] = i;
		p[nb++] = (struct nf_acdfa_pattern){ s->rules[i].bytes, s->rules[i].len };
	}
	rc = nf_acdfa_build(&s->automaton[nocase], p, nb, nocase, row_bytes);
	free(p);
	return rc;
}

int nf_patternset_build(struct nf_patternset *s, uint8_t action, size_t row_bytes)
{
	int rc = 0;

	for (uint32_t i = 0; i < s->nb; i++) {
		if (s->rules[i].action == NF_PATTERNSET_DEFAULT)
			s->rules[i].action = action;
	}
	for (unsigned nocase = 0; nocase < 2 && rc == 0; nocase++)
		rc = pset_automaton(s, nocase, row_bytes);
	return rc;
}

void nf_patternset_free(struct nf_patternset *s)
{
	for (uint32_t i = 0; i < s->nb; i++)
		free(s->rules[i].bytes);
	free(s->rules);
	for (unsigned nocase = 0; nocase < 2; nocase++) {
		free(s->rule_of[nocase]);
		nf_acdfa_free(&s->automaton[nocase]);
	}
	*s = (struct nf_patternset){ .nb = 0 };
}

struct pset_scan {
	const struct nf_patternset *s;
	const uint32_t *rule_of;
	uint32_t pos;
	nf_patternset_fn fn;
	void *arg;
};

static bool pset_found(void *arg, uint32_t pattern, uint32_t end)
{
	struct pset_scan *x = arg;
	uint32_t rule = x->rule_of[pattern];
	const struct nf_patternset_rule *r = &x->s->rules[rule];

	end += x->pos;
	if (end - r->len >= r->offset && (r->last == 0 || end <= r->last))
		x->fn(x->arg, rule);
	return true;
}

void nf_patternset_scan(struct nf_patternset *s, struct nf_patternset_state *at,
	const uint8_t *data, uint32_t len, uint32_t pos, nf_patternset_fn fn, void *arg)
{
	for (unsigned nocase = 0; nocase < 2; nocase++) {
		struct pset_scan x = { s, s->rule_of[nocase], pos, fn, arg };

		at->at[nocase] = nf_acdfa_scan(
			&s->automaton[nocase], at->at[nocase], data, len, pset_found, &x);
	}
}
