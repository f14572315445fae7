/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts wake an idle machine and do nothing else: the nucleus notes
 * the vector in a pending set, which ring 3 polls. No handler ever runs
 * in ring 3, so no code here or above has to be interrupt-safe.
 *
 *	uk_irq_alloc -> device raises it -> uk_irq_pending(v) or uk_idle_until()
 */
#ifndef SLUICE_PLAT_KVM_IRQ_H
#define SLUICE_PLAT_KVM_IRQ_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

/* A free vector, 33..63, or -ENOSPC. Thread: boot and set-up. */
int uk_irq_alloc(void) UK_MUST_USE;

/* Routes a global system interrupt (IOAPIC pin), edge-triggered, to a vector. -EINVAL: no such pin.
 */
int uk_irq_route_gsi(unsigned gsi, unsigned vector) UK_MUST_USE;

/* MSI message (address and data) that raises `vector` on this CPU. */
void uk_irq_msi(unsigned vector, uint64_t *addr, uint32_t *data);

/* Whether the vector fired since the last call; clears it. Cost: one load when it did not. */
bool uk_irq_pending(unsigned vector);

/* Whether any allocated vector is pending. Clears nothing. */
bool uk_irq_any(void);

#endif
