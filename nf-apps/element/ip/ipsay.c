/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>
#include "nf-apps/click/print.h"
#include "nf-apps/element/ip/ipsay.h"

void nf_ipsay(const struct nf_element *e, const char *fmt, ...)
{
	char line[NF_IPSAY_MAX];
	int n = snprintf(line, sizeof(line), "%s :: %s: ", e->name, e->class->name);
	va_list ap;

	if (n < 0 || n >= (int)sizeof(line))
		n = 0;
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	va_end(ap);
	nf_print_line(line);
}
