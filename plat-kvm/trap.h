/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exceptions in ring 3. One that nobody expects is reported on the console (registers, symbolised
 * backtrace) and ends the machine with UK_POWER_EXCEPTION. uk_trap_probe lets boot code find out
 * whether an instruction works, since CPUID may hide one that does.
 */
#ifndef SLUICE_PLAT_KVM_TRAP_H
#define SLUICE_PLAT_KVM_TRAP_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

/* Runs fn(arg); false if it raised an exception. Thread: boot and set-up; fn must own nothing. */
bool uk_trap_probe(void (*fn)(void *), void *arg) UK_MUST_USE;

/* The code that runs from now on is on this stack; 0, 0: on the main one. For backtraces. */
void uk_trap_stack(uintptr_t low, uintptr_t high);

/* Prints the call chain from frame pointer `rbp`, innermost first, behind `rip`. */
void uk_trap_backtrace(uintptr_t rip, uintptr_t rbp);

#endif
