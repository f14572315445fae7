/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fractions v/2^shift as text: with as few decimals as give the same fraction when they are read
 * again; and lengths of time. For handlers.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_QUEUE_FIXED_H
#define SLUICE_NF_APPS_ELEMENT_QUEUE_FIXED_H

#include "nf-apps/click/text.h"

/* shift <= 32 */
void nf_fixed_print(uint64_t v, unsigned shift, struct nf_text *out);

/* A time as Click's handlers have it: "50ms", "20us", from a second on "1.5s". */
void nf_fixed_print_interval(uint64_t ns, struct nf_text *out);

#endif
