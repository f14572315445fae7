/* SPDX-License-Identifier: BSD-3-Clause */
/* Classifier's patterns, "12/0800 !20/45%f0", read into rules. */
#ifndef SLUICE_NF_APPS_ELEMENT_CLASSIFY_HEXPATTERN_H
#define SLUICE_NF_APPS_ELEMENT_CLASSIFY_HEXPATTERN_H

#include "nf-apps/click/args.h"
#include "nf-apps/element/classify/rule.h"

/* Packets end before this. */
#define NF_HEXPATTERN_OFFSET_MAX 65000u

/* The rule of pattern number `nr`. Errors are told to a; the result is a rule then, too. */
uint32_t nf_hexpattern_rule(
	struct nf_rules *r, struct nf_args *a, unsigned nr, const char *pattern);

#endif
