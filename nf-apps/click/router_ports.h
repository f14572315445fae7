/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks of a router's graph, between router.c and router_ports.c: how many ports an element may
 * have, whether each is connected as it must be, and which way packets move over each link.
 */
#ifndef SLUICE_NF_APPS_CLICK_ROUTER_PORTS_H
#define SLUICE_NF_APPS_CLICK_ROUTER_PORTS_H

#include "nf-apps/click/router.h"

/* Most inputs or outputs that the code allows; lo: at least. `same`: as many as inputs ("="), and
 * `more` ("=+"). */
struct nf_router_ports_range {
	unsigned lo, hi;
	bool same;
	unsigned more;
};

/* Reads one side (0 inputs, 1 outputs) of a port count code such as "1/1-2". */
struct nf_router_ports_range nf_router_ports_range(const char *code, unsigned side);

/* Counts the ports of all elements and allocates them. Every violation is told. -ENOMEM */
int nf_router_ports_count(struct nf_router *r, struct nf_errors *errs) UK_MUST_USE;

/* Decides push or pull for each port and connects them. Every violation is told. -ENOMEM */
int nf_router_ports_connect(struct nf_router *r, struct nf_errors *errs) UK_MUST_USE;

#endif
