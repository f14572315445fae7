/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SLUICE_TEST_IMAGE_APPS_THREADS_H
#define SLUICE_TEST_IMAGE_APPS_THREADS_H

/* threads_check.c: all of the below, and life and death of threads. */
void threads_check(void);
/* threads_locks.c */
void threads_locks(void);
/* threads_files.c */
void threads_files(void);

#endif
