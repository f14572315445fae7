/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Longest prefix match over IPv4, for the routing elements. Strides of 16, 8 and 8 bits, as in
 * DIR-24-8 (Gupta, Lin and McKeown, INFOCOM 1998), with a first level that fits a cache and
 * lower levels that exist only where routes need them:
 *
 *	top    65536 words: the chunk of this /16, next hop of the best route of up to 16 bits
 *	cells  256 half words per chunk: next hop of the best route of 17 to 24 bits, or a tail
 *	tails  for a /24 with longer routes: 16 ranges of its last byte in one cache line, or
 *	       256 next hops in nine
 *
 * 0 in a cell or a tail means "as the level above says", so that a change of a short route
 * touches the top alone. A look-up reads two words, a third line only below a tail. Routes are
 * kept beside that in a hash table whose chains hold together what belongs to one /16 (or /24):
 * from these a chunk (or a tail) is painted again after a change, in some microseconds.
 *
 * Addresses are in host order here. Thread: one core's.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_ROUTE_IPFIB_H
#define SLUICE_NF_APPS_ELEMENT_ROUTE_IPFIB_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "plat-kvm/defs.h"

#define NF_IPFIB_HOP_BITS   15
#define NF_IPFIB_HOPS_MAX   (1u << NF_IPFIB_HOP_BITS) /* different pairs of gateway and port, + 1 */
#define NF_IPFIB_HOP_MASK   (NF_IPFIB_HOPS_MAX - 1)
#define NF_IPFIB_ROUTES_MAX (1u << 24)
#define NF_IPFIB_TAIL       0x8000 /* a cell: a tail at this place in the chunk's group */
#define NF_IPFIB_BIG        0x4000 /* the tail has 256 entries */
#define NF_IPFIB_PLACE      0x3fff
#define NF_IPFIB_NONE       (-1) /* port of hop 0 */

/* A route as its user knows it. */
struct nf_ipfib_route {
	uint32_t addr;  /* host part is 0 */
	uint32_t be_gw; /* network order, 0: none */
	int32_t port;
	uint8_t len;
};

/* What the packet path reads of a next hop. */
struct nf_ipfib_hop {
	uint32_t be_gw;
	int32_t port;
};

/* One cache line of tails: a small tail, or the first of a big one, or a part of it. */
struct nf_ipfib_unit {
	union {
		struct {
			uint16_t base; /* of 17 to 24 bits */
			uint16_t hop[16];
			uint8_t pad[14];
			uint8_t start[16]; /* ascending; the last one repeats */
		};
		uint16_t big[32];
	};
} UK_ALIGNED(UK_CACHE_LINE);

struct nf_ipfib_chunk {
	uint32_t group; /* first unit */
	uint32_t nb_routes;
	uint16_t nb_used;   /* units of the group */
	uint8_t order;      /* it has 1 << (order - 1) units; 0: none */
	uint8_t is_pending; /* to be painted at the end of a load */
};

struct nf_ipfib_rec; /* a route as it is kept */
struct nf_ipfib_ref; /* of a hop */

#define NF_IPFIB_ORDERS 13

struct nf_ipfib {
	uint32_t *top; /* NULL: no route yet */
	uint16_t *cells;
	struct nf_ipfib_unit *units;
	struct nf_ipfib_chunk *chunks;
	struct nf_ipfib_hop *hops; /* [0]: no route */
	/* from here on only for changes */
	uint8_t *top_len; /* of the route that top's hop comes from, + 1 */
	uint32_t nb_chunks, room_chunks, free_chunk;
	uint32_t nb_units, room_units, free_group[NF_IPFIB_ORDERS];
	struct nf_ipfib_ref *refs;
	uint32_t nb_hops, room_hops, free_hop;
	uint16_t *hop_buckets;
	struct nf_ipfib_rec *recs;
	uint32_t nb_recs, room_recs, free_rec, nb_routes;
	uint32_t *buckets;
	uint32_t nb_buckets; /* power of two */
	bool loading;
};

/* All zero is an empty table. Frees everything; the table is empty then. */
void nf_ipfib_free(struct nf_ipfib *f);

/*
 * Adds a route. If there is one for the prefix, it is stored in *old (its port is NF_IPFIB_NONE if
 * there was none) and replaced if `replace`, else -EEXIST. -ENOMEM, -ENOSPC (too many routes or
 * next hops): nothing has changed.
 */
int nf_ipfib_add(struct nf_ipfib *f, const struct nf_ipfib_route *r, bool replace,
	struct nf_ipfib_route *old) UK_MUST_USE;
