/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A write handler to be called later, as arguments such as END_CALL name it: "ELEMENT.HANDLER
 * VALUE". Life: all zero -> set (configure) -> check (initialize) -> run ... -> free (cleanup).
 */
#ifndef SLUICE_NF_APPS_ELEMENT_BASIC_HANDLERCALL_H
#define SLUICE_NF_APPS_ELEMENT_BASIC_HANDLERCALL_H

#include "nf-apps/click/handler.h"

struct nf_handlercall {
	char *name; /* NULL: none */
	char *value;
};

/* Takes the text apart; empty text: none. The one before is freed. -ENOMEM */
int nf_handlercall_set(struct nf_handlercall *c, const char *text) UK_MUST_USE;
/* Is there such a handler that can be written? 0, or -EINVAL and errs is told. */
int nf_handlercall_check(
	const struct nf_handlercall *c, struct nf_element *e, struct nf_errors *errs) UK_MUST_USE;
/* Calls it; what it complains about is printed. The element may be gone afterwards only if its
 * router is. */
void nf_handlercall_run(const struct nf_handlercall *c, struct nf_element *e);
void nf_handlercall_free(struct nf_handlercall *c);

#endif
