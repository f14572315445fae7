/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include "nf-apps/click/text.h"

static void errors_message(
	struct nf_errors *errs, const char *where, const char *kind, const char *fmt, va_list ap)
{
	if (where != NULL && where[0] != '\0')
		nf_text_printf(&errs->text, "%s: ", where);
	nf_text_printf(&errs->text, "%s", kind);
	if (errs->context != NULL)
		nf_text_printf(&errs->text, "%s: ", errs->context);
	nf_text_vprintf(&errs->text, fmt, ap);
	nf_text_add(&errs->text, "\n", 1);
}

int nf_errors_add(struct nf_errors *errs, const char *where, const char *fmt, ...)
{
	va_list ap;

	if (errs->nb_errors++ < NF_ERRORS_MAX) {
		va_start(ap, fmt);
		errors_message(errs, where, "", fmt, ap);
		va_end(ap);
	}
	return -EINVAL;
}

void nf_errors_warn(struct nf_errors *errs, const char *where, const char *fmt, ...)
{
	va_list ap;

	if (errs->nb_warnings++ < NF_ERRORS_MAX) {
		va_start(ap, fmt);
		errors_message(errs, where, "warning: ", fmt, ap);
		va_end(ap);
	}
}

void nf_errors_free(struct nf_errors *errs)
{
	nf_text_free(&errs->text);
	*errs = (struct nf_errors){ 0 };
}
