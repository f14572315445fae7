/* SPDX-License-Identifier: BSD-3-Clause */
/* For images that check themselves: a line for each check that fails, their number at the end. */
#ifndef SLUICE_TEST_IMAGE_APPS_CHECK_H
#define SLUICE_TEST_IMAGE_APPS_CHECK_H

#include <stdio.h>

extern int check_nb_bad;

#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			check_nb_bad++;                                                            \
			printf("FAILED: %s:%d: %s\n", __func__, __LINE__, #what);                  \
		}                                                                                  \
	} while (0)

#endif
