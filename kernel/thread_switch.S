/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * void uk_thread_switch(void **save_sp, void *load_sp): leaves one stack and goes on with another.
 * Kept is what a call keeps (System V ABI for x86-64, 3.2.3): rbx, rbp, r12 to r15, the control bits
 * of MXCSR and the x87 control word. uk_thread_make lays out a new stack the same way.
 */
	.section .text.uk_thread_switch, "ax", @progbits
	.globl uk_thread_switch
	.type uk_thread_switch, @function
uk_thread_switch:
	pushq %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	subq $8, %rsp
	stmxcsr (%rsp)
	fnstcw 4(%rsp)
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	ldmxcsr (%rsp)
	fldcw 4(%rsp)
	addq $8, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	ret
	.size uk_thread_switch, . - uk_thread_switch
	.section .note.GNU-stack, "", @progbits
