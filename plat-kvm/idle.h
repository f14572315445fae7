/* SPDX-License-Identifier: BSD-3-Clause */
/* Sleeping while there is nothing to do. */
#ifndef SLUICE_PLAT_KVM_IDLE_H
#define SLUICE_PLAT_KVM_IDLE_H

#include "plat-kvm/defs.h"

/*
 * Sleeps (hlt) until any allocated vector is pending (irq.h) or uk_clock_ns() reaches `deadline_ns`
 * (UINT64_MAX: no limit). Returns at once when one is pending already. Does not clear it.
 */
void uk_idle_until(uint64_t deadline_ns);

#endif
