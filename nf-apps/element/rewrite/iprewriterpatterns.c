/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPRewriterPatterns(NAME PATTERN, ...)
 *
 * Gives names to patterns that several rewriters, or several inputs of one, use together, so that
 *they never choose the same port for two flows at once. A name may be given once in a
 *configuration.
 *
 * Arguments: each "NAME SADDR SPORT DADDR DPORT", or "NAME SADDR DADDR" for rewriters of addresses;
 *see IPRewriter. Ports: none. Handlers: patterns (r).
 *
 *	IPRewriterPatterns(out 1.0.0.1 1024-65535 - -);
 *	rw :: IPRewriter(pattern out 0 1, drop);
 */
#include <stdlib.h>
#include "nf-apps/element/rewrite/rwmapper.h"

static void iprewriterpatterns_one(struct nf_element *e, struct nf_args *a, const char *text)
{
	struct nf_rwpattern_list *l = e->state;
	char *words[6], *copy = NULL;
	int nb = nf_args_words(text, words, UK_ARRAY_SIZE(words), &copy);
	const char *why = "syntax error, expected 'NAME PATTERN'";
	struct nf_rwpattern *p = NULL;

	if (nb >= 3 && nf_rwpattern_named(e, words[0]) != NULL)
		why = "there is a pattern of that name already";
	else if (nb >= 3)
		p = nf_rwpattern_parse(e, words + 1, (unsigned)nb - 1, &why);
	if (p != NULL) {
		l->v[l->nb].name = strdup(words[0]);
		l->v[l->nb].p = p;
		if (l->v[l->nb].name != NULL)
			l->nb++;
		else
			nf_rwpattern_unuse(p);
	} else {
		nf_args_error(a, "'%s': %s", nb > 0 ? words[0] : "", why);
	}
	if (nb >= 0)
		free(copy);
}

static int iprewriterpatterns_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_rwpattern_list *l = e->state;
	const char *text;

	l->v = calloc(nf_args_left(a) + 1, sizeof(*l->v));
	if (l->v == NULL)
		nf_args_error(a, "out of memory");
	while ((text = nf_args_next(a)) != NULL) {
		if (l->v != NULL)
			iprewriterpatterns_one(e, a, text);
	}
	return nf_args_end(a);
}

static void iprewriterpatterns_cleanup(struct nf_element *e)
{
	struct nf_rwpattern_list *l = e->state;

	for (uint32_t i = 0; i < l->nb; i++) {
		free(l->v[i].name);
		nf_rwpattern_unuse(l->v[i].p);
	}
	free(l->v);
	l->nb = 0;
}

static int iprewriterpatterns_read(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_rwpattern_list *l = e->state;

	for (uint32_t i = 0; i < l->nb; i++) {
		nf_text_printf(out, "%s ", l->v[i].name);
		nf_rwpattern_print(l->v[i].p, out);
		nf_text_printf(out, "\n");
	}
	return 0;
}

const struct nf_class nf_iprewriterpatterns = {
	.name = "IPRewriterPatterns",
	.ports = "0/0",
	.processing = "a/a",
	.state_size = sizeof(struct nf_rwpattern_list),
	.configure = iprewriterpatterns_configure,
	.cleanup = iprewriterpatterns_cleanup,
	.handlers =
		(const struct nf_handler[]){
			{ .name = "patterns", .read = iprewriterpatterns_read }, { .name = NULL } },
	.phase = NF_RWMAPPER_PHASE_PATTERNS,
};
