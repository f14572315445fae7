/* SPDX-License-Identifier: BSD-3-Clause */
/* A router of few elements that only have names, classes and arguments, for tests of arguments. */
#ifndef SLUICE_NF_APPS_CLICK_TEST_ARGS_ROUTER_H
#define SLUICE_NF_APPS_CLICK_TEST_ARGS_ROUTER_H

#include "nf-apps/click/router.h"

/* The element that reads arguments: "net/lan/me". */
struct nf_element *fake_router_element(void);
/* One at the top: "q". */
struct nf_element *fake_router_top(void);
/* Gives the top's AddressInfo other arguments. */
void fake_router_info(const char *args);

#endif
