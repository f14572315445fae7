/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program of an image that is one middlebox. Where its configuration comes from is decided when
 * it is linked: main_module.c reads the boot module "config"; a compiled configuration (./sluice
 * build nf
 * --config) brings the text it was made from, and its functions.
 */
#ifndef SLUICE_NF_APPS_NF_MAIN_H
#define SLUICE_NF_APPS_NF_MAIN_H

#include "nf-apps/click/router.h"

/* The configuration at start; its bytes stay valid. 0, or -errno after a sentence on the console.
 */
int nf_main_text(const char **text, size_t *len, const char **file) UK_MUST_USE;

/* Values of variables that were fixed when the configuration was compiled; they win over the command line's. Returns
 * how many. */
unsigned nf_main_defines(const struct nf_config_define **v);

/* Called with the first router, before packets flow: a compiled one puts its functions into the
 * links. */
void nf_main_made(struct nf_router *r);

#endif
