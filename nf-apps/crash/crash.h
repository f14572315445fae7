/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The crash image: each case does one thing that a broken or exploited program would do. The first
 * argument names it. All cases but those marked so must end the machine with a report.
 */
#ifndef SLUICE_NF_APPS_CRASH_H
#define SLUICE_NF_APPS_CRASH_H

#include "plat-kvm/defs.h"

/* Stays a function of its own, with its name, through inlining, cloning and link-time optimisation.
 */
#define CRASH_FRAME __attribute__((noinline, noclone, noipa))

/* Behind a call: keeps it from becoming a jump, which would take the caller out of the backtrace.
 */
#define CRASH_NO_TAIL() __asm__ __volatile__("" ::: "memory")

struct crash_case {
	const char *name;
	const char *what;
	/* Returns where the case is one that must not hurt: the image's exit code. */
	int (*run)(void);
};

extern const struct crash_case nf_memory_cases[];
extern const struct crash_case nf_stack_cases[];
extern const struct crash_case nf_ring_cases[];
extern const struct crash_case nf_program_cases[];

/* An address that the compiler knows nothing about. */
UK_INLINE volatile uint64_t *crash_at(uintptr_t a)
{
	__asm__ __volatile__("" : "+r"(a));
	return (volatile uint64_t *)a;
}

#endif
