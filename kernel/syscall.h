/* SPDX-License-Identifier: BSD-3-Clause */
/* The one entry that musl's system calls go to (kernel/libc/include/syscall_arch.h). */
#ifndef SLUICE_KERNEL_SYSCALL_H
#define SLUICE_KERNEL_SYSCALL_H

/* Linux' number and arguments; returns the result or -errno. Thread: one. */
long uk_syscall(long n, long a, long b, long c, long d, long e, long f);

#endif
