/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the Check...Header elements do with bad packets: count them (in all, and by reason), tell
 * about the first (VERBOSE: about each), and send them to output 1 or drop them. The reasons are
 * the class' drops.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP_IPSTAT_H
#define SLUICE_NF_APPS_ELEMENT_IP_IPSTAT_H

#include "nf-apps/click/element.h"

#define NF_IPSTAT_REASONS_MAX 8

struct nf_ipstat {
	uint64_t nb_bad; /* handler drops */
	uint64_t nb_by[NF_IPSTAT_REASONS_MAX];
	bool verbose, details;
};

/* Reads VERBOSE and DETAILS. */
void nf_ipstat_args(struct nf_ipstat *s, struct nf_args *a);

/* One bad packet; `what` names the header ("IP"). Returns what an "each" function returns. */
int nf_ipstat_bad(struct nf_element *e, struct nf_ipstat *s, const char *what, unsigned reason)
	__attribute__((cold));

/* Adds the counters of the element that this one takes over from. */
void nf_ipstat_take(struct nf_ipstat *s, const struct nf_ipstat *old);

/* Handler drop_details; `off` is the place of the nf_ipstat in the state. */
int nf_ipstat_read_details(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs);

#endif
