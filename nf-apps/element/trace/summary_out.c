/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/trace/summary_out.h"

#define OUT_END 0
#define OUT_NOP 1

void nf_summary_out_byte(struct nf_summary_out *o, uint32_t v)
{
	if (o->len < NF_SUMMARY_OUT_MAX && v <= 255)
		o->v[o->len++] = (uint8_t)v;
	else
		o->bad = true;
}

void nf_summary_out_word(struct nf_summary_out *o, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		nf_summary_out_byte(o, v >> shift & 255);
}

void nf_summary_out_set(struct nf_summary_out *o, uint32_t at, uint32_t v)
{
	if (at < o->len && v <= 255)
		o->v[at] = (uint8_t)v;
	else
		o->bad = true;
}

uint32_t nf_summary_out_number(struct nf_summary_out *o, const char **s, uint32_t max)
{
	unsigned long long v = 0;
	char *end = NULL;

	if (**s >= '0' && **s <= '9')
		v = strtoull(*s, &end, 10);
	if (end == NULL || v > max) {
		o->bad = true;
		return 0;
	}
	*s = end;
	return (uint32_t)v;
}

void nf_summary_out_expect(struct nf_summary_out *o, const char **s, char c)
{
	if (**s == c)
		++*s;
	else
		o->bad = true;
}

bool nf_summary_out_word_is(const char **s, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*s, word, len) != 0)
		return false;
	*s += len;
	return true;
}

bool nf_summary_out_next(struct nf_summary_out *o, const char **s)
{
	if (o->bad || (**s != ',' && **s != ';'))
		return false;
	++*s;
	return true;
}

void nf_summary_out_parse_other(struct nf_summary_out *o, const char **s)
{
	uint32_t begin = o->len;

	if (nf_summary_out_word_is(s, "nop")) {
		nf_summary_out_byte(o, OUT_NOP);
		return;
	}
	if (nf_summary_out_word_is(s, "eol")) {
		nf_summary_out_byte(o, OUT_END);
		o->bad |= **s != '\0';
		return;
	}
	nf_summary_out_byte(o, nf_summary_out_number(o, s, 255));
	if (o->bad || o->v[begin] <= OUT_NOP)
		return;
	nf_summary_out_byte(o, 0);
	for (char sep = '='; !o->bad && **s == sep; sep = ':') {
		++*s;
		nf_summary_out_byte(o, nf_summary_out_number(o, s, 255));
	}
	nf_summary_out_set(o, begin + 1, o->len - begin);
}

int nf_summary_out_end(struct nf_summary_out *o, const char *s, uint8_t to[NF_SUMMARY_OPT_MAX])
{
	uint32_t skip = 0;

	if (o->bad || *s != '\0')
		return -EINVAL;
	while (o->len - skip > NF_SUMMARY_OPT_MAX && o->v[skip] == OUT_NOP)
		skip++;
	if (o->len - skip > NF_SUMMARY_OPT_MAX)
		return -EINVAL;
	memcpy(to, o->v + skip, o->len - skip);
	return (int)(o->len - skip);
}

void nf_summary_out_unknown(const uint8_t *o, struct nf_text *out)
{
	nf_text_printf(out, "%u", o[0]);
	for (unsigned i = 2; i < o[1]; i++)
		nf_text_printf(out, "%c%u", i == 2 ? '=' : ':', o[i]);
}

void nf_summary_out_bad(struct nf_text *out, size_t begin)
{
	if (out->s != NULL && begin < out->len) {
		out->len = begin;
		out->s[begin] = '\0';
	}
	nf_text_add(out, "?", 1);
}
