/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A write handler that is called when a count gets to a number: "N HANDLER [VALUE]". Part of an
 * element's state. Once called it rests until nf_countcall_reset.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_BASIC_COUNTCALL_H
#define SLUICE_NF_APPS_ELEMENT_BASIC_COUNTCALL_H

#include "nf-apps/element/basic/handlercall.h"

struct nf_countcall {
	uint64_t at;    /* UINT64_MAX: none, or it is done */
	uint64_t given; /* N, UINT64_MAX: none */
	struct nf_handlercall call;
};

/* Reads the argument; without one, there is no call. */
void nf_countcall_arg(struct nf_countcall *c, struct nf_args *a, const char *key);
void nf_countcall_run(struct nf_countcall *c, struct nf_element *e);

UK_INLINE void nf_countcall_check(struct nf_countcall *c, struct nf_element *e, uint64_t count)
{
	if (UK_UNLIKELY(count >= c->at))
		nf_countcall_run(c, e);
}

UK_INLINE void nf_countcall_reset(struct nf_countcall *c)
{
	c->at = c->given;
}

/* Stays done if it was done before the live change. */
void nf_countcall_take_state(struct nf_countcall *c, const struct nf_countcall *old);

/* Handler functions; arg: offset of the struct in state. */
int nf_countcall_read(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs);
int nf_countcall_write(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);

#endif
