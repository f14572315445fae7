/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs on the trap stack, entered by the nucleus with the registers in uk_nucleus_frame. Another
 * exception in here is not survived: the nucleus ends the machine.
 */
#include <setjmp.h>
#include <string.h>
#include "plat-kvm/boot.h"
#include "plat-kvm/console.h"
#include "plat-kvm/layout.h"
#include "plat-kvm/nucleus.h"
#include "plat-kvm/power.h"
#include "plat-kvm/symbol.h"
#include "plat-kvm/trap.h"

#define BACKTRACE_MAX 32
#define CALLER_WORDS                                                                               \
	64 /* a function without a frame has its return address within so many words               \
	    */

static jmp_buf *probe;
static uintptr_t stack_low, stack_high; /* of the thread that runs, 0: the main stack */

static const char *const exception_names[32] = {
	[0] = "divide error",
	[1] = "debug",
	[2] = "non-maskable interrupt",
	[3] = "breakpoint",
	[4] = "overflow",
	[5] = "bound range",
	[6] = "invalid opcode",
	[7] = "device not available",
	[8] = "double fault",
	[10] = "invalid TSS",
	[11] = "segment not present",
	[12] = "stack fault",
	[13] = "general protection",
	[14] = "page fault",
	[16] = "x87 error",
	[17] = "alignment check",
	[18] = "machine check",
	[19] = "SIMD error",
	[20] = "virtualisation",
	[21] = "control protection",
};

bool uk_trap_probe(void (*fn)(void *), void *arg)
{
	jmp_buf here;
	bool ok = false;

	probe = &here;
	if (setjmp(here) == 0) {
		fn(arg);
		ok = true;
	}
	probe = NULL;
	return ok;
}

void uk_trap_stack(uintptr_t low, uintptr_t high)
{
	stack_low = low;
	stack_high = high;
}

static uintptr_t trap_stack_low(void)
{
	return stack_low != 0 ? stack_low : (uintptr_t)uk_stack_guard + UK_PAGE_SIZE;
}

static uintptr_t trap_stack_high(void)
{
	return stack_low != 0 ? stack_high : (uintptr_t)uk_stack_top;
}

static void trap_line(unsigned n, uintptr_t addr)
{
	uintptr_t off = 0;
	const char *name = uk_symbol_find(addr, &off);

	if (name != NULL)
		uk_console_printf("  #%-2u %016lx %s+0x%lx\n", n, addr, name, off);
	else
		uk_console_printf("  #%-2u %016lx\n", n, addr);
}

static bool trap_on_stack(uintptr_t p, uintptr_t bottom, uintptr_t top)
{
	return p >= bottom && p <= top - 16 && p % 8 == 0;
}

static bool trap_in_text(uintptr_t a)
{
	return a >= (uintptr_t)uk_text_start && a < (uintptr_t)uk_text_end;
}

/* Whether a call instruction ends at `ret` (Intel SDM vol. 2, CALL): E8 rel32 to `start`, or FF /2.
 */
static bool trap_is_call(uintptr_t ret, uintptr_t start, bool indirect)
{
	const uint8_t *p = (const uint8_t *)ret;
	int32_t rel;

	if (!trap_in_text(ret - 7) || !trap_in_text(ret))
		return false;
	memcpy(&rel, p - 4, sizeof(rel));
	if (p[-5] == 0xe8 && (start == 0 || ret + (uintptr_t)(intptr_t)rel == start))
		return true;
	for (int n = 2; indirect && n <= 7; n++) {
		if (p[-n] == 0xff && (p[1 - n] & 0x38) == 0x10)
			return true;
	}
	return false;
}

/*
 * The compiler gives a function that calls nothing no frame of its own, and a jump to nonsense has
 * none either: then rbp is still the caller's and the return address lies between rsp and there. 0:
 * not so.
 */
static uintptr_t trap_frameless_caller(const struct uk_trap_frame *f)
{
	uintptr_t off = 0, p = f->rsp, top = trap_stack_high();
	uintptr_t start = uk_symbol_find(f->rip, &off) != NULL ? f->rip - off : 0;

	if (!trap_on_stack(p, trap_stack_low(), top))
		return 0;
	if (f->rbp > p && f->rbp < top)
		top = f->rbp;
	for (unsigned i = 0; i < CALLER_WORDS && p + 8 <= top; i++, p += 8) {
		uintptr_t ret = *(const uintptr_t *)p;

		if (trap_is_call(ret, start, i == 0))
			return ret;
		if (start == 0)
			break;
	}
	return 0;
}

