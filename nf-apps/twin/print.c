/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include "nf-apps/click/print.h"

void nf_print_line(const char *s)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "%s\n", s);
}
