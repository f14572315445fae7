/* SPDX-License-Identifier: BSD-3-Clause */
/* Ends that the program itself brings about. */
#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include "nf-apps/crash/crash.h"

CRASH_FRAME static int program_uk_assert(void)
{
	volatile int two = 2;

	UK_ASSERT(two == 3);
	return 1;
}

CRASH_FRAME static int program_assert(void)
{
	volatile int two = 2;

	assert(two == 4);
	return 1;
}

CRASH_FRAME static int program_abort(void)
{
	abort();
}

CRASH_FRAME static int program_raise(void)
{
	raise(SIGTERM);
	CRASH_NO_TAIL();
	return 1;
}

/* What a heap does when a block is freed twice. */
CRASH_FRAME static int program_double_free(void)
{
	void *volatile p = malloc(100);
	void *volatile q = malloc(100);

	free(p);
	free(p);
	free(q);
	return 1;
}

const struct crash_case nf_program_cases[] = {
	{ "uk-assert", "UK_ASSERT fails", program_uk_assert },
	{ "assert", "assert() fails", program_assert },
	{ "abort", "abort()", program_abort },
	{ "raise", "raise(SIGTERM)", program_raise },
	{ "double-free", "frees a block twice", program_double_free },
	{ NULL, NULL, NULL },
};
