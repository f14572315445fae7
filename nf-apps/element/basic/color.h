/* SPDX-License-Identifier: BSD-3-Clause */
/* What the elements have in common that compare or set one annotation byte: (COLOR [, ANNO]). */
#ifndef SLUICE_NF_APPS_ELEMENT_BASIC_COLOR_H
#define SLUICE_NF_APPS_ELEMENT_BASIC_COLOR_H

#include "nf-apps/click/handler.h"

struct nf_color_conf {
	uint8_t anno; /* offset */
};

struct nf_color_state {
	uint8_t color;
};

int nf_color_configure(struct nf_element *e, struct nf_args *a);
extern const struct nf_handler nf_color_handlers[]; /* color (rw), anno (r) */

/* The ready-made handler functions of a byte; arg: its offset in state (read, write) or conf. */
int nf_color_read(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs);
int nf_color_read_conf(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs);
int nf_color_write(struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);

#endif
