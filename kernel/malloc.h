/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The heap under malloc(). The start-up list calls uk_malloc_init once; until then
 * malloc() gives NULL with ENOMEM.
 * Thread: as the allocator: not locked.
 */
#ifndef SLUICE_KERNEL_MALLOC_H
#define SLUICE_KERNEL_MALLOC_H

#include "kernel/alloc.h"

/* The instance in use, for its figures; NULL before uk_malloc_init. */
extern struct uk_alloc *uk_malloc_heap;

/* Thread: boot-only. */
void uk_malloc_init(UK_LENDS struct uk_alloc *heap);

/* musl's internal names of the same functions. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t nb, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);

#endif
