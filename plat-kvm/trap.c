/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs on the trap stack, entered by the nucleus with the registers in uk_nucleus_frame. Another
 * exception in here is not survived: the nucleus ends the machine.
 */
#include <setjmp.h>
#include "plat-kvm/console.h"
#include "plat-kvm/layout.h"
#include "plat-kvm/nucleus.h"
#include "plat-kvm/power.h"
#include "plat-kvm/symbol.h"
#include "plat-kvm/trap.h"

#define BACKTRACE_MAX 32

static jmp_buf *probe;

static const char *const exception_names[32] = {
	[0] = "divide error", [1] = "debug", [2] = "non-maskable interrupt", [3] = "breakpoint",
	[4] = "overflow", [5] = "bound range", [6] = "invalid opcode", [7] = "device not available",
	[8] = "double fault", [10] = "invalid TSS", [11] = "segment not present", [12] = "stack fault",
	[13] = "general protection", [14] = "page fault", [16] = "x87 error", [17] = "alignment check",
	[18] = "machine check", [19] = "SIMD error", [20] = "virtualisation", [21] = "control protection",
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

void uk_trap_backtrace(uintptr_t rip, uintptr_t rbp)
{
	uintptr_t bottom = (uintptr_t)uk_stack_guard + UK_PAGE_SIZE, top = (uintptr_t)uk_stack_top;

	if (rbp >= (uintptr_t)uk_trap_guard && rbp < (uintptr_t)uk_trap_stack_top) {
		bottom = (uintptr_t)uk_trap_guard + UK_PAGE_SIZE;
		top = (uintptr_t)uk_trap_stack_top;
	}
	trap_line(0, rip);
	for (unsigned n = 1; n < BACKTRACE_MAX && trap_on_stack(rbp, bottom, top); n++) {
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

/* What a page fault (#PF error code, Intel SDM vol. 3, 4.7) means in this layout. */
static const char *trap_fault_reason(uintptr_t a, uint64_t error)
{
	if (a < UK_PAGE_SIZE)
		return "null pointer";
	if (a >= (uintptr_t)uk_stack_guard && a < (uintptr_t)uk_stack_guard + UK_PAGE_SIZE)
		return "stack overflow: guard page of the main stack";
	if (a >= (uintptr_t)uk_trap_guard && a < (uintptr_t)uk_trap_guard + UK_PAGE_SIZE)
		return "stack overflow: guard page of the trap stack";
	if (a >= (uintptr_t)uk_nucleus_start && a < (uintptr_t)uk_nucleus_end)
		return "the nucleus is out of bounds for ring 3";
	if (error & 0x10)
		return (error & 1) ? "execution of data" : "execution of an unmapped address";
	if ((error & 3) == 3)
		return a < (uintptr_t)uk_text_end ? "write to program text" : "write to constants";
	return (error & 1) ? "protected page" : "unmapped address";
}

static void trap_report(const struct uk_trap_frame *f)
{
	const char *name = f->vector < 32 ? exception_names[f->vector] : NULL;

	uk_console_printf("\nsluice: exception %lu (%s), error 0x%lx, at %016lx\n", f->vector,
		name != NULL ? name : "reserved", f->error, f->rip);
	if (f->vector == 14)
		uk_console_printf("  %s of address %016lx: %s\n",
			f->error & 0x10 ? "fetch" : (f->error & 2 ? "write" : "read"), f->cr2,
			trap_fault_reason(f->cr2, f->error));
	uk_console_printf("  rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
	uk_console_printf("  rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", f->rsi, f->rdi, f->rbp, f->rsp);
	uk_console_printf("  r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", f->r8, f->r9, f->r10, f->r11);
	uk_console_printf("  r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", f->r12, f->r13, f->r14, f->r15);
	uk_console_printf("  cs %lx ss %lx rflags %lx\n  backtrace:\n", f->cs, f->ss, f->rflags);
	uk_trap_backtrace(f->rip, f->rbp);
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
