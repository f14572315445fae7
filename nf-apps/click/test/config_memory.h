/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Included in front of each file of test_config_memory (see meson.build): the reader's memory comes
 * from calls that fail when the test wants it.
 */
#ifndef SLUICE_NF_APPS_CLICK_TEST_CONFIG_MEMORY_H
#define SLUICE_NF_APPS_CLICK_TEST_CONFIG_MEMORY_H

#include <stdlib.h>
#include <string.h>

void *config_memory_malloc(size_t size);
void *config_memory_calloc(size_t nb, size_t size);
void *config_memory_realloc(void *p, size_t size);

/* As functions, so that (malloc)(n) is still the real one. */
#define malloc(size)     config_memory_malloc(size)
#define calloc(nb, size) config_memory_calloc(nb, size)
#define realloc(p, size) config_memory_realloc(p, size)

#endif
