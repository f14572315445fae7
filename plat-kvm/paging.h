/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Page tables: ring-3 code builds a complete new set before the application starts, and one nucleus
 * call switches to it for good (the seal). In it the nucleus and the tables themselves belong to
 *ring 0, so nothing can change them any more.
 *
 *	text R-X, constants R--, data, heap, stacks RW-, page 0 and the page under each stack not
 *mapped
 */
#ifndef SLUICE_PLAT_KVM_PAGING_H
#define SLUICE_PLAT_KVM_PAGING_H

#include "plat-kvm/defs.h"

/*
 * Asks for device memory to be mapped (uncached, read-write, ring 3). Boot, before the seal.
 * Addresses up to 64 TiB; whole pages around the range. -ENOSPC: too many ranges, -EINVAL: the
 * range makes no sense. It may be used from the seal on; addresses below 1 GiB at once.
 */
int uk_paging_mmio(uintptr_t base, size_t len) UK_MUST_USE;

/* Builds and seals. -ENOMEM: the machine has not enough memory for its page tables. */
int uk_paging_seal(void) UK_MUST_USE;

#endif
