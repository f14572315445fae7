/* SPDX-License-Identifier: BSD-3-Clause */
/* futex(2), on which musl's locks wait: FUTEX_WAIT, WAKE, REQUEUE and CMP_REQUEUE. */
#ifndef SLUICE_KERNEL_FUTEX_H
#define SLUICE_KERNEL_FUTEX_H

#include "kernel/wait.h"

/* Waits while *addr is `value`: 0, -EAGAIN (it is not), -ETIMEDOUT, -EINTR. */
int uk_futex_wait(volatile int *addr, int value, uint64_t deadline_ns) UK_MUST_USE;
/* Wakes at most `nb` that wait at addr, the first first, and lets at most `nb_move` of the others wait
 * at `to` from now on. Returns how many it woke and moved. */
int uk_futex_wake(volatile int *addr, int nb, volatile int *to, int nb_move);

#endif
