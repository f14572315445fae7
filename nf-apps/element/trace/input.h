/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file that is read from its begin to its end, in pieces or by lines.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_TRACE_INPUT_H
#define SLUICE_NF_APPS_ELEMENT_TRACE_INPUT_H

#include "nf-apps/click/file.h"

#define NF_INPUT_MAX (256u << 10) /* bytes of one piece or line */

/* All zero: not open. */
struct nf_input {
	struct nf_file *f;
	uint8_t *buf;
	uint32_t at, end; /* in buf */
	uint64_t pos;     /* of buf[at] in the file */
	uint64_t line;    /* number of the last line */
	bool over;        /* nothing more comes from f */
};

int nf_input_open(struct nf_input *in, const char *name, struct nf_errors *errs, const char *where)
	UK_MUST_USE;
/* The text in place of a file (copied). -ENOMEM, -EFBIG */
int nf_input_text(struct nf_input *in, const char *text, size_t len) UK_MUST_USE;
void nf_input_close(struct nf_input *in);

/* The next n bytes (n <= NF_INPUT_MAX), valid until the next call; NULL: so many are not left. */
const uint8_t *nf_input_take(struct nf_input *in, uint32_t n);
/* The same without moving on. */
const uint8_t *nf_input_peek(struct nf_input *in, uint32_t n);
/* How many bytes are at hand without reading; for what is left at the end. */
uint32_t nf_input_left(const struct nf_input *in);
/* Skips. False: the end came first. */
bool nf_input_skip(struct nf_input *in, uint64_t n);

/*
 * The next line without its end ("\n" or "\r\n"), with a 0 behind it; valid until the next call.
 * Zero bytes may be in it. NULL: no line is left. What is longer than NF_INPUT_MAX comes as
 * several, a byte lost between them.
 */
char *nf_input_line(struct nf_input *in, uint32_t *len);

#endif
