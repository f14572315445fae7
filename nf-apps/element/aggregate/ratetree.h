/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rates of IPv4 addresses, clustered: one counter for each first byte of an address, and where a
 * rate is high, a level of 256 more for the next byte, down to single hosts. A level goes again
 * when its cluster's rates have fallen. Averages are exponential, in steps of 8 ms that weigh 1/32.
 * Life: init -> add, fold ... -> free. Thread: the element's core.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_AGGREGATE_RATETREE_H
#define SLUICE_NF_APPS_ELEMENT_AGGREGATE_RATETREE_H

#include <stdbool.h>
#include "nf-apps/click/text.h"

#define NF_RATETREE_EPOCH_NS   8000000u
#define NF_RATETREE_PER_SECOND 125u
#define NF_RATETREE_SCALE      10 /* bits of fraction of an average */

enum { NF_RATETREE_FWD, NF_RATETREE_REV, NF_RATETREE_WAYS };

struct nf_ratetree_level;

struct nf_ratetree_counter {
	uint64_t avg[NF_RATETREE_WAYS]; /* events per epoch << SCALE */
	uint32_t now[NF_RATETREE_WAYS]; /* events in the epoch under way */
	uint32_t epoch;
	uint32_t shut_until; /* epoch: no level below it before; 0: open */
	struct nf_ratetree_level *below;
};

struct nf_ratetree_level {
	struct nf_ratetree_level *next, *prev; /* all levels but the first, by age */
	struct nf_ratetree_level *up;          /* where `parent` is */
	struct nf_ratetree_counter *parent;
	uint32_t nb_below; /* counters with a level below them */
	struct nf_ratetree_counter counter[256];
};

struct nf_ratetree {
	struct nf_ratetree_level *base;
	struct nf_ratetree_level *first, *last, *cursor; /* cursor: next to be looked at by fold */
	uint64_t thresh;                                 /* events per second */
	size_t bytes, max_bytes;                         /* max 0: NF_RATETREE_BYTES_MAX */
	uint32_t reset_epoch, fold_epoch;
};

#define NF_RATETREE_BYTES_MAX (256u << 20)
#define NF_RATETREE_BYTES_MIN (100u << 10)

int nf_ratetree_init(struct nf_ratetree *t, uint64_t now_ns) UK_MUST_USE;
void nf_ratetree_free(struct nf_ratetree *t);
/* Forgets all rates. */
void nf_ratetree_reset(struct nf_ratetree *t, uint64_t now_ns);

/*
 * Adds `nb` events of an address (host order) in one way and opens a level below if the rate is at
 * the threshold. Sets rates[] to the finest cluster's, per second. Cost: four counters at most, and
 * at times a level (12 KiB) is allocated; some are looked at for closing once an epoch.
 */
void nf_ratetree_add(struct nf_ratetree *t, uint32_t addr, unsigned way, uint32_t nb,
	uint64_t now_ns, uint32_t rates[NF_RATETREE_WAYS]);

/* No levels below the cluster of `addr` at `depth` (0: first byte) for so many seconds. */
void nf_ratetree_shut(
	struct nf_ratetree *t, uint32_t addr, unsigned depth, uint32_t seconds, uint64_t now_ns);

/* Closes levels until no more than max_bytes are used. */
void nf_ratetree_shrink(struct nf_ratetree *t);

/* Lines "CLUSTER<tab>FWD<tab>REV", one tab more in front for each level below the first. */
void nf_ratetree_print(struct nf_ratetree *t, uint64_t now_ns, struct nf_text *out);

#endif
