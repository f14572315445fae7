/* SPDX-License-Identifier: BSD-3-Clause */
/* Stacks that overflow, and reports when registers hold nonsense. */
#include <string.h>
#include "nf-apps/crash/crash.h"
#include "plat-kvm/layout.h"
#include "plat-kvm/nucleus.h"

CRASH_FRAME static int recurse(volatile int *depth)
{
	volatile int here[16];

	here[0] = *depth + 1;
	*depth = here[0];
	if (here[0] > 0)
		recurse(depth);
	CRASH_NO_TAIL();
	return here[0];
}

CRASH_FRAME static int stack_overflow(void)
{
	volatile int depth = 0;

	return recurse(&depth);
}

/* An index that runs below an array, down to the guard page. */
CRASH_FRAME static int underrun(volatile uint8_t *a)
{
	for (long i = 0; i < (long)UK_STACK_BYTES + UK_PAGE_SIZE; i++)
		a[-i] = (uint8_t)i;
	return 1;
}

CRASH_FRAME static int stack_guard(void)
{
	volatile uint8_t a[64];
	/* Below the frames that are in use, so that the backtrace survives. */
	uintptr_t p = (uintptr_t)a - 1024;
	int rc = underrun((volatile uint8_t *)crash_at(p));

	CRASH_NO_TAIL();
	return rc;
}

/* The classic: copies too much into an array, over all frames and out of the stack at its top. */
CRASH_FRAME static int overrun(volatile uint8_t *a)
{
	for (long i = 0; i < (long)UK_STACK_BYTES + UK_PAGE_SIZE; i++)
		a[i] = 0x41;
	return 1;
}

CRASH_FRAME static int stack_top(void)
{
	volatile uint8_t a[64];
	int rc = overrun((volatile uint8_t *)crash_at((uintptr_t)a));

	CRASH_NO_TAIL();
	return rc;
}

/* Returns to an address of the attacker's choice. */
CRASH_FRAME static int return_smash(void)
{
	uintptr_t *frame = __builtin_frame_address(0);

	*(volatile uintptr_t *)&frame[1] = 0x4141414141414141;
	return 1;
}

CRASH_FRAME static int bad_rbp(void)
{
	__asm__ __volatile__("mov $0x4141414141414140, %%rbp; ud2" ::: "memory");
	return 1;
}

CRASH_FRAME static int bad_rsp(void)
{
	__asm__ __volatile__("mov $0x1238, %%rsp; push %%rax" ::: "memory");
	return 1;
}

/* As if an exception came while one is reported: the nucleus ends the machine without a word. */
CRASH_FRAME static int nested(void)
{
	uk_nucleus_in_trap = 1;
	*crash_at(0) = 1;
	return 1;
}

const struct crash_case nf_stack_cases[] = {
	{ "stack-overflow", "recurses without end", stack_overflow },
	{ "stack-guard", "runs below an array on the stack", stack_guard },
	{ "stack-top", "runs over an array on the stack, and on", stack_top },
	{ "return-smash", "returns to an address that was written over", return_smash },
	{ "bad-rbp", "faults with a frame pointer that is none", bad_rbp },
	{ "bad-rsp", "faults with a stack pointer that is none", bad_rsp },
	{ "nested", "faults while a fault is handled", nested },
	{ NULL, NULL, NULL },
};
