/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random bytes that nobody on the wire can guess: ChaCha20 with its key replaced after each block (fast
 * key erasure), so that what was given out can not be computed from what lies in memory later. The
 * first call seeds it from RDSEED, else RDRAND, where the CPU has them, and always from the jitter of
 * its clock. getrandom() is this. No secret to the hypervisor. Thread: cooperative.
 */
#ifndef SLUICE_KERNEL_RANDOM_H
#define SLUICE_KERNEL_RANDOM_H

#include "plat-kvm/defs.h"

void uk_random_bytes(void *p, size_t n);

#endif
