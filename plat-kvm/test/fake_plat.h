/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The platform for a Linux process: everything of plat-kvm that does not touch hardware is
 * answered by fake_plat.c, so that kernel/, dataplane/, netstack/ and nf-apps/ run in host
 * tests and fuzzers. Time is virtual and only moves when told to; an idle machine
 * runs its devices (the hook) or jumps to its deadline.
 *
 * A test calls fake_plat_reset first. One of fake_assert_cmocka.c (a failed UK_ASSERT is
 * what cmocka's expect_assert_failure looks for) and fake_assert_abort.c is linked beside it.
 */
#ifndef SLUICE_PLAT_KVM_TEST_FAKE_PLAT_H
#define SLUICE_PLAT_KVM_TEST_FAKE_PLAT_H

#include <setjmp.h>
#include <stdbool.h>
#include "plat-kvm/defs.h"

/* Clock at 0, no step, no hook, no vectors, no boot arguments, console empty. */
void fake_plat_reset(void);

/* Moves the clock on. Units: ns. */
void fake_plat_advance(uint64_t ns);

/* Each uk_clock_ns() moves the clock on by this much: a busy wait with a time limit ends. */
void fake_plat_step(uint64_t ns);

/* Called at each uk_clock_ns() and by an idle machine: lets devices work meanwhile. Not re-entered.
 */
void fake_plat_hook(void (*fn)(void *arg), void *arg);

/* What a device does. Raising a vector that was never allocated is a fault of the driver. */
void fake_plat_irq_raise(unsigned vector);
bool fake_plat_irq_is_pending(unsigned vector);
unsigned fake_plat_irq_allocated(void);

/* How often uk_idle_until really slept, and for how many virtual ns. */
uint64_t fake_plat_idle_count(void);
uint64_t fake_plat_idle_ns(void);

/* Sets (value NULL: removes) a platform option of the boot command line. The strings are borrowed.
 */
void fake_plat_arg(const char *key, const char *value);

/* What was written to the console since fake_plat_reset, a string of at most 64 KiB. */
const char *fake_plat_console(void);

/* The next uk_power_off() jumps here (with code + 1) instead of ending the process. */
void fake_plat_power_catch(jmp_buf *where);

/* Ends the test (or the fuzzer) with this text. Implemented by fake_assert_*.c. */
UK_NORETURN void fake_plat_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
