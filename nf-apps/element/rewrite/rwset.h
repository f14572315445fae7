/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The flows of one or several rewriters: a set has one table, one capacity and one order in which
 * flows are given up. Rewriters that name each other in MAPPING_CAPACITY are members of one set;
 * `owner` in the key tells whose flow it is, so each has a map of its own.
 *
 * With endpoint-independent mapping (RFC 4787, REQ-1) the set also holds bindings: an inner address
 * and port, the outer one that stands for it, and how many flows use it.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_RWSET_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_RWSET_H

#include "nf-apps/click/core.h"
#include "nf-apps/element/rewrite/flowage.h"
#include "nf-apps/element/rewrite/rwseq.h"

struct nf_rwbase;

#define NF_RWSET_MEMBERS  256
#define NF_RWSET_CAPACITY (1u << 20) /* flows, if nobody says otherwise */

/* In the place of a protocol, for flows without one: pairs of addresses, one address. */
#define NF_RWSET_PAIR 254
#define NF_RWSET_ADDR 255

struct nf_rwkey {
	nf_be32 src, dst;
	nf_be16 sport, dport;
	uint8_t proto, owner;
	uint16_t zero;
};

_Static_assert(sizeof(struct nf_rwkey) == 16, "two words");

/* Lies in one cache line. A packet of direction d leaves with the addresses of key[!d], turned
 * round. */
struct nf_rwflow {
	struct nf_rwkey key[2];     /* as the first packet came, as replies come */
	struct nf_flowage_mark age; /* user: state, annotation of replies, unused */
	uint16_t input;             /* of the owner, whose specification made it */
	uint16_t out[2];            /* output by direction */
	uint16_t ip_delta,
		l4_delta; /* checksum of what leaves less that of what comes; direction 1: ~ */
	uint16_t pad;
	uint32_t bind; /* + 1, 0: none */
	uint32_t seq;  /* + 1, 0: none */
};

_Static_assert(sizeof(struct nf_rwflow) == UK_CACHE_LINE, "one line");

#define NF_RWFLOW_STATE 0 /* in age.user */
#define NF_RWFLOW_ANNO  1

struct nf_rwbind {
	struct nf_rwkey key[2]; /* inner as src, sport; outer as dst, dport */
	uint32_t nb_flows;
	uint16_t input;  /* of the owner, whose specification made it */
	uint16_t out[2]; /* outputs of its flows */
	uint16_t pad[11];
};

_Static_assert(sizeof(struct nf_rwbind) == UK_CACHE_LINE, "one line");

struct nf_rwset {
	struct nf_flowtable flows;
	struct nf_flowage age;
	struct nf_flowtable binds; /* key_bytes 0: none */
	struct nf_steparray seqs;
	uint32_t nb_seqs, free_seq; /* free: + 1 */
	uint32_t capacity;
	uint32_t work;       /* stale stamps that may be corrected now */
	uint32_t nb_members; /* owners given out */
	uint32_t nb_users;   /* members alive; the last one frees */
	uint64_t nb_evicted, nb_expired, nb_refused;
	struct nf_rwbase *member[NF_RWSET_MEMBERS];
};

/* NULL: no memory. */
struct nf_rwset *nf_rwset_new(uint32_t capacity, uint32_t (*random)(void *), void *arg);
void nf_rwset_free(struct nf_rwset *s);
/* The set gets a table of bindings, if it has none. -ENOMEM */
int nf_rwset_need_binds(struct nf_rwset *s, uint32_t (*random)(void *), void *arg) UK_MUST_USE;

/*
 * Enters a flow: `f` has keys, input, outputs, bind, annotation and `last`; deltas are computed here. A
 * flow whose replies look the same is given up. If the set is full, the flow that times out first
 * goes, or the new one does not come in. Returns the entry, or NF_FLOWTABLE_NONE.
 */
uint32_t nf_rwset_add(
	struct nf_rwset *s, const struct nf_rwflow *f, unsigned class_nr, uint32_t now);
/* Tells the owner. */
void nf_rwset_destroy(struct nf_rwset *s, uint32_t entry);
/* All at once; owners are told by nf_rwbase_cleared. */
void nf_rwset_clear(struct nf_rwset *s);
/* Removes what timed out and, beyond the capacity, the oldest, `most` flows at most. True: there
 * may be more to do. */
bool nf_rwset_reap(struct nf_rwset *s, uint32_t now, uint32_t most);
/* The sequence numbers' record of a flow, made if it has none. NULL: no memory. */
struct nf_rwseq *nf_rwset_seq(struct nf_rwset *s, struct nf_rwflow *f);

/* A new binding, as `b` says, with no flow yet; both keys are free. NF_FLOWTABLE_NONE: no memory.
 */
uint32_t nf_rwset_bind(struct nf_rwset *s, const struct nf_rwbind *b);
/* One flow less; the last one ends it and tells the owner. */
void nf_rwset_unbind(struct nf_rwset *s, uint32_t bind);

UK_INLINE struct nf_rwflow *nf_rwset_flow(const struct nf_rwset *s, uint32_t entry)
{
	return nf_steparray_item(
		&s->flows.entries, entry, NF_FLOWTABLE_SHIFT, sizeof(struct nf_rwflow));
}

UK_INLINE struct nf_rwbind *nf_rwset_binding(const struct nf_rwset *s, uint32_t bind)
{
	return nf_flowtable_entry(&s->binds, bind);
}

/* What replies to `k` look like. */
UK_INLINE struct nf_rwkey nf_rwset_reply(const struct nf_rwkey *k)
{
	return (struct nf_rwkey){ .src = k->dst,
		.dst = k->src,
		.sport = k->dport,
		.dport = k->sport,
		.proto = k->proto,
		.owner = k->owner };
}

UK_INLINE uint32_t nf_rwset_now(const struct nf_core *c)
{
	return (uint32_t)(nf_core_now_ns(c) / 1000000);
}

#endif
