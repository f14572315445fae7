/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/args.h"
#include "nf-apps/click/args_text.h"

const char *nf_args_text_comment(const char *s, const char *end)
{
	bool line = s[1] == '/';

	for (s += 2; s < end; s++) {
		if (line && *s == '\r')
			return s + 1 < end && s[1] == '\n' ? s + 2 : s + 1;
		if (line && *s == '\n')
			return s + 1;
		if (!line && *s == '*' && s + 1 < end && s[1] == '/')
			return s + 2;
	}
	return end;
}

const char *nf_args_text_space(const char *s, const char *end)
{
	while (s < end) {
		if (nf_args_text_is_space(*s))
			s++;
		else if (nf_args_text_is_comment(s, end))
			s = nf_args_text_comment(s, end);
		else
			break;
	}
	return s;
}

/* Behind \<00 11 22>; comments may stand in it. */
static const char *text_hex(const char *s, const char *end)
{
	for (s += 2; s < end;) {
		if (*s == '>')
			return s + 1;
		s = nf_args_text_is_comment(s, end) ? nf_args_text_comment(s, end) : s + 1;
	}
	return end;
}

const char *nf_args_text_item(const char *s, const char *end)
{
	char quote = *s;

	if (quote == '\\' && end - s >= 2 && s[1] == '<')
		return text_hex(s, end);
	if (quote != '"' && quote != '\'')
		return s + 1;
	for (s++; s < end && *s != quote;) {
		if (quote == '"' && *s == '\\' && end - s >= 2)
			s = s[1] == '<' ? text_hex(s, end) : s + 2;
		else
			s++;
	}
	return s < end ? s + 1 : end;
}

size_t nf_args_text_argument(const char **at, const char *end, bool comma, char *to)
{
	const char *s = nf_args_text_space(*at, end);
	size_t len = 0, solid = 0; /* solid: up to the last character that is not a space */
	bool commented = false;

	while (s < end && !(comma && *s == ',')) {
		const char *next;

		if (nf_args_text_is_comment(s, end)) {
			s = nf_args_text_comment(s, end);
			commented = true;
			continue;
		}
		next = nf_args_text_item(s, end);
		if (nf_args_text_is_space(*s)) {
			if (!commented)
				to[len++] = *s;
			s = next;
			continue;
		}
		if (commented) {
			len = solid;
			to[len++] = ' ';
			commented = false;
		}
		memmove(to + len, s, (size_t)(next - s));
		len += (size_t)(next - s);
		solid = len;
		s = next;
	}
	to[solid] = 0;
	*at = s;
	return solid;
}

static int text_digit(char c, unsigned base)
{
	int v = c >= '0' && c <= '9' ? c - '0' : -1;

	if (base == 16) {
		c |= 0x20;
		v = c >= 'a' && c <= 'f' ? c - 'a' + 10 : v;
	}
	return v < (int)base ? v : -1;
}

/* \<0a 0b>: moves *s behind it; an odd last digit counts for nothing, as in Click. */
static size_t text_unquote_hex(const char **at, const char *end, char *to)
{
	const char *s = *at + 2;
	unsigned value = 0, digits = 0;
	size_t len = 0;

	while (s < end && *s != '>') {
		int d;

		if (nf_args_text_is_comment(s, end)) {
			s = nf_args_text_comment(s, end);
			continue;
		}
		d = text_digit(*s++, 16);
		if (d < 0)
			continue;
		value = value << 4 | (unsigned)d;
		if (++digits % 2 == 0)
			to[len++] = (char)value;
	}
	*at = s < end ? s + 1 : end;
	return len;
}

/* The escape at *s, inside of double quotes. Returns how many characters it is. */
static size_t text_unquote_escape(const char **at, const char *end, char *to)
{
	static const char from_c[] = "abfnrtv", to_c[] = "\a\b\f\n\r\t\v";
	const char *s = *at + 1, *c;
	unsigned value = 0, digits = 0;

	if (*s == '<')
		return text_unquote_hex(at, end, to);
	*at = s + 1;
	if (*s == '\n')
		return 0;
	if (*s == '\r') {
		*at += s + 1 < end && s[1] == '\n';
		return 0;
	}
	c = *s == 0 ? NULL : strchr(from_c, *s);
	if (c != NULL) {
		*to = to_c[c - from_c];
		return 1;
	}
	if (text_digit(*s, 8) >= 0) {
		for (; s < end && digits < 3 && text_digit(*s, 8) >= 0; s++, digits++)
			value = value << 3 | (unsigned)text_digit(*s, 8);
	} else if (*s == 'x') {
		for (s++; s < end && text_digit(*s, 16) >= 0; s++)
			value = value << 4 | (unsigned)text_digit(*s, 16);
	} else {
		*to = *s;
		return 1;
	}
	*at = s;
	*to = (char)value;
	return 1;
}

size_t nf_args_text_unquote(char *text, size_t text_len)
{
	const char *s = text, *end = text + text_len;
	size_t len = 0;
	char quote = 0;

	while (s < end) {
		if ((*s == '"' || *s == '\'') && (quote == 0 || quote == *s))
			quote = quote == 0 ? *s++ : (s++, 0);
		else if (*s == '\\' && end - s >= 2 &&
			 (quote == '"' || (quote == 0 && s[1] == '<')))
			len += text_unquote_escape(&s, end, text + len);
		else
			text[len++] = *s++;
	}
	text[len] = 0;
	return len;
}

char *nf_args_unquote(const char *text, size_t *len)
{
	size_t room = strlen(text), n;
	const char *s = text;
	char *to = malloc(room + 2);

	if (to == NULL)
		return NULL;
	n = nf_args_text_argument(&s, text + room, false, to);
	n = nf_args_text_unquote(to, n);
	if (len != NULL)
		*len = n;
	return to;
}

int nf_args_words(const char *text, char *words[], unsigned max, char **copy)
{
	const char *s = text, *end = text + strlen(text);
	char *to = malloc(strlen(text) + 1);
	unsigned nb = 0;

	*copy = to;
	if (to == NULL)
		return -ENOMEM;
	for (s = nf_args_text_space(s, end); s < end; s = nf_args_text_space(s, end)) {
		if (nb == max) {
			free(*copy);
			*copy = NULL;
			return -E2BIG;
		}
		words[nb++] = to;
		while (s < end && !nf_args_text_is_space(*s) && !nf_args_text_is_comment(s, end)) {
			const char *next = nf_args_text_item(s, end);

			memcpy(to, s, (size_t)(next - s));
			to += next - s;
			s = next;
		}
		*to++ = 0;
	}
	return (int)nb;
}
