/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/trace/input.h"

#define INPUT_ROOM (NF_INPUT_MAX + 65536)

int nf_input_open(struct nf_input *in, const char *name, struct nf_errors *errs, const char *where)
{
	*in = (struct nf_input){ 0 };
	in->buf = malloc(INPUT_ROOM + 1);
	if (in->buf == NULL) {
		nf_errors_add(errs, where, "out of memory");
		return -ENOMEM;
	}
	in->f = nf_file_open(name, errs, where);
	if (in->f != NULL)
		return 0;
	nf_input_close(in);
	return -EINVAL;
}

int nf_input_text(struct nf_input *in, const char *text, size_t len)
{
	*in = (struct nf_input){ .over = true };
	if (len > NF_INPUT_MAX * 64u)
		return -EFBIG;
	in->buf = malloc(len + 1);
	if (in->buf == NULL)
		return -ENOMEM;
	memcpy(in->buf, text, len);
	in->end = (uint32_t)len;
	return 0;
}

void nf_input_close(struct nf_input *in)
{
	(void)nf_file_close(in->f);
	free(in->buf);
	*in = (struct nf_input){ .over = true };
}

/* One more read. False: the end. */
static bool input_fill(struct nf_input *in)
{
	int n;

	if (in->over)
		return false;
	if (in->at > 0) {
		memmove(in->buf, in->buf + in->at, in->end - in->at);
		in->end -= in->at;
		in->at = 0;
	}
	n = nf_file_read(in->f, in->buf + in->end, INPUT_ROOM - in->end);
	if (n <= 0)
		in->over = true;
	else
		in->end += (uint32_t)n;
	return n > 0;
}

uint32_t nf_input_left(const struct nf_input *in)
{
	return in->end - in->at;
}

const uint8_t *nf_input_peek(struct nf_input *in, uint32_t n)
{
	UK_ASSERT(n <= NF_INPUT_MAX);
	while (nf_input_left(in) < n) {
		if (!input_fill(in))
			return NULL;
	}
	return in->buf + in->at;
}

static void input_move(struct nf_input *in, uint32_t n)
{
	in->at += n;
	in->pos += n;
}

const uint8_t *nf_input_take(struct nf_input *in, uint32_t n)
{
	const uint8_t *p = nf_input_peek(in, n);

	if (p != NULL)
		input_move(in, n);
	return p;
}

bool nf_input_skip(struct nf_input *in, uint64_t n)
{
	while (n > nf_input_left(in)) {
		n -= nf_input_left(in);
		input_move(in, nf_input_left(in));
		if (!input_fill(in))
			return false;
	}
	input_move(in, (uint32_t)n);
	return true;
}

char *nf_input_line(struct nf_input *in, uint32_t *len)
{
	uint32_t seen = 0, n;
	uint8_t *line, *nl;

	for (;;) {
		n = nf_input_left(in);
		nl = n > seen ? memchr(in->buf + in->at + seen, '\n', n - seen) : NULL;
		if (nl != NULL || n >= NF_INPUT_MAX)
			break;
		seen = n;
		if (!input_fill(in))
			break;
	}
	if (n == 0)
		return NULL;
	line = in->buf + in->at;
	if (nl != NULL)
		n = (uint32_t)(nl - line);
	else if (n > NF_INPUT_MAX)
		n = NF_INPUT_MAX;
	input_move(in, n + (nl != NULL));
	in->line++;
	if (nl == NULL && n == NF_INPUT_MAX)
		n--; /* makes room for the 0 */
	if (nl != NULL && n > 0 && line[n - 1] == '\r')
		n--;
	line[n] = '\0';
	*len = n;
	return (char *)line;
}
