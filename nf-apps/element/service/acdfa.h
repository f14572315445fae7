/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds many patterns in a stream of bytes at once (Aho and Corasick, CACM 1975). Bytes are mapped
 * to classes first: all that occur in no pattern are one. States are numbered breadth first. The
 * first ones, which text is in nearly always, have complete rows of transitions: one load a
 * byte. The others, of which there may be millions, know their own transitions only and fall back
 * on a shorter suffix; that happens at most once for each byte that led there, so whoever writes
 * the text can not make it slow. How many rows there are is a matter of memory.
 *
 * The state is one number that the caller keeps: a pattern that is split over pieces of the text
 * is found. Life: build -> scan ... -> free.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_SERVICE_ACDFA_H
#define SLUICE_NF_APPS_ELEMENT_SERVICE_ACDFA_H

#include <stdbool.h>
#include <stdint.h>
#include "plat-kvm/defs.h"

#define NF_ACDFA_START      0u
#define NF_ACDFA_HIT        0x80000000u /* in transitions: a pattern ends in that state */
#define NF_ACDFA_NONE       UINT32_MAX
#define NF_ACDFA_STATES_MAX (1u << 22)

struct nf_acdfa_pattern {
	const uint8_t *bytes;
	uint32_t len;
};

struct nf_acdfa_state {
	uint32_t edges;   /* first of its own transitions; as many as lie before the next state's */
	uint32_t fail;    /* longest proper suffix that is a state */
	uint32_t emit;    /* longest suffix, or itself, that is a pattern: state; 0: none */
	uint32_t pattern; /* that ends here, or NF_ACDFA_NONE */
};

struct nf_acdfa {
	uint8_t class_of[256];
	uint32_t nb_classes, nb_states, nb_rows, nb_patterns;
	uint32_t *rows;                /* nb_rows times nb_classes: state, NF_ACDFA_HIT */
	struct nf_acdfa_state *states; /* nb_states, and one that ends the edges */
	uint32_t *edge_to;             /* state, NF_ACDFA_HIT */
	uint8_t *edge_class;
	uint32_t *same; /* of each pattern: another one with the same bytes, or NF_ACDFA_NONE */
	size_t bytes;   /* memory that all this takes */
};

/*
 * Numbers of patterns are their places in `p`. `nocase`: ASCII letters match both ways. At most
 * `row_bytes` go to complete rows (one there is always). -ENOMEM, -EINVAL: an empty pattern,
 * -E2BIG: more than NF_ACDFA_STATES_MAX states. No patterns at all: scan finds nothing.
 */
int nf_acdfa_build(struct nf_acdfa *d, const struct nf_acdfa_pattern *p, uint32_t nb, bool nocase,
	size_t row_bytes) UK_MUST_USE;
void nf_acdfa_free(struct nf_acdfa *d);

/* `pattern` ends in front of data[end]. False: enough, scan is to return. */
typedef bool (*nf_acdfa_fn)(void *arg, uint32_t pattern, uint32_t end);

/* The state after `len` bytes from `state`. */
uint32_t nf_acdfa_scan(const struct nf_acdfa *d, uint32_t state, const uint8_t *data, uint32_t len,
	nf_acdfa_fn fn, void *arg);

#endif
