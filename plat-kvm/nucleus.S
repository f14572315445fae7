/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The nucleus, see nucleus.h. Sections, laid out by sluice.ld from NUCLEUS_BASE on:
 *	.nucleus.text	code				(U=0 after the seal)
 *	.nucleus.data	IDT, GDT, TSS, stacks, boot tables	(U=0)
 *	.nucleus.shared	what ring 3 may read and write	(U=1)
 * Memory operands are absolute: everything lies below 2 GiB.
 */
#include "plat-kvm/nucleus.h"

	/* PVH: where a 64-bit ELF is entered in 32-bit mode (Xen elfnote.h, XEN_ELFNOTE_PHYS32_ENTRY). */
	.section .note.pvh, "a", @note
	.balign	4
	.long	4, 8, 18
	.asciz	"Xen"
	.quad	uk_nucleus_entry

	.section .nucleus.text, "ax"
nucleus_text:
	.code32
	.globl	uk_nucleus_entry
uk_nucleus_entry:
	rdtsc
	mov	%eax, uk_nucleus_entry_tsc
	mov	%edx, uk_nucleus_entry_tsc + 4
	mov	%ebx, uk_nucleus_start_info
	/* Page tables for the image, 2 MiB pages; all else in them is zero. */
	movl	$boot_pdpt + 7, boot_pml4
	movl	$boot_pd + 7, boot_pdpt
	.set	n, 0
	.rept	NUCLEUS_BOOT_PAGES
	movl	$n * 0x200000 + 0x87, boot_pd + n * 8
	.set	n, n + 1
	.endr
	mov	$boot_pml4, %eax
	mov	%eax, %cr3
	mov	$NUCLEUS_CR4, %eax
	mov	%eax, %cr4
	mov	$0xc0000080, %ecx		/* EFER: LME, NXE; SCE stays 0, syscall is #UD */
	mov	$0x900, %eax
	xor	%edx, %edx
	wrmsr
	mov	$0x80010033, %eax		/* CR0: PG WP NE ET MP PE */
	mov	%eax, %cr0
	lgdt	gdt_ptr
	ljmp	$NUCLEUS_CS0, $1f
	.code64
1:	lidt	idt_ptr
	mov	$NUCLEUS_TSS, %eax
	ltr	%ax
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	$boot_frame, %esp
	iretq					/* to uk_boot_ring3 in ring 3 */

	/* Exceptions 0..31: an error code for those that have none, the vector, the common part. */
	.macro	exception vec, has_error=0
	.balign	16
exc_\vec:
	.if	!\has_error
	push	$0
	.endif
	push	$\vec
	jmp	exc_common
	.endm

	.balign	16
exc_6:	/* #UD: a call, if it comes from the gate */
	cmpq	$uk_nucleus_gate, (%rsp)
	jne	1f
	addq	$2, (%rsp)
	cmp	$NUCLEUS_NB_CALLS, %rax
	jae	call_bad
	jmp	*call_table(, %rax, 8)
1:	push	$0
	push	$6
	jmp	exc_common

	exception 0
	exception 1
	exception 2
	exception 3
	exception 4
	exception 5
	exception 7
	exception 8, 1
	exception 9
	exception 10, 1
	exception 11, 1
	exception 12, 1
	exception 13, 1
	exception 14, 1
	exception 15
	exception 16
	exception 17, 1
	exception 18
	exception 19
	exception 20
	exception 21, 1
	exception 22
	exception 23
	exception 24
	exception 25
	exception 26
	exception 27
	exception 28
	exception 29, 1
	exception 30, 1
	exception 31

	/*
	 * An exception goes on in ring 3 at uk_trap_entry, with the registers in uk_nucleus_frame. One that happens
	 * in the nucleus or while another is handled ends the machine here.
	 */
