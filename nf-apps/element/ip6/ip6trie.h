/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Longest prefix match over IPv6 for LookupIP6Route: a trie of 4-bit steps in which a chain of
 * nodes without a choice is left out (Morrison's PATRICIA, 1968, with 16 ways). A node holds the
 * bits that lead to it, so that a look-up sees at once when it has left the way, and for each of
 * its 16 ways the next hop of the best route that ends in it. Two cache lines per node; the
 * number of nodes is at most twice that of routes, and a look-up meets at most 32, some five of
 * 100,000 routes.
 *
 * Thread: one core's.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP6_IP6TRIE_H
#define SLUICE_NF_APPS_ELEMENT_IP6_IP6TRIE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "nf-apps/click/addr.h"

#define NF_IP6TRIE_WAYS       16
#define NF_IP6TRIE_ROUTES_MAX (1u << 24)
#define NF_IP6TRIE_HOPS_MAX   65535u
#define NF_IP6TRIE_NONE       (-1) /* port of hop 0 */

/* The first bit is the highest. */
typedef unsigned __int128 nf_ip6trie_addr;

struct nf_ip6trie_route {
	nf_ip6trie_addr addr; /* host part is 0 */
	struct nf_ip6 gw;     /* all zero: none */
	int32_t port;
	uint8_t len;
};

struct nf_ip6trie_hop {
	struct nf_ip6 gw;
	int32_t port;
	bool has_gw;
};

struct nf_ip6trie_node {
	nf_ip6trie_addr prefix; /* bits behind `pos` are 0 */
	uint16_t hop[NF_IP6TRIE_WAYS];
	uint32_t routes; /* of pos + 1 to pos + 4 bits; index + 1 */
	uint8_t pos;     /* of the first bit that chooses a way; a multiple of 4 */
	uint32_t child[NF_IP6TRIE_WAYS] UK_ALIGNED(UK_CACHE_LINE);
} UK_ALIGNED(UK_CACHE_LINE);

_Static_assert(sizeof(struct nf_ip6trie_node) == 2 * UK_CACHE_LINE, "two cache lines");

struct nf_ip6trie_rec; /* a route as it is kept */
struct nf_ip6trie_ref;

struct nf_ip6trie {
	struct nf_ip6trie_node *nodes; /* [0] is the root; NULL: no route yet */
	struct nf_ip6trie_hop *hops;   /* [0]: no route */
	uint16_t default_hop;          /* of ::/0 */
	/* from here on only for changes */
	uint32_t nb_nodes, room_nodes, free_node;
	struct nf_ip6trie_ref *refs; /* of hops */
	uint16_t *hop_buckets;
	uint32_t nb_hops, room_hops, free_hop;
	struct nf_ip6trie_rec *recs;
	uint32_t nb_recs, room_recs, free_rec, nb_routes;
	uint32_t default_rec; /* index + 1 */
};

/* All zero is an empty table. Frees everything; the table is empty then. */
void nf_ip6trie_free(struct nf_ip6trie *t);

/* *old: the route that was there, its port is NF_IP6TRIE_NONE if there was none. -EEXIST if there
 * was and it is not to be replaced; -ENOMEM, -ENOSPC: nothing has changed. */
int nf_ip6trie_add(struct nf_ip6trie *t, const struct nf_ip6trie_route *r, bool replace,
	struct nf_ip6trie_route *old) UK_MUST_USE;
/* -ENOENT */
int nf_ip6trie_remove(struct nf_ip6trie *t, nf_ip6trie_addr addr, unsigned len) UK_MUST_USE;
bool nf_ip6trie_find(const struct nf_ip6trie *t, nf_ip6trie_addr addr, unsigned len,
	struct nf_ip6trie_route *out);
/* The i-th place of the table for i < t->nb_recs, in the order of addition. False: a hole. */
bool nf_ip6trie_nth(const struct nf_ip6trie *t, uint32_t i, struct nf_ip6trie_route *out);

UK_INLINE nf_ip6trie_addr nf_ip6trie_load(const void *at)
{
	uint64_t hi, lo;

	memcpy(&hi, at, 8);
	memcpy(&lo, (const uint8_t *)at + 8, 8);
	return (nf_ip6trie_addr)__builtin_bswap64(hi) << 64 | __builtin_bswap64(lo);
}

UK_INLINE void nf_ip6trie_store(nf_ip6trie_addr addr, struct nf_ip6 *out)
{
	uint64_t hi = __builtin_bswap64((uint64_t)(addr >> 64)),
		 lo = __builtin_bswap64((uint64_t)addr);

	memcpy(out->b, &hi, 8);
	memcpy(out->b + 8, &lo, 8);
}

UK_INLINE unsigned nf_ip6trie_way(nf_ip6trie_addr addr, unsigned pos)
{
	return (unsigned)(addr >> (124 - pos)) & 15;
}

/* One node further. Returns the next one, 0: this was the last. */
UK_INLINE uint32_t nf_ip6trie_step(
	const struct nf_ip6trie_node *n, nf_ip6trie_addr addr, uint16_t *hop)
{
	unsigned way = nf_ip6trie_way(addr, n->pos);

	if (n->pos != 0 && (addr ^ n->prefix) >> (128 - n->pos) != 0)
		return 0;
	if (n->hop[way] != 0)
		*hop = n->hop[way];
	return n->child[way];
}

/* Index into t->hops; 0: no route. t->nodes is not NULL. */
UK_INLINE uint16_t nf_ip6trie_lookup(const struct nf_ip6trie *t, nf_ip6trie_addr addr)
{
	uint16_t hop = t->default_hop;
	uint32_t i = 0;

	do {
		i = nf_ip6trie_step(&t->nodes[i], addr, &hop);
	} while (i != 0);
	return hop;
}

/* The same for a vector: all addresses one node further, and again, so that they wait together. */
UK_INLINE void nf_ip6trie_lookup_burst(
	const struct nf_ip6trie *t, const nf_ip6trie_addr addr[], uint16_t hop[], uint16_t n)
{
	uint32_t at[64];
	uint8_t who[64];
	uint16_t nb = n;

	for (uint16_t i = 0; i < n; i++) {
		hop[i] = t->default_hop;
		at[i] = 0;
		who[i] = (uint8_t)i;
	}
	while (nb > 0) {
		uint16_t k = 0;

		for (uint16_t i = 0; i < nb; i++) {
			uint8_t w = who[i];
			uint32_t next = nf_ip6trie_step(&t->nodes[at[i]], addr[w], &hop[w]);

			if (next == 0)
				continue;
			__builtin_prefetch(&t->nodes[next]);
			__builtin_prefetch(t->nodes[next].child);
			at[k] = next;
			who[k++] = w;
		}
		nb = k;
	}
}

#endif
