/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text that grows while it is written (what a read handler answers, a message, generated code), and
 * the list of errors that a configuration leaves. For set-up and control, never for the packet
 * path. Thread: the caller's.
 */
#ifndef SLUICE_NF_APPS_CLICK_TEXT_H
#define SLUICE_NF_APPS_CLICK_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include "plat-kvm/defs.h"

/* All zero is an empty text. s[len] is 0 once something was added. Too little memory or more than
 * NF_TEXT_MAX bytes sets `full`; what was there stays. */
struct nf_text {
	char *s;
	size_t len, room;
	bool full;
};

#define NF_TEXT_MAX (16u << 20)

void nf_text_printf(struct nf_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void nf_text_vprintf(struct nf_text *t, const char *fmt, va_list ap);
void nf_text_add(struct nf_text *t, const char *s, size_t len);
/* Never NULL. */
const char *nf_text_get(const struct nf_text *t);
void nf_text_free(struct nf_text *t);

/*
 * Messages as "where: message\n", in the order in which they were found. Only the first
 * NF_ERRORS_MAX are kept, all are counted. All zero: none.
 */
struct nf_errors {
	struct nf_text text;
	unsigned nb_errors, nb_warnings;
	const char *context; /* added in front of the message if not NULL; "while ..." */
};

#define NF_ERRORS_MAX 200

/* Returns -EINVAL, so that a caller can return it. `where`: "file:line", or NULL. */
int nf_errors_add(struct nf_errors *errs, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same, but does not count as an error. */
void nf_errors_warn(struct nf_errors *errs, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void nf_errors_free(struct nf_errors *errs);

#endif