exc_common:
	cmpb	$0, uk_nucleus_in_trap
	jne	exc_fatal
	testb	$3, 24(%rsp)
	jz	exc_fatal
	movb	$1, uk_nucleus_in_trap
	mov	%rax, uk_nucleus_frame
	mov	%rbx, uk_nucleus_frame + 8
	mov	%rcx, uk_nucleus_frame + 16
	mov	%rdx, uk_nucleus_frame + 24
	mov	%rsi, uk_nucleus_frame + 32
	mov	%rdi, uk_nucleus_frame + 40
	mov	%rbp, uk_nucleus_frame + 48
	mov	%r8, uk_nucleus_frame + 56
	mov	%r9, uk_nucleus_frame + 64
	mov	%r10, uk_nucleus_frame + 72
	mov	%r11, uk_nucleus_frame + 80
	mov	%r12, uk_nucleus_frame + 88
	mov	%r13, uk_nucleus_frame + 96
	mov	%r14, uk_nucleus_frame + 104
	mov	%r15, uk_nucleus_frame + 112
	mov	%cr2, %rax
	mov	%rax, uk_nucleus_frame + 120
	popq	uk_nucleus_frame + 128		/* vector */
	popq	uk_nucleus_frame + 136		/* error */
	popq	uk_nucleus_frame + 144		/* rip */
	popq	uk_nucleus_frame + 152		/* cs */
	popq	uk_nucleus_frame + 160		/* rflags */
	popq	uk_nucleus_frame + 168		/* rsp */
	popq	uk_nucleus_frame + 176		/* ss */
	mov	$trap_frame, %esp
	iretq
exc_fatal:
	mov	$101, %eax			/* UK_POWER_EXCEPTION */
	out	%al, $NUCLEUS_EXIT_PORT
	/* No such port: reset. Fall through. */
call_off:
	lidt	idt_none
	ud2

	/* Interrupts 32..63: note the vector, acknowledge, return. */
	.macro	interrupt vec
	.balign	32
irq_\vec:
	movb	$1, uk_nucleus_pending + \vec
	movb	$1, uk_nucleus_wake
	movl	$0, NUCLEUS_LAPIC_VA + 0xb0	/* EOI */
	iretq
	.endm

	.altmacro
	.set	n, NUCLEUS_VEC_TIMER
	.rept	NUCLEUS_NB_VEC - NUCLEUS_VEC_TIMER
	interrupt %n
	.set	n, n + 1
	.endr
	.noaltmacro

	/* Calls. Entered with rip already behind the ud2; rax is the result. */
call_bad:
	mov	$-1, %rax
	iretq

call_seal:
	cmpb	$0, sealed
	jne	call_bad
	movb	$1, sealed
	mov	%rdi, %cr3
	mov	%rsi, %cr4
	movl	$0x1ff, NUCLEUS_LAPIC_VA + 0xf0	/* spurious vector 255, APIC on */
	movl	$0xb, NUCLEUS_LAPIC_VA + 0x3e0	/* timer counts every bus cycle */
	movl	$NUCLEUS_VEC_TIMER, NUCLEUS_LAPIC_VA + 0x320	/* one-shot */
	xor	%eax, %eax
	iretq

	/*
	 * The interrupt gate cleared IF, so nothing comes between the look at the flag and hlt: sti
	 * holds interrupts back for one more instruction (Intel SDM vol. 2, STI).
	 */
call_wait:
	mov	%edi, NUCLEUS_LAPIC_VA + 0x380	/* timer: initial count, 0 stops it */
	cmpb	$0, uk_nucleus_wake
	jne	1f
	sti
	hlt
	cli
1:	xor	%eax, %eax
	iretq

	/* rdi pin 0..23, rsi vector, rdx which IOAPIC: redirection entry = fixed, edge, unmasked, CPU 0. */
call_irq_route:
	cmp	$24, %rdi
	jae	call_bad
	cmp	$NUCLEUS_NB_VEC, %rsi
	jae	call_bad
	cmp	$NUCLEUS_VEC_TIMER, %rsi
	jbe	call_bad
	cmp	$1, %rdx
	ja	call_bad
	shl	$16, %edx
	mov	$NUCLEUS_IOAPIC, %eax
	add	%rax, %rdx
	lea	0x11(%rdi, %rdi), %eax
	mov	%eax, (%rdx)
	movl	$0, 16(%rdx)
	dec	%eax
	mov	%eax, (%rdx)
	mov	%esi, 16(%rdx)
	xor	%eax, %eax
	iretq

call_fs_base:
	mov	$0xc0000100, %ecx
	mov	%edi, %eax
	mov	%rdi, %rdx
	shr	$32, %rdx
	wrmsr
	xor	%eax, %eax
	iretq

call_kvmclock:
	cmpb	$0, sealed
	jne	call_bad
	xor	%edx, %edx
	mov	$0x4b564d00, %ecx		/* MSR_KVM_WALL_CLOCK_NEW */
	mov	%esi, %eax
	wrmsr
	mov	$0x4b564d01, %ecx		/* MSR_KVM_SYSTEM_TIME_NEW */
	mov	%edi, %eax
	wrmsr
	xor	%eax, %eax
	iretq

	.section .nucleus.data, "aw"
	.macro	gate handler, ist
	.word	\handler - nucleus_text, NUCLEUS_CS0, 0x8e00 | \ist, NUCLEUS_BASE >> 16
	.long	0, 0
	.endm
	.balign	16
