/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TSC runs natively in ring 3; what differs is how its frequency is learnt. kvmclock is read
 * like any client of the ABI does (Linux Documentation/virt/kvm/x86/msr.rst, cpuid.rst): the host
 * updates the page under a version, odd while it writes.
 */
#include <stdbool.h>
#include "plat-kvm/boot.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/io.h"
#include "plat-kvm/nucleus.h"

#define KVM_LEAF           0x40000000u
#define KVM_FEATURE_CLOCK2 (1u << 3)
#define LEAF_TIMING        0x40000010u /* eax: TSC kHz */
#define NSEC               1000000000ull

/* PIT (Intel 8254 data sheet): channel 0 counts down and is latched to be read. */
#define PIT_HZ     1193182u
#define PIT_CH0    0x40
#define PIT_MODE   0x43
#define PIT_PERIOD (PIT_HZ / 200) /* 5 ms */
#define PIT_TRIES  20

#define APIC_NS 20000000ull /* how long the last resort measures */

struct pvclock {
	uint32_t version, pad;
	uint64_t tsc_timestamp, system_time;
	uint32_t mul;
	int8_t shift;
	uint8_t flags, pad2[2];
};

struct pvwall {
	uint32_t version, sec, nsec;
};

static volatile struct pvclock pv UK_ALIGNED(64);
static volatile struct pvwall pvw UK_ALIGNED(16);
static uint64_t hz, entry_ns;
static uint64_t mul_32; /* nanoseconds per cycle, 32.32 fixed point */
static const char *source;
static uint64_t wall_at_entry_ns;

static uint64_t clk_scale(uint64_t cycles)
{
	return (uint64_t)(((unsigned __int128)cycles * mul_32) >> 32);
}

static uint64_t clk_pv_ns(uint64_t tsc)
{
	uint32_t version;
	uint64_t ns;

	do {
		uint64_t delta;

		version = pv.version;
		uk_rmb();
		delta = tsc > pv.tsc_timestamp ? tsc - pv.tsc_timestamp : 0;
		delta = pv.shift >= 0 ? delta << pv.shift : delta >> -pv.shift;
		ns = pv.system_time + (uint64_t)(((unsigned __int128)delta * pv.mul) >> 32);
		uk_rmb();
	} while ((version & 1) || version != pv.version);
	return ns;
}

/* The host fills the page in when the MSR is written. */
static bool clk_kvmclock(void)
{
	struct uk_io_cpuid id = uk_io_cpuid(KVM_LEAF, 0);
	uint64_t f;

	if (id.ebx != 0x4b4d564b || id.ecx != 0x564b4d56 || id.edx != 0x4d) /* "KVMKVMKVM" */
		return false;
	if (!(uk_io_cpuid(KVM_LEAF + 1, 0).eax & KVM_FEATURE_CLOCK2))
		return false;
	if (uk_nucleus_call(NUCLEUS_CALL_KVMCLOCK, (uintptr_t)&pv | 1, (uintptr_t)&pvw, 0) != 0)
		return false;
	if (pv.mul == 0 || pv.shift < -31 || pv.shift > 31)
		return false;
	f = (uint64_t)(((unsigned __int128)NSEC << 32) / pv.mul);
	hz = pv.shift >= 0 ? f >> pv.shift : f << -pv.shift;
	return hz != 0;
}

/* Intel SDM vol. 2, CPUID leaf 0x15: ecx * ebx / eax; or the hypervisors' common timing leaf. */
static bool clk_cpuid(void)
{
	struct uk_io_cpuid id;

	if (uk_io_cpuid(0, 0).eax >= 0x15) {
		id = uk_io_cpuid(0x15, 0);
		if (id.eax != 0 && id.ebx != 0 && id.ecx != 0)
			hz = (uint64_t)id.ecx * id.ebx / id.eax;
	}
	if (hz == 0 && (uk_io_cpuid(1, 0).ecx & (1u << 31)) &&
		uk_io_cpuid(KVM_LEAF, 0).eax >= LEAF_TIMING &&
		uk_io_cpuid(KVM_LEAF, 0).eax < KVM_LEAF + 0x100)
		hz = uk_io_cpuid(LEAF_TIMING, 0).eax * 1000ull;
	return hz > 1000000;
}

static uint16_t clk_pit_read(void)
{
	uint8_t lo;

	uk_io_out8(PIT_MODE, 0x00); /* latch channel 0 */
	lo = uk_io_in8(PIT_CH0);
	return (uint16_t)(uk_io_in8(PIT_CH0) << 8 | lo);
}

/*
 * One measurement; *rate 0: there is no PIT, it does not count. False: the host took the CPU away
 * at the wrong time. Each reading lies between two looks at the TSC, which then must be close; and
 * the counter wraps every 55 ms: a gap that makes up nearly all of the time may hide that.
 */
