/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between the files of FlowBalancer: backends, their table of places, and the flows that know
 * theirs.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_FLOWBALANCER_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_FLOWBALANCER_H

#include "nf-apps/element/rewrite/maglev.h"
#include "nf-apps/element/rewrite/rwbase.h"

#define NF_FLOWBALANCER_BACKENDS 1024u
#define NF_FLOWBALANCER_WEIGHT   1000u

enum nf_flowbalancer_health {
	NF_FLOWBALANCER_UP,
	NF_FLOWBALANCER_DRAIN, /* keeps its flows, gets no new ones */
	NF_FLOWBALANCER_DOWN,  /* its flows are given to others, or end */
};

struct nf_flowbalancer_backend {
	nf_be32 addr;   /* 0: a free slot */
	nf_be16 port;   /* 0: the packet's */
	uint16_t epoch; /* how often the slot was given up: flows of before are not its */
	uint32_t weight;
	enum nf_flowbalancer_health health;
	uint64_t nb_picks;
};

/* A flow of the mode without translation. */
struct nf_flowbalancer_flow {
	struct nf_rwkey key;
	struct nf_flowage_mark age;
	uint16_t backend, epoch;
};

_Static_assert(sizeof(struct nf_flowbalancer_flow) == 32, "half a line");

struct nf_flowbalancer {
	struct nf_rwmapper mapper; /* first: see rwmapper.h */
	struct nf_element *e;
	struct nf_flowbalancer_backend *backend; /* NF_FLOWBALANCER_BACKENDS */
	uint32_t nb_slots;
	uint16_t *place, *spare; /* size each */
	uint32_t size, seed;
	bool by_source;
	uint32_t out[2];
	/* flows, if it has ports */
	struct nf_flowtable flows;
	struct nf_flowage age;
	uint32_t capacity, work;
	uint64_t timeout_ns, guarantee_ns;
	uint64_t nb_none, nb_moved, nb_evicted, nb_refused;
	struct nf_timer tick;
	uint32_t purge_at; /* where the search for flows of backends that are down goes on */
	uint32_t purge_rw; /* in which element */
	bool purging, purge_again;
};

/* "ADDR[:PORT] [WEIGHT]". False: it does not read well. */
bool nf_flowbalancer_parse(const struct nf_element *e, const char *text,
	struct nf_flowbalancer_backend *b, bool *weighted);
/* The backend with that address and port, or NULL. */
struct nf_flowbalancer_backend *nf_flowbalancer_find(
	struct nf_flowbalancer *s, const struct nf_flowbalancer_backend *b);
/* A new one in a free slot, or NULL: there are too many. */
struct nf_flowbalancer_backend *nf_flowbalancer_add(
	struct nf_flowbalancer *s, const struct nf_flowbalancer_backend *b);
/* Gives out the places anew. -ENOMEM: it goes on with the old ones. */
int nf_flowbalancer_fill(struct nf_flowbalancer *s) UK_MUST_USE;

/* Ends flows in rewriters whose backend is down, some at a time. */
void nf_flowbalancer_purge(struct nf_flowbalancer *s);

extern const struct nf_handler nf_flowbalancer_handlers[];

UK_INLINE bool nf_flowbalancer_usable(const struct nf_flowbalancer_backend *b)
{
	return b->addr != 0 && b->health != NF_FLOWBALANCER_DOWN;
}

#endif
