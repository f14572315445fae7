/* SPDX-License-Identifier: BSD-3-Clause */
/* What elements print, in an image: lines on the console. */
#include <string.h>
#include "nf-apps/click/print.h"
#include "plat-kvm/console.h"

void nf_print_line(const char *s)
{
	uk_console_write(s, strlen(s));
	uk_console_write("\n", 1);
}
