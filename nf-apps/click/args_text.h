/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text under arguments: where quotes, escapes and comments end, as Click's configuration
 * strings have them. Positions are pointers; every call stops at `end`, whatever the text is.
 */
#ifndef SLUICE_NF_APPS_CLICK_ARGS_TEXT_H
#define SLUICE_NF_APPS_CLICK_ARGS_TEXT_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

UK_INLINE bool nf_args_text_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

UK_INLINE bool nf_args_text_is_comment(const char *s, const char *end)
{
	return end - s >= 2 && s[0] == '/' && (s[1] == '/' || s[1] == '*');
}

/* Behind the comment at s, line end included. */
const char *nf_args_text_comment(const char *s, const char *end);
/* Behind spaces and comments. */
const char *nf_args_text_space(const char *s, const char *end);
/* Behind what stands at s: a quoted string, \<hex>, or one character. */
const char *nf_args_text_item(const char *s, const char *end);
/*
 * Copies one argument from *s on without comments and outer spaces, up to a comma (if `comma`) or
 * the end, and moves *s there. `to` may be where the text is; needs one byte more than what is read
 * at most. Returns the length.
 */
size_t nf_args_text_argument(const char **s, const char *end, bool comma, char *to);
/* Undoes quotes and escapes in s[0..len), in place. Returns the new length. */
size_t nf_args_text_unquote(char *s, size_t len);

#endif
