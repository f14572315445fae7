/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes of options, put together while text is read; one flag tells that something was wrong, so
 * that a parser needs to look at it only in loops and at the end.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_TRACE_SUMMARY_OUT_H
#define SLUICE_NF_APPS_ELEMENT_TRACE_SUMMARY_OUT_H

#include <stdbool.h>
#include "nf-apps/click/text.h"
#include "nf-apps/element/trace/summary.h"

#define NF_SUMMARY_OUT_MAX 64 /* some no-operations in front may be left out in the end */

struct nf_summary_out {
	uint8_t v[NF_SUMMARY_OUT_MAX];
	uint32_t len;
	bool bad;
};

void nf_summary_out_byte(struct nf_summary_out *o, uint32_t v);
void nf_summary_out_word(struct nf_summary_out *o, uint32_t v); /* four bytes */
void nf_summary_out_set(struct nf_summary_out *o, uint32_t at, uint32_t v);

/* Takes a number; bad if there is none or it is larger than max. */
uint32_t nf_summary_out_number(struct nf_summary_out *o, const char **s, uint32_t max);
void nf_summary_out_expect(struct nf_summary_out *o, const char **s, char c);
/* Moves on behind the word if it stands there. */
bool nf_summary_out_word_is(const char **s, const char *word);
/* Moves on behind a separator; false: there is none, or something was wrong. */
bool nf_summary_out_next(struct nf_summary_out *o, const char **s);
/* "nop", "eol", "99", "99=0:5". */
void nf_summary_out_parse_other(struct nf_summary_out *o, const char **s);
/* How many bytes; -EINVAL if bad, too long, or not all of the text was taken. */
int nf_summary_out_end(struct nf_summary_out *o, const char *s, uint8_t to[NF_SUMMARY_OPT_MAX])
	UK_MUST_USE;

/* Printing: an option of any kind as "99=0:5"; and "?" in place of all options. */
void nf_summary_out_unknown(const uint8_t *o, struct nf_text *out);
void nf_summary_out_bad(struct nf_text *out, size_t begin);

#endif
