/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Region allocator: blocks are cut off one after the other. A freed block is
 * reclaimed once everything after it is freed as well, so frees in reverse order
 * lose nothing and others wait. For images that allocate at start and then run.
 * Overhead: 16 bytes a block.
 */
#ifndef SLUICE_KERNEL_REGION_H
#define SLUICE_KERNEL_REGION_H

#include "kernel/alloc.h"

/* Walks all blocks and says whether all invariants hold; for tests. */
UK_MUST_USE bool uk_region_check(const struct uk_alloc *a);

#endif
