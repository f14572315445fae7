/* SPDX-License-Identifier: BSD-3-Clause */
/* For cmocka: a failed assertion ends the test, or is what expect_assert_failure() waits for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "plat-kvm/test/fake_plat.h"

void uk_assert_fail(const char *expr, const char *file, int line)
{
	mock_assert(0, expr, file, line);
	abort();
}

void fake_plat_fail(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fail_msg("%s", text);
	abort();
}
