/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a machine ends. 0: reset by triple fault, which ends QEMU (-no-reboot) with status 0.
 * 1 to 127: QEMU's isa-debug-exit at port 0xf4, status (code << 1) | 1, so that QEMU's own failure
 * (status 1) is never taken for the guest's. Larger codes become 127.
 */
#ifndef SLUICE_PLAT_KVM_POWER_H
#define SLUICE_PLAT_KVM_POWER_H

#include "plat-kvm/defs.h"

#define UK_POWER_BOOT_FAILED 99  /* start-up could not go on */
#define UK_POWER_PANIC       100 /* assertion or uk_panic */
#define UK_POWER_EXCEPTION   101 /* the CPU raised an exception */

/* Thread: any. The console is drained first. */
UK_NORETURN void uk_power_off(int code);

#endif
