/* SPDX-License-Identifier: BSD-3-Clause */
/* The one entry that musl's system calls go to (kernel/libc/include/syscall_arch.h). */
#ifndef SLUICE_KERNEL_SYSCALL_H
#define SLUICE_KERNEL_SYSCALL_H

#include <stdbool.h>
#include <stdint.h>

/* Linux' number and arguments; returns the result or -errno. */
long uk_syscall(long n, long a, long b, long c, long d, long e, long f);

/*
 * More calls, of a room above or of a part that an image may leave out. `call` returns true and the
 * result, or false if n is none of its. Asked before the calls of syscall.c, the last one added first.
 * Added from a constructor or at start; storage is the caller's.
 */
struct uk_syscall_set {
	struct uk_syscall_set *next;
	bool (*call)(long n, const long args[6], long *result);
};

void uk_syscall_add(struct uk_syscall_set *set);

/* How a system call sleeps: 0, or -EINTR. Early ends are allowed. kernel/wait.c puts itself here. */
extern int (*uk_syscall_sleep)(uint64_t deadline_ns);

#endif
