/* SPDX-License-Identifier: BSD-3-Clause */
/* Between the scheduler (thread.c) and what makes and ends threads (thread_libc.c). */
#ifndef SLUICE_KERNEL_THREAD_SCHED_H
#define SLUICE_KERNEL_THREAD_SCHED_H

#include "kernel/thread.h"

#define UK_THREAD_NAME_BYTES 16

enum uk_thread_state { UK_THREAD_READY, UK_THREAD_RUNNING, UK_THREAD_BLOCKED, UK_THREAD_DEAD };

struct uk_thread {
	struct uk_thread *next;           /* of those that are ready */
	struct uk_thread *all;            /* of those that live */
	struct uk_thread *later, *sooner; /* of those with a deadline, in order */
	void *sp;
	uintptr_t tp;        /* thread pointer; 0: as it is */
	uintptr_t low, high; /* its stack; 0: not checked */
	uint64_t *guard;     /* a page below with a pattern, or NULL */
	unsigned nb_checks;
	enum uk_thread_state state;
	uint64_t deadline_ns; /* UK_WAIT_FOREVER: in no list */
	bool interrupted;     /* its wait, or its next one, is to end with -EINTR */
	bool kept;            /* uk_thread_join frees it */
	int tid;
	int (*run)(void *arg);
	void *arg;
	volatile int *clear_tid; /* zeroed and woken (futex) at the end; NULL: nothing */
	void *stack_mem;         /* freed by the next thread with `unmap`, or NULL */
	void (*unmap)(void *stack_mem);
	void (*native)(void *arg); /* of uk_thread_create */
	void *native_arg;
	char name[UK_THREAD_NAME_BYTES];
};

/* For uk_thread_make: the memory of a stack, lowest address first. */
struct uk_thread_stack {
	uintptr_t low, high;
	bool has_guard; /* the page below low is ours */
};

/* A new one that is ready; its tid is set, its name is "thread-TID". NULL: no memory. */
struct uk_thread *uk_thread_make(
	const struct uk_thread_stack *stack, int (*run)(void *arg), void *arg, uintptr_t tp);
/* Ends the caller for good. */
UK_NORETURN void uk_thread_end(void);
/* Lets a wait end with -EINTR. */
void uk_thread_interrupt(struct uk_thread *t);
/* NULL: no such. */
struct uk_thread *uk_thread_find(int tid);
struct uk_thread *uk_thread_main(void);
/* The thread pointer of main, which the pollers run with, too. */
void uk_thread_main_tp(uintptr_t tp);
void uk_thread_rename(struct uk_thread *t, const char *name);

void uk_thread_switch(void **save_sp, void *load_sp);

#endif
