/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A list of patterns with outputs, as mappers have them.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_RWPATTERNS_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_RWPATTERNS_H

#include "nf-apps/element/rewrite/rwmapper.h"

struct nf_rwpatterns_one {
	struct nf_rwpattern *pattern;
	uint16_t out[2];
	uint32_t id; /* the last word, if asked for */
};

struct nf_rwpatterns {
	uint32_t nb;
	struct nf_rwpatterns_one *v;
};

/* All arguments that are left; with `ids`, a number follows the outputs. Errors go to the
 * arguments. */
void nf_rwpatterns_read(struct nf_rwpatterns *l, struct nf_args *a, bool ids);
void nf_rwpatterns_free(struct nf_rwpatterns *l);
uint32_t nf_rwpatterns_max_output(const struct nf_rwpatterns *l);
/* A line for each. */
void nf_rwpatterns_print(const struct nf_rwpatterns *l, struct nf_text *t);

#endif
