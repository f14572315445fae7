/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads as musl makes and ends them. Its assembler for this holds `syscall` instructions and is not
 * built (libc/build-musl.sh); these functions stand in its place. The native calls of thread.h are on
 * top of pthread_create, so that a thread always has all that the C library wants of one.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "kernel/futex.h"
#include "kernel/syscall.h"
#include "kernel/thread_sched.h"

/* musl's own signal, by which pthread_cancel reaches a thread that waits. */
#define SIG_CANCEL 33

/* What pthread_create asks for (clone(2)); anything else would be a process. */
#define CLONE_NEEDED 0x00310f00 /* VM FS FILES SIGHAND, THREAD, PARENT_SETTID CHILD_CLEARTID */

int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...);
UK_NORETURN void __unmapself(void *base, size_t size);
long __cancel(void) __attribute__((weak));
long __syscall_cp_asm(volatile int *cancel, long n, long a, long b, long c, long d, long e, long f);

/* Where musl's handler of SIG_CANCEL would look whether a call is under way: it never runs. */
const char __cp_begin[1], __cp_end[1], __cp_cancel[1];

static int newest_tid;

int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
	struct uk_thread_stack s = { .high = (uintptr_t)stack };
	size_t guard = 0, size = 0;
	volatile int *clear_tid;
	struct uk_thread *t;
	pthread_attr_t attr;
	int *parent_tid;
	void *tp, *low = NULL;
	va_list more;

	if ((flags & CLONE_NEEDED) != CLONE_NEEDED)
		return -ENOSYS;
	va_start(more, arg);
	parent_tid = va_arg(more, int *);
	tp = va_arg(more, void *);
	clear_tid = va_arg(more, volatile int *);
	va_end(more);
	/* On x86-64 a pthread_t is the thread pointer. */
	pthread_getattr_np((pthread_t)tp, &attr);
	pthread_attr_getstack(&attr, &low, &size);
	pthread_attr_getguardsize(&attr, &guard);
	s.low = (uintptr_t)low;
	s.has_guard = guard >= UK_PAGE_SIZE;
	t = uk_thread_make(&s, fn, arg, (uintptr_t)tp);
	if (t == NULL)
		return -ENOMEM;
	t->clear_tid = clear_tid;
	/* musl gave it for main before there was anybody to keep it (set_tid_address). */
	uk_thread_main()->clear_tid = clear_tid;
	newest_tid = t->tid;
	*parent_tid = t->tid;
	return t->tid;
}

UK_NORETURN static void libc_thread_exit(void)
{
	struct uk_thread *t = uk_thread_self();

	if (t->clear_tid != NULL) {
		*t->clear_tid = 0;
		uk_futex_wake(t->clear_tid, 1, NULL, 0);
	}
	uk_thread_end();
}

static void libc_unmap(void *stack_mem)
{
	uk_syscall(SYS_munmap, (long)stack_mem, 0, 0, 0, 0, 0);
}

/* A detached thread ends: the next one that runs frees the stack. */
void __unmapself(void *base, size_t size)
{
	struct uk_thread *t = uk_thread_self();

	(void)size;
	t->stack_mem = base;
	t->unmap = libc_unmap;
	libc_thread_exit();
}

/* A system call that is a cancellation point. */
long __syscall_cp_asm(volatile int *cancel, long n, long a, long b, long c, long d, long e, long f)
{
	if (*cancel && __cancel != NULL)
		return __cancel();
	return uk_syscall(n, a, b, c, d, e, f);
}

/* musl's would spin for ever: who holds it can not run meanwhile. */
int pthread_spin_lock(pthread_spinlock_t *lock)
{
	while (*lock != 0)
		uk_thread_yield();
	*lock = EBUSY;
	return 0;
}

static long libc_kill(int tid, int sig)
{
	struct uk_thread *t = uk_thread_find(tid);

	if (t == NULL)
		return -ESRCH;
	if (sig == SIG_CANCEL)
		uk_thread_interrupt(t);
	return 0;
}

static long libc_prctl(long option, char *name)
{
	if (option == PR_SET_NAME)
		uk_thread_rename(uk_thread_self(), name);
	else if (option == PR_GET_NAME)
		memcpy(name, uk_thread_self()->name, UK_THREAD_NAME_BYTES);
	else
		return -EINVAL;
	return 0;
}

static long libc_affinity(size_t bytes, void *set)
{
	if (bytes < sizeof(unsigned long))
		return -EINVAL;
	*(unsigned long *)set = 1;
	return sizeof(unsigned long);
}

static bool libc_call(long n, const long a[6], long *result)
{
	long sig = n == SYS_tgkill ? a[2] : a[1];

	*result = 0;
	switch (n) {
	case SYS_exit:
		libc_thread_exit();
	case SYS_gettid:
		*result = uk_thread_self()->tid;
		return true;
	case SYS_set_tid_address:
		uk_thread_self()->clear_tid = (volatile int *)a[0];
		*result = uk_thread_self()->tid;
		return true;
	case SYS_sched_yield:
		uk_thread_yield();
		return true;
	case SYS_tkill:
	case SYS_tgkill:
		if (sig != 0 && sig != SIG_CANCEL)
			return false;
		*result = libc_kill((int)(n == SYS_tgkill ? a[1] : a[0]), (int)sig);
		return true;
	case SYS_rt_sigaction:
		return a[0] == SIG_CANCEL;
	case SYS_prctl:
		*result = libc_prctl(a[0], (char *)a[1]);
		return true;
	case SYS_sched_getaffinity:
		*result = libc_affinity((size_t)a[1], (void *)a[2]);
		return true;
	case SYS_set_robust_list: /* musl walks it itself when a thread ends, and none is killed */
	case SYS_get_robust_list:
		return true;
	case SYS_mprotect: /* of a stack's guard, which is thread.c's: musl does without */
		*result = -ENOSYS;
		return true;
	default:
		return false;
	}
}

static void *native_main(void *arg)
{
	struct uk_thread *t = uk_thread_self();

	(void)arg;
	t->native(t->native_arg);
	return NULL;
}

struct uk_thread *uk_thread_create(
	const char *name, void (*fn)(void *arg), void *arg, size_t stack_bytes)
{
	struct uk_thread *t;
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	pthread_attr_init(&attr);
	if (stack_bytes == 0)
		stack_bytes = UK_THREAD_STACK_BYTES;
	if (pthread_attr_setstacksize(&attr, stack_bytes) != 0)
		return NULL;
	rc = pthread_create(&thread, &attr, native_main, NULL);
	if (rc != 0)
		return NULL;
	/* It has not run yet. */
	t = uk_thread_find(newest_tid);
	UK_ASSERT(t != NULL && t->tp == (uintptr_t)thread);
	uk_thread_rename(t, name);
	t->native = fn;
	t->native_arg = arg;
	t->kept = true;
	return t;
}

void uk_thread_exit(void)
{
	pthread_exit(NULL);
}

void uk_thread_join(struct uk_thread *t)
{
	UK_ASSERT(t->kept);
	pthread_join((pthread_t)t->tp, NULL);
	UK_ASSERT(t->state == UK_THREAD_DEAD);
	free(t);
}

__attribute__((constructor)) static void libc_start(void)
{
	static struct uk_syscall_set set = { .call = libc_call };

	uk_syscall_add(&set);
	uk_thread_main_tp((uintptr_t)pthread_self());
}
