/* SPDX-License-Identifier: BSD-3-Clause */
/* For fuzzers and plain programs: a failed assertion is a crash. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "plat-kvm/test/fake_plat.h"

void uk_assert_fail(const char *expr, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expr);
	abort();
}

void fake_plat_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}
