/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Behind which tunnel end (VTEP) an Ethernet address was last seen. A hash table of fixed size
 * whose buckets are one cache line of four entries; where there is no room, the address that was
 * silent longest makes way. Times are seconds. Thread: the core's.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_SERVICE_VTEPTABLE_H
#define SLUICE_NF_APPS_ELEMENT_SERVICE_VTEPTABLE_H

#include <stdint.h>
#include "plat-kvm/defs.h"

#define NF_VTEPTABLE_WAYS 4u
#define NF_VTEPTABLE_MAX  (1u << 20)

struct nf_vteptable_entry {
	uint64_t mac;  /* + 1; 0: free */
	uint32_t vtep; /* network order */
	uint32_t seen; /* s */
};

struct nf_vteptable {
	struct nf_vteptable_entry *entries; /* buckets of NF_VTEPTABLE_WAYS */
	uint32_t nb_buckets;                /* power of two */
	uint32_t timeout;                   /* s; an entry is as old as that: forgotten */
	uint64_t seed;                      /* odd; nobody outside knows it */
	uint64_t nb_evicted;
};

/* Room for `capacity` addresses, spread evenly. -ENOMEM */
int nf_vteptable_init(struct nf_vteptable *t, uint32_t capacity, uint32_t timeout, uint64_t seed)
	UK_MUST_USE;
void nf_vteptable_free(struct nf_vteptable *t);
void nf_vteptable_clear(struct nf_vteptable *t);

/* The address, 48 bits, is behind `vtep`. */
void nf_vteptable_learn(struct nf_vteptable *t, uint64_t mac, uint32_t vtep, uint32_t now);
/* Where it is, or 0: not known. */
uint32_t nf_vteptable_find(const struct nf_vteptable *t, uint64_t mac, uint32_t now);

#endif
