/* SPDX-License-Identifier: BSD-3-Clause */
/* Instructions that are ring 0's, ways into ring 0, and calls that the nucleus must refuse. */
#include <stdio.h>
#include "nf-apps/crash/crash.h"
#include "plat-kvm/nucleus.h"

#define NB_ARRAY 3

/* A case that is one instruction. */
#define RING_CASE(name, code)                                                                      \
	CRASH_FRAME static int name(void)                                                          \
	{                                                                                          \
		__asm__ __volatile__(code ::: "memory", "rax", "rcx", "rdx", "r11");               \
		return 1;                                                                          \
	}

RING_CASE(ring_cr3_write, "xor %%eax, %%eax; mov %%rax, %%cr3")
RING_CASE(ring_cr3_read, "mov %%cr3, %%rax")
RING_CASE(ring_cr0, "xor %%eax, %%eax; mov %%rax, %%cr0")
RING_CASE(ring_lidt, "lidt -16(%%rsp)")
RING_CASE(ring_lgdt, "lgdt -16(%%rsp)")
RING_CASE(ring_ltr, "mov $0x28, %%eax; ltr %%ax")
RING_CASE(ring_wrmsr, "mov $0xc0000080, %%ecx; xor %%eax, %%eax; xor %%edx, %%edx; wrmsr")
RING_CASE(ring_rdmsr, "mov $0xc0000080, %%ecx; rdmsr")
RING_CASE(ring_cli, "cli")
RING_CASE(ring_sti, "sti")
RING_CASE(ring_hlt, "hlt")
RING_CASE(ring_invlpg, "invlpg (%%rsp)")
RING_CASE(ring_syscall, "mov $60, %%eax; syscall")
RING_CASE(ring_int80, "int $0x80")
RING_CASE(ring_int_timer, "int $0x20")
RING_CASE(ring_breakpoint, "int3")
RING_CASE(ring_ud2, "ud2")
RING_CASE(ring_div0, "xor %%ecx, %%ecx; xor %%edx, %%edx; mov $1, %%eax; div %%ecx")

/* The gate's ud2 works at its own place only. */
CRASH_FRAME static int ring_other_gate(void)
{
	__asm__ __volatile__("mov %0, %%eax; xor %%edi, %%edi; ud2" ::"i"(NUCLEUS_CALL_OFF)
			     : "memory", "rax", "rdi");
	return 1;
}

CRASH_FRAME static int ring_simd(void)
{
	uint32_t csr = 0x1f80 & ~0x200u; /* division by zero not masked */
	volatile float one = 1, zero = 0;

	__asm__ __volatile__("ldmxcsr %0" ::"m"(csr));
	one = one / zero;
	return (int)one;
}

/* A far return to ring 0's code segment. */
CRASH_FRAME static int ring_far_return(void)
{
	__asm__ __volatile__(
		"push %0; lea 1f(%%rip), %%rax; push %%rax; lretq; 1:" ::"i"(NUCLEUS_CS0)
		: "memory", "rax");
	return 1;
}

CRASH_FRAME static int ring_expect(const char *what, long got, long want)
{
	printf("%s: %ld%s\n", what, got, got == want ? "" : " (wrong)");
	return got == want ? 0 : 1;
}

/* Calls that must be refused; the image goes on. */
CRASH_FRAME static int ring_bad_call(void)
{
	int bad = 0;

	bad |= ring_expect("call 99", uk_nucleus_call(99, 0, 0, 0), -1);
	bad |= ring_expect("call -1", uk_nucleus_call(-1, 0, 0, 0), -1);
	bad |= ring_expect("first free call", uk_nucleus_call(NUCLEUS_NB_CALLS, 0, 0, 0), -1);
	return bad;
}

CRASH_FRAME static int ring_reseal(void)
{
	int bad = 0;

	bad |= ring_expect("SEAL again", uk_nucleus_call(NUCLEUS_CALL_SEAL, 0, 0, 0), -1);
	bad |= ring_expect("KVMCLOCK after SEAL",
		uk_nucleus_call(NUCLEUS_CALL_KVMCLOCK, NUCLEUS_BASE | 1, 0, 0), -1);
	return bad;
}

/* Pins, vectors and controllers that are not there; the timer's and the exceptions' vectors. */
CRASH_FRAME static int ring_bad_route(void)
{
	static const uint64_t bad_args[][NB_ARRAY] = {
		{ 24, 40, 0 },
		{ -1ull, 40, 0 },
		{ 1, 64, 0 },
		{ 1, 32, 0 },
		{ 1, 14, 0 },
		{ 1, -1ull, 0 },
		{ 1, 40, 2 },
		{ 1, 40, -1ull },
	};
	int bad = 0;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(bad_args); i++) {
		const uint64_t *a = bad_args[i];

		bad |= ring_expect(
			"IRQ_ROUTE", uk_nucleus_call(NUCLEUS_CALL_IRQ_ROUTE, a[0], a[1], a[2]), -1);
	}
	return bad;
}

/* IOPL stays 0 whatever popf is given: else cli would work. */
CRASH_FRAME static int ring_iopl(void)
{
	uint64_t flags;

	__asm__ __volatile__("pushfq; orq $0x3000, (%%rsp); popfq; pushfq; pop %0"
			     : "=r"(flags)::"memory", "cc");
	return ring_expect("IOPL", (long)(flags >> 12 & 3), 0);
}

const struct crash_case nf_ring_cases[] = {
	{ "cr3", "mov to cr3", ring_cr3_write },
	{ "cr3-read", "mov from cr3", ring_cr3_read },
	{ "cr0", "mov to cr0", ring_cr0 },
	{ "lidt", "lidt", ring_lidt },
	{ "lgdt", "lgdt", ring_lgdt },
	{ "ltr", "ltr", ring_ltr },
	{ "wrmsr", "wrmsr", ring_wrmsr },
	{ "rdmsr", "rdmsr", ring_rdmsr },
	{ "cli", "cli", ring_cli },
	{ "sti", "sti", ring_sti },
	{ "hlt", "hlt", ring_hlt },
	{ "invlpg", "invlpg", ring_invlpg },
	{ "syscall", "syscall", ring_syscall },
	{ "int80", "int $0x80", ring_int80 },
	{ "int-timer", "int with the timer's vector", ring_int_timer },
	{ "breakpoint", "int3", ring_breakpoint },
	{ "ud2", "ud2", ring_ud2 },
	{ "other-gate", "a nucleus call from elsewhere than the gate", ring_other_gate },
	{ "far-return", "far return to ring 0's code segment", ring_far_return },
	{ "div0", "division by zero", ring_div0 },
	{ "simd", "a SIMD exception", ring_simd },
	{ "bad-call", "nucleus calls with numbers that are none; goes on", ring_bad_call },
	{ "reseal", "SEAL after the seal; goes on", ring_reseal },
	{ "bad-route", "IRQ_ROUTE with wrong arguments; goes on", ring_bad_route },
	{ "iopl", "popf with IOPL 3; goes on", ring_iopl },
	{ NULL, NULL, NULL },
};
