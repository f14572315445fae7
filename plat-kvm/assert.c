/* SPDX-License-Identifier: BSD-3-Clause */
#include "plat-kvm/console.h"
#include "plat-kvm/power.h"
#include "plat-kvm/trap.h"

void uk_assert_fail(const char *expr, const char *file, int line)
{
	uk_console_printf(
		"\nsluice: assertion failed: %s (%s:%d)\n  backtrace:\n", expr, file, line);
	uk_trap_backtrace((uintptr_t)__builtin_return_address(0) - 1,
		*(uintptr_t *)__builtin_frame_address(0));
	uk_power_off(UK_POWER_PANIC);
}
