/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arguments of the form name=value, by a table of options. Each value is checked against
 * its type and its limits; the first one that is wrong ends the parse with one sentence that
 * names it and says what is allowed. What is not given keeps the value it had.
 */
#ifndef SLUICE_PKTGEN_BENCH_GUEST_ARGS_H
#define SLUICE_PKTGEN_BENCH_GUEST_ARGS_H

#include <stdbool.h>
#include "pktgen-bench/guest/flow.h"

#define PG_ARGS_ERROR_MAX 400
#define PG_ARGS_OPTIONS   64u /* in a table */

enum pg_args_type {
	PG_ARGS_U64,   /* uint64_t: 1000, 64k, 14.88M, 2G (powers of ten), within min to max */
	PG_ARGS_BOOL,  /* bool: the bare name, or on, off, yes, no, true, false, 1, 0 */
	PG_ARGS_WORD,  /* unsigned int: index of one of words */
	PG_ARGS_SIZES, /* struct pg_flow_sizes: 64 or 64,128,256 or 64-1518 or imix */
	PG_ARGS_IP,    /* uint32_t, host order */
	PG_ARGS_IPS,   /* struct pg_flow_range: 10.0.0.1 or 10.0.0.1-10.0.0.254 */
	PG_ARGS_PORTS, /* struct pg_flow_range: 1000 or 1000-1999, within min to max */
	PG_ARGS_MAC,   /* uint8_t[6]: 02:00:00:00:00:01 */
};

struct pg_args_option {
	const char *name;
	enum pg_args_type type;
	void *value;              /* of the type's C type */
	uint64_t min, max;        /* U64, SIZES, PORTS */
	const char *const *words; /* WORD: ends with NULL */
	bool *given;              /* may be NULL; else set when the option was there */
	const char *help;         /* what it is, in half a sentence */
};

/*
 * Owner: nothing is kept; argv is not changed.
 * Returns: 0, or -EINVAL and one sentence in error (PG_ARGS_ERROR_MAX bytes); values of options
 * before the wrong one are then set.
 */
UK_MUST_USE int pg_args_parse(const struct pg_args_option *options, unsigned int nb, int argc,
	char *const *argv, char *error);

/* What a value has to be ("a number from 1 to 64"), for a help text; cut to size bytes. */
void pg_args_expects(const struct pg_args_option *o, char *text, size_t size);

#endif
