/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The nucleus: the only code that runs in ring 0 (nucleus.S). It boots, drops to ring 3 for good,
 *and from then on is entered by interrupts, exceptions and the closed table of calls below. C and
 *assembler share this file.
 *
 * A call is `ud2` at uk_nucleus_gate with the number in rax and arguments in rdi, rsi, rdx (`int`
 *and `syscall` do not reach ring 0 on KVM without hardware virtualisation). Each ring-0 instruction
 *may cost 4,400 cycles there, so calls are rare and handlers are a few instructions without loops.
 *
 *	number  name       arguments         result  when
 *	0       OFF        -                 never   resets the machine by triple fault
 *	1       SEAL       cr3, cr4          0       once: new page tables, for good
 *	2       WAIT       timer count       0       hlt until an interrupt is pending
 *	3       IRQ_ROUTE  pin, vector, apic 0/-1    programs one IOAPIC pin, edge, this CPU
 *	4       FS_BASE    address           0       where wrfsbase does not work
 *	5       KVMCLOCK   address | 1, wall 0/-1    before SEAL only: where the host writes the
 *time
 *
 * Anything else is an exception like any other.
 */
#ifndef SLUICE_PLAT_KVM_NUCLEUS_H
#define SLUICE_PLAT_KVM_NUCLEUS_H

#define NUCLEUS_BASE 0x100000 /* 64 KiB aligned: descriptor fields are split at assembly time */

/* 2 MiB pages that the entry code maps: the image has to lie in them (sluice.ld asserts it). */
#define NUCLEUS_BOOT_PAGES 16

#define NUCLEUS_CALL_OFF       0
#define NUCLEUS_CALL_SEAL      1
#define NUCLEUS_CALL_WAIT      2
#define NUCLEUS_CALL_IRQ_ROUTE 3
#define NUCLEUS_CALL_FS_BASE   4
#define NUCLEUS_CALL_KVMCLOCK  5
#define NUCLEUS_NB_CALLS       6

#define NUCLEUS_CS0 0x08
#define NUCLEUS_SS0 0x10
#define NUCLEUS_SS3 0x1b
#define NUCLEUS_CS3 0x23
#define NUCLEUS_TSS 0x28

#define NUCLEUS_VEC_TIMER 32
#define NUCLEUS_NB_VEC    64

#define NUCLEUS_CR4 0x620 /* PAE, OSFXSR, OSXMMEXCPT */

/* Data starts one page after the text (sluice.ld asserts it). */
#define NUCLEUS_DATA_LOW 0x1000

#define NUCLEUS_LAPIC 0xfee00000
/* Where the sealed page tables show the local APIC: in the hole below 1 MiB, so that absolute
 * operands reach it. */
#define NUCLEUS_LAPIC_VA 0xa0000
#define NUCLEUS_IOAPIC   0xfec00000
/* The second IOAPIC of microvm lies 64 KiB further. */
#define NUCLEUS_IOAPIC_STEP 0x10000

#define NUCLEUS_EXIT_PORT 0xf4

#ifndef __ASSEMBLER__

#include "plat-kvm/defs.h"

/* Registers at an exception, as the nucleus stores them (layout known to nucleus.S). */
struct uk_trap_frame {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t cr2;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(sizeof(struct uk_trap_frame) == 23 * 8, "nucleus.S knows this layout");

/* Ring 3 reads and writes these; the nucleus only writes (nucleus.S). */
extern struct uk_trap_frame uk_nucleus_frame;
extern volatile uint8_t uk_nucleus_in_trap;                 /* an exception is being handled */
extern volatile uint8_t uk_nucleus_wake;                    /* some vector fired */
extern volatile uint8_t uk_nucleus_pending[NUCLEUS_NB_VEC]; /* this vector fired */
extern uint64_t uk_nucleus_entry_tsc;
extern uint32_t uk_nucleus_start_info;

long uk_nucleus_call(long nr, uint64_t a, uint64_t b, uint64_t c);

/* First ring-3 code, on the main stack (boot.c). */
UK_NORETURN void uk_boot_ring3(void);

/* Where ring 3 handles an exception, on a stack of its own (trap.c). */
UK_NORETURN void uk_trap_entry(void);

#endif
#endif