static bool clk_pit_try(uint64_t *rate)
{
	uint64_t a, b, c, d, last, span, gap = 0;
	uint16_t first, count = 0;

	uk_io_out8(PIT_MODE, 0x30); /* channel 0, both bytes, mode 0 */
	uk_io_out8(PIT_CH0, 0xff);
	uk_io_out8(PIT_CH0, 0xff);
	a = uk_clock_cycles();
	first = clk_pit_read();
	b = last = uk_clock_cycles();
	*rate = 0;
	for (unsigned i = 0; count < PIT_PERIOD; i++) {
		c = uk_clock_cycles();
		count = (uint16_t)(first - clk_pit_read());
		d = uk_clock_cycles();
		gap = d - last > gap ? d - last : gap;
		last = d;
		if ((i == 1000 && count == 0) || i == 1000000)
			return true;
	}
	span = (c + d) / 2 - (a + b) / 2;
	*rate = span * PIT_HZ / count;
	return ((b - a) + (d - c)) * 64 < span && gap * 8 < span * 7;
}

/* Of disturbed measurements the lowest rate is the best: most of what goes wrong makes it higher.
 */
static bool clk_pit(void)
{
	uint64_t rate;

	for (unsigned i = 0; i < PIT_TRIES; i++) {
		if (clk_pit_try(&rate)) {
			hz = rate;
			break;
		}
		hz = i == 0 || rate < hz ? rate : hz;
	}
	return hz > 1000000;
}

/* The local APIC's timer in QEMU and KVM counts nanoseconds; an interrupt's delay makes this the
 * coarsest. */
static void clk_apic(void)
{
	uint64_t from = uk_clock_cycles();

	uk_nucleus_wake = 0;
	uk_nucleus_call(NUCLEUS_CALL_WAIT, APIC_NS, 0, 0);
	hz = (uk_clock_cycles() - from) * (NSEC / APIC_NS);
}

/* CMOS clock (MC146818), BCD or binary as register B says. */
static unsigned clk_rtc(unsigned reg, bool binary)
{
	unsigned v;

	uk_io_out8(0x70, (uint8_t)reg);
	v = uk_io_in8(0x71);
	return binary ? v : (v >> 4) * 10 + (v & 15);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static uint64_t clk_days(unsigned y, unsigned m, unsigned d)
{
	static const uint16_t before[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304,
		334 };
	uint64_t leaps = (y - 1) / 4 - (y - 1) / 100 + (y - 1) / 400 - 477;
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	if (m < 1 || m > 12)
		return 0;
	return (y - 1970ull) * 365 + leaps + before[m - 1] + (leap && m > 2) + d - 1;
}

static uint64_t clk_rtc_ns(void)
{
	bool binary;
	uint64_t days;

	uk_io_out8(0x70, 0x0b);
	binary = uk_io_in8(0x71) & 4;
	days = clk_days(2000 + clk_rtc(9, binary), clk_rtc(8, binary), clk_rtc(7, binary));
	return (days * 86400 + clk_rtc(4, binary) * 3600 + clk_rtc(2, binary) * 60 +
		       clk_rtc(0, binary)) *
	       NSEC;
}

static void clk_rate_set(const char *from)
{
	source = from;
	mul_32 = (NSEC << 32) / hz;
}

int uk_clock_start(void)
{
	uint64_t tsc;

	if (clk_kvmclock()) {
		clk_rate_set("kvmclock");
		tsc = uk_clock_cycles();
		entry_ns = clk_pv_ns(tsc) - clk_scale(tsc - uk_boot_entry_cycles());
	} else if (clk_cpuid()) {
		clk_rate_set("cpuid");
	}
	return 0;
}

int uk_clock_calibrate(void)
{
	if (source != NULL)
		return 0;
	if (clk_pit()) {
		clk_rate_set("pit");
	} else {
		clk_apic();
		clk_rate_set("apic");
	}
	return 0;
}

uint64_t uk_clock_ns(void)
{
	uint64_t tsc = uk_clock_cycles();

	if (pv.mul != 0)
		return clk_pv_ns(tsc) - entry_ns;
	return clk_scale(tsc - uk_boot_entry_cycles());
}

/* Some ten exits, so only when it is first asked for. */
uint64_t uk_clock_wall_ns(void)
{
	if (wall_at_entry_ns == 0 && pvw.sec != 0)
		wall_at_entry_ns = pvw.sec * NSEC + pvw.nsec + entry_ns;
	if (wall_at_entry_ns == 0)
		wall_at_entry_ns = clk_rtc_ns() - uk_clock_ns();
	return wall_at_entry_ns + uk_clock_ns();
}

uint64_t uk_clock_hz(void)
{
	return hz;
}

const char *uk_clock_source(void)
{
	return source;
}
