/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two-level segregated fit: alloc and free in constant time, with at most 1/32
 * lost to rounding in the search. Source: Masmano, Ripoll, Crespo, Real: "TLSF: a
 * new dynamic memory allocator for real-time systems", ECRTS 2004.
 * Overhead: 8 bytes a block, 8.4 KiB once. One range is used up to 512 GiB.
 */
#ifndef SLUICE_KERNEL_TLSF_H
#define SLUICE_KERNEL_TLSF_H

#include "kernel/alloc.h"

/*
 * Walks every block and list and says whether all invariants hold; for tests and
 * for hunting a corruption. Cost: linear in the number of blocks.
 */
UK_MUST_USE bool uk_tlsf_check(const struct uk_alloc *a);

#endif
