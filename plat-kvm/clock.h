/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time: a cycle counter for measuring and a monotonic nanosecond clock on top
 * of it. Source: kvmclock where the hypervisor offers it (MSR-based pages; KVM's
 * pvclock ABI), else the TSC frequency from CPUID (leaf 0x15, 0x40000010), else a
 * calibration against the PIT,
 * or the local APIC's timer. Any thread, irq-safe, no exit after start.
 */
#ifndef SLUICE_PLAT_KVM_CLOCK_H
#define SLUICE_PLAT_KVM_CLOCK_H

#include "plat-kvm/defs.h"

/* Boot, before the seal: kvmclock or CPUID, if there is one. Always succeeds. */
int uk_clock_start(void);

/* Boot, after the seal: measures the rate where nobody told it; some milliseconds. Always succeeds.
 */
int uk_clock_calibrate(void);

/* Nanoseconds since the machine's entry point. Cost: rdtsc, one multiplication. */
uint64_t uk_clock_ns(void);

/* Nanoseconds since 1970-01-01 UTC as the hypervisor or the RTC had it at start. */
uint64_t uk_clock_wall_ns(void);

/* Cycles of the time stamp counter per second. */
uint64_t uk_clock_hz(void);

/* "kvmclock", "cpuid", "pit" or "apic". */
const char *uk_clock_source(void);

/* Cycle counter; not serialising. */
UK_INLINE uint64_t uk_clock_cycles(void)
{
	uint32_t lo, hi;

	__asm__ __volatile__("rdtsc" : "=a"(lo), "=d"(hi));
	return ((uint64_t)hi << 32) | lo;
}

#endif