/* -ENOENT, -ENOMEM: nothing has changed. */
int nf_ipfib_remove(struct nf_ipfib *f, uint32_t addr, unsigned len) UK_MUST_USE;
/* The route of exactly this prefix. False: there is none. */
bool nf_ipfib_find(
	const struct nf_ipfib *f, uint32_t addr, unsigned len, struct nf_ipfib_route *out);

/* The i-th place of the table for i < f->nb_recs, in the order of addition. False: a hole. */
bool nf_ipfib_nth(const struct nf_ipfib *f, uint32_t i, struct nf_ipfib_route *out);

/*
 * Between these two, on an empty table, nf_ipfib_add only keeps routes: `expected` of them at once
 * are far cheaper than one by one. -ENOMEM from the second: the table is empty then.
 */
int nf_ipfib_load_begin(struct nf_ipfib *f, uint32_t expected) UK_MUST_USE;
int nf_ipfib_load_end(struct nf_ipfib *f) UK_MUST_USE;

/* The next hop of one of 16 ranges: the last one that starts at or before `last`. */
UK_INLINE uint16_t nf_ipfib_unit_hop(const struct nf_ipfib_unit *u, uint8_t last)
{
	typedef uint8_t bytes __attribute__((vector_size(16)));
	typedef char chars __attribute__((vector_size(16)));
	bytes start, key = (bytes){ 0 } + last;

	memcpy(&start, u->start, sizeof(start));
	return u->hop[31 -
		      __builtin_clz((unsigned)__builtin_ia32_pmovmskb128((chars)(start <= key)))];
}

/* Below a tail; 0: as the top says. */
UK_INLINE uint16_t nf_ipfib_tail(
	const struct nf_ipfib *f, uint32_t chunk, uint16_t cell, uint8_t last)
{
	const struct nf_ipfib_unit *u = &f->units[f->chunks[chunk].group + (cell & NF_IPFIB_PLACE)];
	uint16_t hop =
		cell & NF_IPFIB_BIG ? u[1 + last / 32].big[last % 32] : nf_ipfib_unit_hop(u, last);

	return hop != 0 ? hop : u->base;
}

/* Index into f->hops; 0: no route. f->top is not NULL. */
UK_INLINE uint16_t nf_ipfib_lookup(const struct nf_ipfib *f, uint32_t addr)
{
	uint32_t top = f->top[addr >> 16], chunk = top >> NF_IPFIB_HOP_BITS;
	uint16_t cell = f->cells[chunk << 8 | (addr >> 8 & 0xff)];

	if (UK_UNLIKELY(cell & NF_IPFIB_TAIL))
		cell = nf_ipfib_tail(f, chunk, cell, (uint8_t)addr);
	return cell != 0 ? cell : (uint16_t)(top & NF_IPFIB_HOP_MASK);
}

/*
 * The same for a vector, level by level, so that the misses of all packets are under way at once.
 * addr[] is used up. Cost: about 12 cycles per address while the cells are in the cache.
 */
UK_INLINE void nf_ipfib_lookup_burst(
	const struct nf_ipfib *f, uint32_t addr[], uint16_t hop[], uint16_t n)
{
	uint32_t top[64];
	unsigned any = 0;

	for (uint16_t i = 0; i < n; i++) {
		top[i] = f->top[addr[i] >> 16];
		__builtin_prefetch(
			&f->cells[top[i] >> NF_IPFIB_HOP_BITS << 8 | (addr[i] >> 8 & 0xff)]);
	}
	for (uint16_t i = 0; i < n; i++) {
		uint16_t cell = f->cells[top[i] >> NF_IPFIB_HOP_BITS << 8 | (addr[i] >> 8 & 0xff)];

		any |= cell;
		hop[i] = cell != 0 ? cell : (uint16_t)(top[i] & NF_IPFIB_HOP_MASK);
	}
	if (UK_LIKELY((any & NF_IPFIB_TAIL) == 0))
		return;
	for (uint16_t i = 0; i < n; i++) {
		uint32_t place =
			f->chunks[top[i] >> NF_IPFIB_HOP_BITS].group + (hop[i] & NF_IPFIB_PLACE);

		if (hop[i] & NF_IPFIB_TAIL)
			__builtin_prefetch(&f->units[place]);
	}
	for (uint16_t i = 0; i < n; i++) {
		if ((hop[i] & NF_IPFIB_TAIL) == 0)
			continue;
		hop[i] = nf_ipfib_tail(f, top[i] >> NF_IPFIB_HOP_BITS, hop[i], (uint8_t)addr[i]);
		if (hop[i] == 0)
			hop[i] = top[i] & NF_IPFIB_HOP_MASK;
	}
}

#endif
