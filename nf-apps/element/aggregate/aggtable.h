/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers by aggregate: a flow table whose keys are aggregate annotations, looked up a vector at a
 * time. It holds up to a limit of aggregates and grows in bounded steps. Life: init -> find, add,
 * clear ... -> free. Thread: the element's core.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_AGGREGATE_AGGTABLE_H
#define SLUICE_NF_APPS_ELEMENT_AGGREGATE_AGGTABLE_H

#include "nf-apps/click/core.h"
#include "nf-apps/element/rewrite/flowtable.h"

#define NF_AGGTABLE_MAX_DEFAULT (1u << 22)
#define NF_AGGTABLE_KEY         16u /* bytes */

struct nf_aggtable_key {
	uint32_t aggregate;
	uint32_t used; /* 1: no key is all zero */
	uint64_t zero;
};

struct nf_aggtable_entry {
	struct nf_aggtable_key key;
	uint64_t count;
	uint64_t spare; /* the flow table's, of a free entry */
};

struct nf_aggtable {
	struct nf_flowtable flows;
	uint32_t max;
	uint64_t nb_full; /* entries refused */
};

struct nf_aggtable_pair {
	uint32_t aggregate;
	uint64_t count;
};

int nf_aggtable_init(struct nf_aggtable *t, struct nf_core *core, uint32_t max) UK_MUST_USE;
void nf_aggtable_free(struct nf_aggtable *t);
void nf_aggtable_clear(struct nf_aggtable *t);

/* The entry of an aggregate, NULL: none. */
struct nf_aggtable_entry *nf_aggtable_find(struct nf_aggtable *t, uint32_t aggregate);
/* The same, or a new one with count 0. NULL: the table is full, or out of memory. */
struct nf_aggtable_entry *nf_aggtable_get(struct nf_aggtable *t, uint32_t aggregate);

/*
 * Looks up the aggregate annotations of n packets at once. Entries do not move: those found stay
 * right until nf_aggtable_clear; one that was not found (NULL) may have been made since.
 */
void nf_aggtable_find_burst(struct nf_aggtable *t, struct uk_netbuf *const v[], uint16_t n,
	struct nf_aggtable_entry *found[]);

/* All entries, by aggregate. NULL: out of memory (or there is none: *nb is 0). The caller frees it.
 */
struct nf_aggtable_pair *nf_aggtable_sorted(struct nf_aggtable *t, uint32_t *nb);

#endif
