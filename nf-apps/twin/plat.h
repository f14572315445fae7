/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the twin's platform has beside the calls of plat-kvm that it answers (plat.c): a clock that
 * can be simulated, so that a run with timers is quick and always the same.
 */
#ifndef SLUICE_NF_APPS_TWIN_PLAT_H
#define SLUICE_NF_APPS_TWIN_PLAT_H

#include <stdbool.h>
#include <stdint.h>

/* From now on time stands still but for nf_plat_advance; it is `wall_ns` since 1970. */
void nf_plat_simulate(uint64_t wall_ns);
bool nf_plat_is_simulated(void);
/* Simulated time moves on; it never goes back. */
void nf_plat_advance(uint64_t ns);

#endif
