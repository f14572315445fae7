/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads of the scheduler in a Linux process: one kernel thread, stacks from malloc, glibc's
 * thread-local storage shared by all. The address sanitizer is told of each change of stacks. A stack
 * that ends with frames on it leaves their red zones marked; free() clears that, which is why
 * stacks are not mapped.
 */
#ifndef SLUICE_KERNEL_TEST_FAKE_THREAD_H
#define SLUICE_KERNEL_TEST_FAKE_THREAD_H

#include "kernel/thread.h"

#define FAKE_THREAD_STACK_BYTES (256u << 10)

/* Frees the stack and, if nobody joins it, the thread at its end. */
struct uk_thread *fake_thread_spawn(const char *name, void (*fn)(void *arg), void *arg);

#endif
