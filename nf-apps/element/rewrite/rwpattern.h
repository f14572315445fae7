/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Patterns of rewriters: what becomes of a new flow's addresses and ports. As text:
 *
 *	SADDR SPORT DADDR DPORT    ports as well; SPORT may be a range L-H
 *	SADDR DADDR                addresses only; SADDR may be a range L-H or a prefix A/N
 *	SADDR DADDR SPORT          for echo identifiers: SPORT may be a range
 *	NAME                       one that an IPRewriterPatterns element gives
 *
 * "-" leaves a field as it is. A range takes the flow's own source port if it is free, else a
 *random one; with "#" behind it they are taken in turn, with "?" always at random. A pattern is
 *refcounted: named ones are shared, so that flows of several rewriters do not get the same port.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_RWPATTERN_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_RWPATTERN_H

#include "nf-apps/element/rewrite/rwset.h"

struct nf_element;

/* Candidates that one new flow may try; those of larger ranges go on with the next flow. */
#define NF_RWPATTERN_TRIES 1024u

/* Results of asking for a mapping; 0 or more: let the packet out there, no mapping. */
#define NF_RWPATTERN_MAPPED (-1)
#define NF_RWPATTERN_DROP   (-2) /* nothing is free, or it must not pass */

struct nf_rwpattern {
	nf_be32 src, dst;     /* 0: as it is */
	nf_be16 sport, dport; /* 0: as it is */
	uint32_t top;         /* last value of the range, counted from its first; 0: no range */
	uint32_t next;
	bool ports; /* the range is one of ports */
	bool in_turn, own_first;
	uint32_t nb_users;
	/* the last key for which nothing was free, and how often something was freed until then */
	struct nf_rwkey full;
	uint64_t full_at;
};

/* How a new flow's port is to be chosen. */
struct nf_rwpattern_how {
	struct nf_rwset *set;
	struct nf_core *core;
	bool endpoint; /* must be free as the outer side of a binding */
	bool parity;   /* even for even, odd for odd (RFC 4787, REQ-4), if one is free */
};

/* Parses nb words. Returns NULL and *why (a constant text), or the pattern with one user. */
struct nf_rwpattern *nf_rwpattern_parse(
	const struct nf_element *e, char *const words[], unsigned nb, const char **why);
void nf_rwpattern_unuse(struct nf_rwpattern *p);

/* The same of "PATTERN FOUTPUT ROUTPUT". */
struct nf_rwpattern *nf_rwpattern_parse_outputs(const struct nf_element *e, char *const words[],
	int nb, uint32_t *fout, uint32_t *rout, const char **why);

/* Chooses what `in` becomes: NF_RWPATTERN_MAPPED with *out set, or NF_RWPATTERN_DROP. Cost:
 * NF_RWPATTERN_TRIES lookups at most. */
int nf_rwpattern_apply(struct nf_rwpattern *p, const struct nf_rwpattern_how *how,
	const struct nf_rwkey *in, struct nf_rwkey *out);

/* The outer side of a binding, as a key. */
struct nf_rwkey nf_rwpattern_outer(const struct nf_rwkey *out);

struct nf_text;

void nf_rwpattern_print(const struct nf_rwpattern *p, struct nf_text *t);

/* IPRewriterPatterns: the pattern of that name in the router of `e`, or NULL. */
struct nf_rwpattern *nf_rwpattern_named(const struct nf_element *e, const char *name);

/* State of an IPRewriterPatterns element. */
struct nf_rwpattern_list {
	uint32_t nb;
	struct {
		char *name;
		struct nf_rwpattern *p;
	} * v;
};

#endif
