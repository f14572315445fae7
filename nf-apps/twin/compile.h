/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The compiler of configurations: prints a router (made by nf_router_check) as one C file. The
 * elements' sources are included, and each run of "each" elements becomes one loop over a burst
 * with direct calls, in which the element's conf is a constant. What is left (queues, devices,
 * tasks) is called as ever.
 */
#ifndef SLUICE_NF_APPS_TWIN_COMPILE_H
#define SLUICE_NF_APPS_TWIN_COMPILE_H

#include "nf-apps/click/router.h"

/*
 * Adds the C file to `out`. `file`: what the configuration was called. `other`: the same
 * configuration read with other device addresses: an element whose arguments differ there is not
 * made constant. 0, or -errno with errs told.
 * `defines`: values that were given for variables, which are fixed by this.
 */
int nf_compile_print(const struct nf_router *r, const struct nf_config *other, const char *file,
	const struct nf_config_define *defines, unsigned nb_defines, struct nf_text *out,
	struct nf_errors *errs) UK_MUST_USE;

#endif
