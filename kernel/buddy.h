/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buddy allocator: blocks are powers of two from 64 bytes on, aligned to their
 * size in absolute terms, and a freed block joins its free sibling.
 *
 * What is done differently from the textbook:
 * - Memory is cut from a frontier on demand, and a block's tag is written when the
 *   block comes to be, so nothing needs clearing: start-up is constant, not linear.
 * - A few freed blocks of each small order are kept unjoined, so that a program
 *   that frees and allocates one size does not join and split all the way each
 *   time. They are joined when an allocation would fail otherwise.
 * Overhead: no header; 1 byte in 65 for the tags; sizes are rounded up to a power of two.
 */
#ifndef SLUICE_KERNEL_BUDDY_H
#define SLUICE_KERNEL_BUDDY_H

#include "kernel/alloc.h"

/* Walks all ranges and lists and says whether all invariants hold; for tests. */
UK_MUST_USE bool uk_buddy_check(const struct uk_alloc *a);

#endif
