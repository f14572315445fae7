/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include "nf-apps/element/rewrite/rwpatterns.h"

static bool rwpatterns_id(const char *word, uint32_t *id)
{
	uint64_t v;

	if (nf_addr_u64(word, &v) < 0 || v > UINT16_MAX)
		return false;
	*id = (uint32_t)v;
	return true;
}

static void rwpatterns_one(
	struct nf_rwpatterns *l, struct nf_args *a, unsigned nr, const char *text, bool ids)
{
	struct nf_rwpatterns_one *one = &l->v[l->nb];
	const char *why = "syntax error";
	char *words[8], *copy = NULL;
	int nb = nf_args_words(text, words, UK_ARRAY_SIZE(words), &copy);
	uint32_t f = 0, r = 0;

	if (ids && (nb < 1 || !rwpatterns_id(words[nb - 1], &one->id)))
		why = "bad server ID in pattern spec";
	else
		one->pattern = nf_rwpattern_parse_outputs(a->e, words, nb - ids, &f, &r, &why);
	if (nb >= 0)
		free(copy);
	if (one->pattern == NULL) {
		nf_args_error(a, "pattern %u: %s", nr, why);
		return;
	}
	one->out[0] = (uint16_t)f;
	one->out[1] = (uint16_t)r;
	l->nb++;
}

void nf_rwpatterns_read(struct nf_rwpatterns *l, struct nf_args *a, bool ids)
{
	const char *text;
	unsigned nr = 0;

	l->v = calloc(nf_args_left(a) + 1, sizeof(*l->v));
	if (l->v == NULL)
		nf_args_error(a, "out of memory");
	else if (nf_args_left(a) == 0)
		nf_args_error(a, "no patterns given");
	else if (nf_args_left(a) == 1)
		nf_errors_warn(a->errs, a->where, "only one pattern given");
	while ((text = nf_args_next(a)) != NULL) {
		if (l->v != NULL)
			rwpatterns_one(l, a, nr++, text, ids);
	}
}

void nf_rwpatterns_free(struct nf_rwpatterns *l)
{
	for (uint32_t i = 0; i < l->nb; i++)
		nf_rwpattern_unuse(l->v[i].pattern);
	free(l->v);
	*l = (struct nf_rwpatterns){ 0 };
}

uint32_t nf_rwpatterns_max_output(const struct nf_rwpatterns *l)
{
	uint32_t max = 0;

	for (uint32_t i = 0; i < l->nb; i++) {
		for (unsigned dir = 0; dir < 2; dir++)
			max = l->v[i].out[dir] > max ? l->v[i].out[dir] : max;
	}
	return max;
}

void nf_rwpatterns_print(const struct nf_rwpatterns *l, struct nf_text *t)
{
	for (uint32_t i = 0; i < l->nb; i++) {
		nf_rwpattern_print(l->v[i].pattern, t);
		nf_text_printf(t, " %u %u\n", l->v[i].out[0], l->v[i].out[1]);
	}
}
