/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The variables $ETH0_MAC and so on that a configuration finds in an image: the addresses of the
 * devices. In the twin device "ethN" has 02:00:00:00:00:N.
 */
#ifndef SLUICE_NF_APPS_TWIN_MACS_H
#define SLUICE_NF_APPS_TWIN_MACS_H

#include "nf-apps/twin/options.h"

#define NF_MACS_MAX 16

/* Adds those that the command line does not give. `first`: value of the first byte; the same
 * configuration read with two different ones shows what depends on an address. The strings stay
 * valid. */
void nf_macs_define(struct nf_options *o, uint8_t first);

/* How many of o->defines, the first, the command line gave. */
unsigned nf_macs_nb_given(const struct nf_options *o);

#endif
