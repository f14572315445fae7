/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "pktgen-bench/host/words.h"

int pg_words_bad(const char *name, const char *text, const char *want)
{
	fprintf(stderr, "pgbench-host: --%s %s: %s\n", name, text, want);
	return -1;
}

int pg_words_complain(const char *sentence)
{
	fprintf(stderr, "pgbench-host: %s\n", sentence);
	return -1;
}

int pg_words_unsigned(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	char *end, want[80];
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 0);
	if (errno || end == text || *end || text[0] == '-' || v < min || v > max) {
		snprintf(want, sizeof(want), "not a whole number from %llu to %llu",
			(unsigned long long)min, (unsigned long long)max);
		return pg_words_bad(name, text, want);
	}
	*out = v;
	return 0;
}

int pg_words_real(const char *name, const char *text, double min, double max, double *out)
{
	char *end, want[80];
	double v = strtod(text, &end);

	if (end != text && (*end == 'k' || *end == 'M'))
		v *= *end++ == 'k' ? 1e3 : 1e6;
	if (end == text || *end || !isfinite(v) || v < min || v > max) {
		snprintf(want, sizeof(want), "not a number from %g to %g", min, max);
		return pg_words_bad(name, text, want);
	}
	*out = v;
	return 0;
}

int pg_words_mac(const char *name, const char *text, uint8_t mac[6])
{
	unsigned int b[6];
	char rest;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", b, b + 1, b + 2, b + 3, b + 4, b + 5,
		    &rest) != 6)
		return pg_words_bad(name, text, "want an address such as 52:54:00:12:34:56");
	for (unsigned int i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
	return 0;
}
