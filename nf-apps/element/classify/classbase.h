/* SPDX-License-Identifier: BSD-3-Clause */
/* What Classifier, IPClassifier and IPFilter share: from arguments to a rule set, packets, handlers. */
#ifndef SLUICE_NF_APPS_ELEMENT_CLASSIFY_CLASSBASE_H
#define SLUICE_NF_APPS_ELEMENT_CLASSIFY_CLASSBASE_H

#include "nf-apps/click/handler.h"
#include "nf-apps/element/classify/ipexpr.h"
#include "nf-apps/element/classify/ruleset.h"

/* The state of these elements; the arguments are kept so that one of them can be changed live. */
struct nf_classbase {
	struct nf_ruleset set;
	char **patterns;
	uint32_t nb;
};

/* The rules of a list of patterns while they are read. */
struct nf_classbase_build {
	struct nf_rules rules;
	struct nf_ipexpr expr;
	uint32_t *roots;
	int32_t *outs;
	uint32_t nb;
};

/* Reads one pattern: its rule, and *out: where it sends packets. Errors go to args. */
typedef uint32_t (*nf_classbase_read)(
	struct nf_classbase_build *b, struct nf_args *a, const char *pattern, int32_t *out);

/* The words of b->expr from its place on: a pattern, or a word that stands for all packets, or none. */
uint32_t nf_classbase_expr(struct nf_classbase_build *b);

/* All arguments that are left are patterns. 0, -EINVAL or -ENOMEM (told). */
int nf_classbase_configure(struct nf_element *e, struct nf_args *a, nf_classbase_read read)
	UK_MUST_USE;
/* Pattern `nr` becomes `pattern`; the packets see the old list or the new one. */
int nf_classbase_change(struct nf_element *e, uint32_t nr, const char *pattern,
	nf_classbase_read read, struct nf_errors *errs) UK_MUST_USE;
void nf_classbase_free(struct nf_element *e);
int nf_classbase_program(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs);

#endif
