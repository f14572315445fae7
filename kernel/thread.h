/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cooperative threads on one core, in images that list the library 'thread'; others leave the scheduler
 * out. A thread runs until it waits (uk_wait), sleeps, yields or ends; then the next one that is ready
 * has its turn. Once in each round the pollers of kernel/wait.h run, and when nobody is ready and those
 * are idle the machine sleeps. pthread_create and its relatives work: these calls stand on them, so
 * each thread has musl's thread-local storage.
 *
 * A stack has a page with a pattern below it. It is looked at when its thread waits; a thread that has
 * overrun it ends the machine with a sentence, but later than an unmapped page would.
 */
#ifndef SLUICE_KERNEL_THREAD_H
#define SLUICE_KERNEL_THREAD_H

#include "kernel/wait.h"

struct uk_thread;

#define UK_THREAD_STACK_BYTES (64u << 10)

/*
 * It is ready at once and runs when the caller waits or yields. stack_bytes 0: UK_THREAD_STACK_BYTES.
 * The name is cut at 15 bytes. Returns: NULL without memory.
 */
struct uk_thread *uk_thread_create(
	const char *name, void (*fn)(void *arg), void *arg, size_t stack_bytes) UK_MUST_USE;
/* Ends the caller. Returning from fn does the same. */
UK_NORETURN void uk_thread_exit(void);
/* Waits for its end and frees it. Once for each thread that uk_thread_create made. */
void uk_thread_join(struct uk_thread *t);
void uk_thread_yield(void);
void uk_thread_sleep_until(uint64_t deadline_ns);
struct uk_thread *uk_thread_self(void);
/* "main", or as given. What pthread_create made is called "thread-N" until it names itself. */
const char *uk_thread_name(const struct uk_thread *t);

#endif
