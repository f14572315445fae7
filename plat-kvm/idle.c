/* SPDX-License-Identifier: BSD-3-Clause */
#include "plat-kvm/clock.h"
#include "plat-kvm/idle.h"
#include "plat-kvm/irq.h"
#include "plat-kvm/nucleus.h"

/*
 * The local APIC's timer in QEMU and KVM counts a bus of 1 GHz (QEMU hw/i386, APIC_BUS_CYCLE_NS is
 * 1), so one count is a nanosecond. A slower bus only makes a sleep longer, and sleeps are cut at:
 */
#define SLEEP_MAX_NS 100000000ull

void uk_idle_until(uint64_t deadline_ns)
{
	for (;;) {
		uint64_t now = uk_clock_ns(), left;

		/* Cleared before the look: an interrupt in between sets it again and WAIT returns
		 * at once. */
		uk_nucleus_wake = 0;
		uk_mb();
		if (uk_irq_any() || now >= deadline_ns)
			return;
		left = deadline_ns - now;
		uk_nucleus_call(NUCLEUS_CALL_WAIT, left < SLEEP_MAX_NS ? left : SLEEP_MAX_NS, 0, 0);
	}
}
