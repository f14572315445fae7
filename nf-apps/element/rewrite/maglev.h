/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Maglev's consistent hashing (Eisenbud et al., NSDI'16, 3.4): a table of a prime number of places,
 * each of which belongs to a backend. Every backend has its own order of preference over the
 * places, which follows from its name alone; they take places in turn. So balancers that know the
 * same backends agree, places are shared out evenly (by weight), and when a backend goes few other
 * places move.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_MAGLEV_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_MAGLEV_H

#include <stdbool.h>
#include <stdint.h>
#include "plat-kvm/defs.h"

#define NF_MAGLEV_NONE    UINT16_MAX
#define NF_MAGLEV_MEMBERS 4096u

struct nf_maglev_member {
	uint64_t name;   /* any number that stays the backend's */
	uint32_t weight; /* 0: gets no place; 1 to 1000 */
};

/* True: a prime, as the size of a table must be. */
bool nf_maglev_prime(uint32_t n);

/*
 * Fills place[0..size) with numbers of members, or NF_MAGLEV_NONE if none has a weight. nb <=
 * NF_MAGLEV_MEMBERS. -ENOMEM: nothing is changed. Cost: some tens of cycles for each place.
 */
int nf_maglev_fill(uint16_t *place, uint32_t size, const struct nf_maglev_member *m, uint32_t nb,
	uint64_t seed) UK_MUST_USE;

#endif
