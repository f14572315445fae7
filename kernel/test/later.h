/* SPDX-License-Identifier: BSD-3-Clause */
/* Something that happens while the program under test waits. */
#ifndef SLUICE_KERNEL_TEST_LATER_H
#define SLUICE_KERNEL_TEST_LATER_H

#include <stdint.h>

/* Calls fn(arg) in the first round of pollers at or behind `ns` of the virtual clock. Eight at most. */
void later(uint64_t ns, void (*fn)(long arg), long arg);
/* Forgets what has not happened. */
void later_reset(void);

#endif
