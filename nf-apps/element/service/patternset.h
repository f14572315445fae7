/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rules of PatternMatcher: read from arguments, compiled to two automata (letters of either
 * case, letters as they are), and applied to pieces of a stream.
 *
 * Life: add ... -> build -> scan ... -> free; free is right at any time.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_SERVICE_PATTERNSET_H
#define SLUICE_NF_APPS_ELEMENT_SERVICE_PATTERNSET_H

#include "nf-apps/click/args.h"
#include "nf-apps/element/service/acdfa.h"

#define NF_PATTERNSET_NAME 32 /* bytes, with the 0 */
#define NF_PATTERNSET_MAX  (1u << 20)

enum nf_patternset_action {
	NF_PATTERNSET_ALERT,
	NF_PATTERNSET_DIVERT,
	NF_PATTERNSET_DROP,
	NF_PATTERNSET_DEFAULT, /* the element's; build replaces it */
};

struct nf_patternset_rule {
	char name[NF_PATTERNSET_NAME];
	uint8_t *bytes;
	uint32_t len;
	uint32_t offset, last; /* where it may begin and end in the stream; last 0: anywhere */
	uint16_t port;         /* of either side; 0: any */
	uint8_t proto;         /* 0: any */
	uint8_t action;
	bool nocase;
	uint64_t nb_matches;
};

struct nf_patternset {
	struct nf_patternset_rule *rules;
	uint32_t nb, room;
	struct nf_acdfa automaton[2]; /* by nocase */
	uint32_t *rule_of[2];
};

/* Where a stream stands in both automata; zeros: at its start. */
struct nf_patternset_state {
	uint32_t at[2];
};

/* One argument: NAME CONTENT [words]. Errors are told to `a`. False: there was one. */
bool nf_patternset_add(struct nf_patternset *s, struct nf_args *a, const char *arg);
/* `action`: of rules that say none. -ENOMEM, -E2BIG: too many bytes of patterns. */
int nf_patternset_build(struct nf_patternset *s, uint8_t action, size_t row_bytes) UK_MUST_USE;
void nf_patternset_free(struct nf_patternset *s);

/* A pattern was found where its rule allows it. */
typedef void (*nf_patternset_fn)(void *arg, uint32_t rule);

/* A piece of the stream that begins at byte `pos` of it. */
void nf_patternset_scan(struct nf_patternset *s, struct nf_patternset_state *at,
	const uint8_t *data, uint32_t len, uint32_t pos, nf_patternset_fn fn, void *arg);

#endif
