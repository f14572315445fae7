/* SPDX-License-Identifier: BSD-3-Clause */
/* The handlers that each element has, and those of the router as a whole; for handler.c. */
#ifndef SLUICE_NF_APPS_CLICK_HANDLER_STD_H
#define SLUICE_NF_APPS_CLICK_HANDLER_STD_H

#include "nf-apps/click/handler.h"

extern const struct nf_handler nf_handler_std[];
extern const struct nf_handler nf_handler_global[];

#endif
