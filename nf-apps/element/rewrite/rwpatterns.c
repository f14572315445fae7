/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include "nf-apps/element/rewrite/rwpatterns.h"

/* Cuts the number at the end off. */
static bool rwpatterns_id(char *text, uint32_t *id)
{
	char *last;
	uint64_t v;
	size_t len = strlen(text);

	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		text[--len] = '\0';
	last = strrchr(text, ' ');
	if (last == NULL || nf_addr_u64(last + 1, &v) < 0 || v > UINT16_MAX)
		return false;
	*last = '\0';
	*id = (uint32_t)v;
	return true;
}

static void rwpatterns_one(
	struct nf_rwpatterns *l, struct nf_args *a, unsigned nr, const char *text, bool ids)
{
	struct nf_rwpatterns_one *one = &l->v[l->nb];
	const char *why = "bad server ID in pattern spec";
	char *copy = strdup(text);
	uint32_t f = 0, r = 0;

	if (copy != NULL && (!ids || rwpatterns_id(copy, &one->id)))
		one->pattern = nf_rwpattern_parse_outputs(a->e, copy, &f, &r, &why);
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
