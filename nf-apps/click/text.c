/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/text.h"

#define TEXT_ROOM_MIN 64u

/* Room for len more bytes and the 0 behind them. */
static bool text_reserve(struct nf_text *t, size_t len)
{
	size_t room = t->room > TEXT_ROOM_MIN ? t->room : TEXT_ROOM_MIN;
	char *s;

	if (len > NF_TEXT_MAX - t->len) {
		t->full = true;
		return false;
	}
	if (t->len + len < t->room)
		return true;
	while (room <= t->len + len)
		room *= 2;
	s = realloc(t->s, room);
	if (s == NULL) {
		t->full = true;
		return false;
	}
	t->s = s;
	t->room = room;
	return true;
}

void nf_text_add(struct nf_text *t, const char *s, size_t len)
{
	if (!text_reserve(t, len))
		return;
	if (len > 0)
		memcpy(t->s + t->len, s, len);
	t->len += len;
	t->s[t->len] = '\0';
}

void nf_text_vprintf(struct nf_text *t, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0) {
		t->full = true;
		return;
	}
	if (!text_reserve(t, (size_t)n))
		return;
	vsnprintf(t->s + t->len, (size_t)n + 1, fmt, ap);
	t->len += (size_t)n;
}

void nf_text_printf(struct nf_text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	nf_text_vprintf(t, fmt, ap);
	va_end(ap);
}

const char *nf_text_get(const struct nf_text *t)
{
	return t->s != NULL ? t->s : "";
}

void nf_text_free(struct nf_text *t)
{
	free(t->s);
	*t = (struct nf_text){ 0 };
}