static void trap_chain(unsigned n, uintptr_t rbp)
{
	uintptr_t bottom = trap_stack_low(), top = trap_stack_high();

	if (rbp >= (uintptr_t)uk_trap_guard && rbp < (uintptr_t)uk_trap_stack_top) {
		bottom = (uintptr_t)uk_trap_guard + UK_PAGE_SIZE;
		top = (uintptr_t)uk_trap_stack_top;
	}
	for (; n < BACKTRACE_MAX && trap_on_stack(rbp, bottom, top); n++) {
		const uintptr_t *frame = (const uintptr_t *)rbp;

		if (frame[1] == 0)
			break;
		/* One back: the call may be the last instruction of its function. */
		trap_line(n, frame[1] - 1);
		if (frame[0] <= rbp)
			break;
		rbp = frame[0];
	}
}

void uk_trap_backtrace(uintptr_t rip, uintptr_t rbp)
{
	trap_line(0, rip);
	trap_chain(1, rbp);
}

/* Whether a is in [from, to). */
static bool trap_within(uintptr_t a, const char *from, const char *to)
{
	return a >= (uintptr_t)from && a < (uintptr_t)to;
}

static bool trap_in_initrd(uintptr_t a)
{
	const void *data;
	size_t len;

	uk_boot_initrd(&data, &len);
	return a - (uintptr_t)data < len;
}

/* What a page fault (#PF error code, Intel SDM vol. 3, 4.7) means in this layout. */
static const char *trap_fault_reason(uintptr_t a, uint64_t error)
{
	if (a < UK_PAGE_SIZE)
		return "null pointer";
	if (trap_within(a, uk_stack_guard, uk_stack_guard + UK_PAGE_SIZE))
		return "stack overflow: guard page of the main stack";
	if (trap_within(a, uk_trap_guard, uk_trap_guard + UK_PAGE_SIZE))
		return "stack overflow: guard page of the trap stack";
	if (trap_within(a, uk_nucleus_start, uk_nucleus_end))
		return "the nucleus is out of bounds for ring 3";
	if (error & 0x10)
		return (error & 1) ? "execution of data" : "execution of an unmapped address";
	if (!(error & 1))
		return "unmapped address";
	if (trap_within(a, uk_text_start, uk_text_end))
		return "write to program text";
	if (trap_within(a, uk_text_end, uk_rodata_end) ||
		trap_within(a, uk_image_end, uk_image_end + uk_symbol_bytes()))
		return "write to constants";
	if (trap_in_initrd(a))
		return "write to the initrd";
	return "the page is ring 0's (page tables, interrupt controllers)";
}

static void trap_report(const struct uk_trap_frame *f)
{
	uintptr_t caller = trap_frameless_caller(f);
	const char *name = f->vector < 32 ? exception_names[f->vector] : NULL;

	uk_console_printf("\nsluice: exception %lu (%s), error 0x%lx, at %016lx\n", f->vector,
		name != NULL ? name : "reserved", f->error, f->rip);
	if (f->vector == 14)
		uk_console_printf("  %s of address %016lx: %s\n",
			f->error & 0x10 ? "fetch" : (f->error & 2 ? "write" : "read"), f->cr2,
			trap_fault_reason(f->cr2, f->error));
	uk_console_printf(
		"  rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
	uk_console_printf(
		"  rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", f->rsi, f->rdi, f->rbp, f->rsp);
	uk_console_printf(
		"  r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", f->r8, f->r9, f->r10, f->r11);
	uk_console_printf(
		"  r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", f->r12, f->r13, f->r14, f->r15);
	uk_console_printf("  cs %lx ss %lx rflags %lx\n  backtrace:\n", f->cs, f->ss, f->rflags);
	trap_line(0, f->rip);
	if (caller != 0)
		trap_line(1, caller - 1);
	trap_chain(caller != 0 ? 2 : 1, f->rbp);
}

void uk_trap_entry(void)
{
	if (probe != NULL) {
		uk_nucleus_in_trap = 0;
		longjmp(*probe, 1);
	}
	trap_report(&uk_nucleus_frame);
	uk_power_off(UK_POWER_EXCEPTION);
}
