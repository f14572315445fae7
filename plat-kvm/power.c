/* SPDX-License-Identifier: BSD-3-Clause */
#include "plat-kvm/io.h"
#include "plat-kvm/nucleus.h"
#include "plat-kvm/power.h"

void uk_power_off(int code)
{
	if (code != 0)
		uk_io_out8(NUCLEUS_EXIT_PORT, code > 0 && code < 128 ? (uint8_t)code : 127);
	/* Also where there is no isa-debug-exit. */
	for (;;)
		uk_nucleus_call(NUCLEUS_CALL_OFF, 0, 0, 0);
}
