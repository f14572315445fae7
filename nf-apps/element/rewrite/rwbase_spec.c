/* SPDX-License-Identifier: BSD-3-Clause */
/* Input specifications as text. */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/rewrite/rwbase.h"

static int rwspec_bad(struct nf_text *why, const char *text)
{
	nf_text_printf(why, "%s", text);
	return -EINVAL;
}

static bool rwspec_outputs(
	const struct nf_rwbase *rw, struct nf_rwinput *in, uint64_t f, uint64_t r)
{
	in->out[0] = (uint16_t)f;
	in->out[1] = (uint16_t)r;
	return f < rw->e->nb_out && r < rw->e->nb_out;
}

static const char rwspec_range[] = "output port out of range";

static int rwspec_pass(const struct nf_rwbase *rw, char *const w[], unsigned nb,
	struct nf_rwinput *in, struct nf_text *why)
{
	uint64_t out = 0;

	if (nb > 2 || (nb == 2 && nf_addr_u64(w[1], &out) < 0)) {
		nf_text_printf(why, "syntax error, expected '%s [OUTPUT]'", w[0]);
		return -EINVAL;
	}
	in->kind = NF_RWBASE_PASS;
	return rwspec_outputs(rw, in, out, out) ? 0 : rwspec_bad(why, rwspec_range);
}

static int rwspec_keep(const struct nf_rwbase *rw, char *const w[], unsigned nb,
	struct nf_rwinput *in, struct nf_text *why)
{
	uint64_t f, r;

	if (nb != 3 || nf_addr_u64(w[1], &f) < 0)
		return rwspec_bad(why, "bad forward port");
	if (nf_addr_u64(w[2], &r) < 0)
		return rwspec_bad(why, "bad reply port");
	in->kind = NF_RWBASE_KEEP;
	return rwspec_outputs(rw, in, f, r) ? 0 : rwspec_bad(why, rwspec_range);
}

static int rwspec_pattern(const struct nf_rwbase *rw, char *const w[], unsigned nb,
	struct nf_rwinput *in, struct nf_text *why)
{
	const char *text = NULL;
	uint32_t f, r;

	in->pattern = nf_rwpattern_parse_outputs(rw->e, w + 1, (int)nb - 1, &f, &r, &text);
	if (in->pattern == NULL)
		return rwspec_bad(why, text);
	in->kind = NF_RWBASE_PATTERN;
	return rwspec_outputs(rw, in, f, r) ? 0 : rwspec_bad(why, rwspec_range);
}

static int rwspec_mapper(const struct nf_rwbase *rw, char *const w[], unsigned nb,
	struct nf_rwinput *in, struct nf_text *why)
{
	struct nf_element *m = nf_element_find(rw->e, w[0]);

	if (m == NULL)
		return rwspec_bad(why, "unknown specification");
	if (nb != 1)
		return rwspec_bad(why, "syntax error, expected element name");
	if (nf_rwmapper_of(m) == NULL)
		return rwspec_bad(why, "element is not an IPMapper");
	in->kind = NF_RWBASE_MAPPER;
	in->mapper = m;
	if (nf_rwmapper_of(m)->ops->max_output(m) < rw->e->nb_out)
		return 0;
	nf_text_printf(why, "output port of '%s' is out of range", m->name);
	return -EINVAL;
}

static bool rwspec_is(const char *word, const char *a, const char *b)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

static int rwspec_words(const struct nf_rwbase *rw, char *const w[], unsigned nb,
	struct nf_rwinput *in, struct nf_text *why)
{
	if (nb == 0)
		return rwspec_bad(why, "empty argument");
	if (rwspec_is(w[0], "pass", "nochange") || strcmp(w[0], "passthrough") == 0)
		return rwspec_pass(rw, w, nb, in, why);
	if (strcmp(w[0], "keep") == 0)
		return rwspec_keep(rw, w, nb, in, why);
	if (rwspec_is(w[0], "pattern", "xpattern"))
		return rwspec_pattern(rw, w, nb, in, why);
	if (!rwspec_is(w[0], "drop", "discard"))
		return rwspec_mapper(rw, w, nb, in, why);
	if (nb == 1)
		return 0;
	nf_text_printf(why, "syntax error, expected '%s'", w[0]);
	return -EINVAL;
}

int nf_rwbase_spec(
	struct nf_rwbase *rw, const char *text, struct nf_rwinput *in, struct nf_text *why)
{
	char *words[8], *copy = NULL;
	int nb = nf_args_words(text, words, UK_ARRAY_SIZE(words), &copy), rc;

	*in = (struct nf_rwinput){ .kind = NF_RWBASE_DROP };
	if (nb == -ENOMEM)
		return rwspec_bad(why, "out of memory");
	if (nb < 0)
		return rwspec_bad(why, "syntax error");
	rc = rwspec_words(rw, words, (unsigned)nb, in, why);
	free(copy);
	if (rc < 0)
		nf_rwbase_spec_free(in);
	return rc;
}

void nf_rwbase_spec_free(struct nf_rwinput *in)
{
	nf_rwpattern_unuse(in->pattern);
	*in = (struct nf_rwinput){ .kind = NF_RWBASE_DROP };
}

const char *nf_rwbase_unfit(const struct nf_rwbase *rw, const struct nf_rwinput *in)
{
	const struct nf_rwpattern *p = in->pattern;

	if (in->mapper != NULL && nf_rwmapper_of(in->mapper)->ops->endpoint && !rw->endpoint)
		return "this mapper needs a rewriter with ENDPOINT_INDEPENDENT";
	if (p == NULL)
		return NULL;
	if (p->ports && (rw->ops->patterns & 1) == 0)
		return "the pattern has ports, this rewriter changes addresses only";
	if (!p->ports && p->top > 0 && (rw->ops->patterns & 2) == 0)
		return "an address range is for rewriters without ports";
	return rw->ops->src_only && p->dst != 0 ? "the pattern's destination must be '-'" : NULL;
}
