/* SPDX-License-Identifier: BSD-3-Clause */
/* Handlers for numbers that handler.h has no ready-made ones for. arg: the field's offset in state.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_BASIC_NUMBER_H
#define SLUICE_NF_APPS_ELEMENT_BASIC_NUMBER_H

#include "nf-apps/click/handler.h"

int nf_number_read_i32(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs);
int nf_number_read_i64(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs);
/* An int32_t: any integer; what is no port below nb_ports becomes -1. */
int nf_number_write_port(struct nf_element *e, uintptr_t off, unsigned nb_ports, const char *value,
	struct nf_errors *errs);
/* A count that may be -1, "without limit": an int64_t. */
int nf_number_write_limit(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);

/* milli/1000 with up to three decimals: "12.5". */
void nf_number_print_milli(uint64_t milli, struct nf_text *out);
/* Thousandths per second: `count` in `ns` nanoseconds, saturated. */
uint64_t nf_number_rate_milli(uint64_t count, uint64_t ns);

#endif
