/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which port an Ethernet address was last seen at. A hash table of fixed size whose buckets are
 * one cache line of four entries; an address lies in one of two buckets. Where neither has room,
 * the address that was silent longest makes way: learning never fails and never takes long.
 * Thread: the core's.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_ETHER_MACTABLE_H
#define SLUICE_NF_APPS_ELEMENT_ETHER_MACTABLE_H

#include <stdbool.h>
#include <stdint.h>
#include "plat-kvm/defs.h"

#define NF_MACTABLE_WAYS 4
#define NF_MACTABLE_NONE (-1)
#define NF_MACTABLE_MAX  (1u << 20)

/* When: of two clocks; ages only count between times of one of them. */
struct nf_mactable_entry {
	uint64_t addr_port; /* address (48 bits) << 16 | port + 1; 0: free */
	uint64_t stamp;     /* nanoseconds << 1 | clock */
};

struct nf_mactable_bucket {
	struct nf_mactable_entry way[NF_MACTABLE_WAYS];
} UK_ALIGNED(UK_CACHE_LINE);

struct nf_mactable {
	struct nf_mactable_bucket *buckets;
	uint32_t shift; /* 64 - log2 of their number */
	uint32_t nb_buckets;
	uint64_t seed;       /* odd; nobody outside knows it */
	uint64_t nb_evicted; /* addresses that made way although they had not aged */
};

/* Room for `capacity` addresses, spread evenly. -ENOMEM */
int nf_mactable_init(struct nf_mactable *t, uint32_t capacity, uint64_t seed) UK_MUST_USE;
void nf_mactable_free(struct nf_mactable *t);
void nf_mactable_clear(struct nf_mactable *t);

/* The bucket of an address for one of two hashes. */
UK_INLINE struct nf_mactable_bucket *nf_mactable_bucket(
	const struct nf_mactable *t, uint64_t addr, unsigned which)
{
	uint64_t h = (addr ^ addr >> 29) * t->seed;

	return &t->buckets[(which == 0 ? h : h * 0x9e3779b97f4a7c15ull) >> t->shift];
}

UK_INLINE struct nf_mactable_entry *nf_mactable_find(const struct nf_mactable *t, uint64_t addr)
{
	for (unsigned which = 0; which < 2; which++) {
		struct nf_mactable_bucket *b = nf_mactable_bucket(t, addr, which);

		for (unsigned i = 0; i < NF_MACTABLE_WAYS; i++) {
			if (b->way[i].addr_port >> 16 == addr && b->way[i].addr_port != 0)
				return &b->way[i];
		}
	}
	return NULL;
}

UK_INLINE bool nf_mactable_is_old(
	const struct nf_mactable_entry *x, uint64_t stamp, uint64_t timeout_ns)
{
	return ((x->stamp ^ stamp) & 1) == 0 && stamp > x->stamp &&
	       (stamp - x->stamp) >> 1 >= timeout_ns;
}

/* A new address; `find` did not find it. */
void nf_mactable_insert(
	struct nf_mactable *t, uint64_t addr, uint16_t port, uint64_t stamp, uint64_t timeout_ns);

/* The address is at `port`. */
UK_INLINE void nf_mactable_learn(
	struct nf_mactable *t, uint64_t addr, uint16_t port, uint64_t stamp, uint64_t timeout_ns)
{
	struct nf_mactable_entry *x = nf_mactable_find(t, addr);

	if (UK_LIKELY(x != NULL)) {
		x->addr_port = addr << 16 | (port + 1u);
		x->stamp = stamp;
	} else {
		nf_mactable_insert(t, addr, port, stamp, timeout_ns);
	}
}

/* The port of an address, or NF_MACTABLE_NONE: not known, or not for too long (then forgotten). */
UK_INLINE int nf_mactable_lookup(
	struct nf_mactable *t, uint64_t addr, uint64_t stamp, uint64_t timeout_ns)
{
	struct nf_mactable_entry *x = nf_mactable_find(t, addr);

	if (x == NULL)
		return NF_MACTABLE_NONE;
	if (UK_UNLIKELY(nf_mactable_is_old(x, stamp, timeout_ns))) {
		x->addr_port = 0;
		return NF_MACTABLE_NONE;
	}
	return (int)(x->addr_port & 0xffff) - 1;
}

#endif
