/* SPDX-License-Identifier: BSD-3-Clause */
/* How musl is entered: what Linux puts on a new process' stack, and thread-local storage. */
#ifndef SLUICE_KERNEL_LIBC_H
#define SLUICE_KERNEL_LIBC_H

#include "plat-kvm/defs.h"

/* Starts the C library, which runs the constructors, before_main(), main(argc, argv) and exit().
 * Boot only. */
UK_NORETURN void uk_libc_start(int argc, char **argv, void (*before_main)(void));

/* Points %fs at the thread pointer. 0, or -EPERM: neither instruction nor nucleus call works. */
int uk_libc_tp_set(uintptr_t tp);

/* The same for a change of threads, after uk_libc_tp_set worked. Cost: one instruction where wrfsbase is there. */
void uk_libc_tp_switch(uintptr_t tp);

#endif
