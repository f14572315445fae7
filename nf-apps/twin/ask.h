/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Handlers that the command line asks for, after the run.
 */
#ifndef SLUICE_NF_APPS_TWIN_ASK_H
#define SLUICE_NF_APPS_TWIN_ASK_H

#include "nf-apps/click/router.h"

/* Prints each as Click does: one alone by its value, several with their names. "a*.count" asks
 * every element whose name matches. False: one of them failed (told on stderr). */
bool nf_ask_print(struct nf_router *r, const char *const names[], unsigned nb);

/* What an exit handler makes of the exit code. */
int nf_ask_exit(struct nf_router *r, const char *name);

#endif
