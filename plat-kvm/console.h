/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The serial console, a 16550 at port 0x3f8. Each byte is an exit to the
 * hypervisor; it is for people and for reports once a second.
 */
#ifndef SLUICE_PLAT_KVM_CONSOLE_H
#define SLUICE_PLAT_KVM_CONSOLE_H

#include "plat-kvm/defs.h"

/* Writes all bytes; "\n" becomes "\r\n". Gives up on a byte after some 10 ms of a stuck device. */
void uk_console_write(const char *s, size_t len);

/* printf to the console, at most 512 bytes a call; usable before the heap and libc are up. */
void uk_console_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* One byte that came in, or -1. */
int uk_console_getc(void);

#endif
