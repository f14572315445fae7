/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cooperative threads on one core; an image that does not create any leaves the scheduler out. A thread runs until it
 * waits (uk_wait), sleeps, yields or ends; when none is ready the pollers of kernel/wait.h run, and the machine sleeps when
 * those are idle. Each has its own stack, with an unmapped or canary page below, and musl's thread-local storage. pthread_create
 * and its relatives work on top (clone and futex).
 */
#ifndef SLUICE_KERNEL_THREAD_H
#define SLUICE_KERNEL_THREAD_H

#include "kernel/wait.h"

struct uk_thread;

#define UK_THREAD_STACK_BYTES (64u << 10)

/* NULL: no memory. stack_bytes 0: UK_THREAD_STACK_BYTES. It is ready at once and runs when the caller waits or yields. */
struct uk_thread *uk_thread_create(const char *name, void (*fn)(void *arg), void *arg, size_t stack_bytes) UK_MUST_USE;
/* Ends the caller. Returning from fn does the same. */
UK_NORETURN void uk_thread_exit(void);
/* Waits for its end and frees it. Once per thread. */
void uk_thread_join(struct uk_thread *t);
void uk_thread_yield(void);
void uk_thread_sleep_until(uint64_t deadline_ns);
struct uk_thread *uk_thread_self(void);
const char *uk_thread_name(const struct uk_thread *t);

#endif