idt:	/* present, DPL 0, interrupt gates: ring 3 can not raise them by `int n` */
	.irp	v, 0, 1
	gate	exc_\v, 1
	.endr
	gate	exc_2, 2			/* NMI */
	.irp	v, 3, 4, 5, 6, 7
	gate	exc_\v, 1
	.endr
	gate	exc_8, 2			/* double fault */
	.irp	v, 9, 10, 11, 12, 13, 14, 15, 16, 17
	gate	exc_\v, 1
	.endr
	gate	exc_18, 2			/* machine check */
	.irp	v, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	gate	exc_\v, 1
	.endr
	.altmacro
	.macro	irq_gate v
	gate	irq_\v, 0
	.endm
	.set	n, NUCLEUS_VEC_TIMER
	.rept	NUCLEUS_NB_VEC - NUCLEUS_VEC_TIMER
	irq_gate %n
	.set	n, n + 1
	.endr
	.noaltmacro
idt_end:
gdt:	.quad	0
	.quad	0x00af9b000000ffff		/* 08 code, ring 0, 64 bit */
	.quad	0x00cf93000000ffff		/* 10 data, ring 0 */
	.quad	0x00cff3000000ffff		/* 18 data, ring 3 */
	.quad	0x00affb000000ffff		/* 20 code, ring 3, 64 bit */
	/* 28: available 64-bit TSS; its limit takes in the I/O bitmap and the byte behind it */
	.word	tss_end - tss - 1, tss - idt + NUCLEUS_DATA_LOW
	.byte	NUCLEUS_BASE >> 16, 0x89, 0, 0
	.quad	0
gdt_end:
gdt_ptr:
	.word	gdt_end - gdt - 1
	.quad	gdt
idt_ptr:
	.word	idt_end - idt - 1
	.quad	idt
idt_none:
	.word	0
	.quad	0
	.balign	8
call_table:
	.quad	call_off, call_seal, call_wait, call_irq_route, call_fs_base, call_kvmclock
boot_frame:	/* what iretq pops: rip, cs, rflags (IF=0, IOPL=0), rsp, ss */
	.quad	uk_boot_ring3, NUCLEUS_CS3, 2, uk_stack_top - 8, NUCLEUS_SS3
trap_frame:
	.quad	uk_trap_entry, NUCLEUS_CS3, 2, uk_trap_stack_top - 8, NUCLEUS_SS3
sealed:	.byte	0

	/* From the bitmap on all is zero, so it is not in the image file. */
	.balign	16
tss:	.long	0
	.quad	stack_0, 0, 0			/* rsp0..2 */
	.quad	0
	.quad	stack_0, stack_nmi, 0, 0, 0, 0, 0	/* ist1..7 */
	.quad	0
	.word	0, tss_bitmap - tss
tss_bitmap:
	.skip	8192 + 8			/* all ports are ring 3's */
tss_end:

	/* Two stacks: for calls, interrupts and exceptions, and for those that come at any time. */
	.balign	4096
	.skip	2048
stack_nmi:
	.skip	2048
stack_0:
boot_pml4:
	.skip	4096
boot_pdpt:
	.skip	4096
boot_pd:
	.skip	4096

	.section .nucleus.shared, "aw"
	.balign	4096
	.globl	uk_nucleus_frame, uk_nucleus_in_trap, uk_nucleus_wake, uk_nucleus_pending
	.globl	uk_nucleus_entry_tsc, uk_nucleus_start_info
uk_nucleus_frame:	.skip	23 * 8
uk_nucleus_entry_tsc:	.quad	0
uk_nucleus_start_info:	.long	0
uk_nucleus_in_trap:	.byte	0
uk_nucleus_wake:	.byte	0
	.balign	64
uk_nucleus_pending:	.skip	NUCLEUS_NB_VEC

	/* Ring 3's side of a call. */
	.section .text.uk_nucleus_call, "ax"
	.globl	uk_nucleus_call, uk_nucleus_gate
	.type	uk_nucleus_call, @function
uk_nucleus_call:
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
uk_nucleus_gate:
	ud2
	ret
	.size	uk_nucleus_call, . - uk_nucleus_call

	.section .note.GNU-stack, "", @progbits
