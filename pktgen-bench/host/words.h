/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of command-line options. Each function returns 0, or -1 after one sentence on stderr. */
#ifndef SLUICE_PKTGEN_BENCH_HOST_WORDS_H
#define SLUICE_PKTGEN_BENCH_HOST_WORDS_H

#include <stdint.h>

/* Always -1. @name: the option without its dashes. */
int pg_words_bad(const char *name, const char *text, const char *want);
int pg_words_complain(const char *sentence);

int pg_words_unsigned(
	const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *out);
/* With k and M for thousands and millions. */
int pg_words_real(const char *name, const char *text, double min, double max, double *out);
/* "52:54:00:12:34:56" */
int pg_words_mac(const char *name, const char *text, uint8_t mac[6]);

#endif
