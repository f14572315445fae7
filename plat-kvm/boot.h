/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the machine was started with: memory and command line. Gathered by the boot code from the
 * PVH start info (Xen, arch-x86/hvm/start_info.h), checked, and then constant. Boot modules:
 * module.h.
 */
#ifndef SLUICE_PLAT_KVM_BOOT_H
#define SLUICE_PLAT_KVM_BOOT_H

#include "plat-kvm/defs.h"

#define UK_BOOT_MEM_MAX 16
#define UK_BOOT_ARG_MAX 64

/* Usable RAM, page-aligned, without the image and what the boot code took. */
struct uk_boot_mem {
	uintptr_t base;
	size_t len;
};

/* The hook: called in ring 3 on the main stack once the platform knows the machine. In
 * kernel/start.c. */
UK_NORETURN void uk_start(void);

/*
 * At file level of an application that needs more than the usual stack (option stack_kib): so many
 * bytes are added to it. Multiple of UK_PAGE_SIZE.
 */
#define UK_BOOT_STACK_MORE(bytes)                                                                  \
	static char uk_boot_stack_more[bytes]                                                      \
		__attribute__((section(".stack,\"aw\",@nobits#"), used, aligned(UK_PAGE_SIZE)))

/* Ranges of RAM for the heap, in address order. NULL past the last. */
const struct uk_boot_mem *uk_boot_mem(unsigned i);

/* All RAM the machine has, bytes. */
size_t uk_boot_ram_bytes(void);

/* Takes whole pages, zeroed, off a range before the heap has it: page tables, ... NULL: no memory.
 */
void *uk_boot_mem_take(size_t nb_pages);

/* An -initrd as the PVH start info names it; len 0: none. */
void uk_boot_initrd(const void **data, size_t *len);

/*
 * Value of a platform option ("key=value" before " -- " on the command line; "" for a bare word),
 * NULL when absent. The string stays valid.
 */
const char *uk_boot_arg(const char *key);

/* All platform options as they stand, for those that may come more than once; NULL past the last.
 */
const char *uk_boot_option(unsigned i);

/* The application's words: argv[0] is the image's name. NULL-terminated. */
int uk_boot_argc(void);
char **uk_boot_argv(void);

/* Time stamp counter at the entry instruction. */
uint64_t uk_boot_entry_cycles(void);

#endif
