/* SPDX-License-Identifier: BSD-3-Clause */
/* A system call of a host test, with as many arguments as one likes (at most six). */
#ifndef SLUICE_KERNEL_TEST_CALL_H
#define SLUICE_KERNEL_TEST_CALL_H

#include "kernel/syscall.h"

#define call(...) CALL_PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define CALL_PICK(n, a, b, c, d, e, f, ...)                                                        \
	uk_syscall((long)(n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

#endif
