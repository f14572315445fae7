/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of functions for backtraces. tools/mkimage.py appends the table to the image as a
 * segment of its own (read-only); an image that did not go through it has none and prints addresses
 * only.
 */
#ifndef SLUICE_PLAT_KVM_SYMBOL_H
#define SLUICE_PLAT_KVM_SYMBOL_H

#include "plat-kvm/defs.h"

/* At the page behind uk_image_end: header, `nb` address-sorted entries, then names. */
#define UK_SYMBOL_MAGIC 0x4d59534bu /* "KSYM" */

struct uk_symbol_table {
	uint32_t magic;
	uint32_t bytes; /* of the whole table, header included */
	uint32_t nb;
	uint32_t names; /* offset of the first name */
	struct {
		uint32_t addr;
		uint32_t name; /* offset from `names` of a NUL-terminated string */
	} e[];
};

/* Name of the function that holds addr, with the offset in it; NULL: not known. */
const char *uk_symbol_find(uintptr_t addr, uintptr_t *offset);

/* Bytes that the table takes behind uk_image_end, 0 when there is none. */
size_t uk_symbol_bytes(void);

#endif
