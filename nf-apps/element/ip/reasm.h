/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reassembly of IPv4 datagrams from fragments (RFC 791, 3.2; RFC 815 for the idea): the table
 * behind IPReassembler. Fragments wait in their own buffers, sorted by offset, until all are there.
 * Then the rest is copied behind the first one, or all into a larger buffer.
 *
 * Bounds: `himem` bytes, where each fragment counts for at least NF_REASM_FRAG_BYTES (it holds a
 * buffer); NF_REASM_FRAGS_MAX fragments of a datagram; 30 seconds without a new fragment. What
 * exceeds memory is thrown away, the datagrams that waited longest first.
 *
 * Overlaps: a fragment that overlaps another one, or contradicts the length that is known, ends its
 * datagram, and all fragments of it that still come are dropped, too (as RFC 5722 has it for IPv6):
 * no two readers of the data can then disagree. An exact copy of a fragment is dropped alone (RFC
 * 8200, 4.5).
 *
 * Life: init -> add, expire ... -> cleanup. Thread: the core's. No allocation of memory but in
 * init.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP_REASM_H
#define SLUICE_NF_APPS_ELEMENT_IP_REASM_H

#include "nf-apps/element/ip/ip4.h"

#define NF_REASM_TIMEOUT_NS 30000000000ull
#define NF_REASM_FRAGS_MAX  256u
#define NF_REASM_FRAG_BYTES 2048u
#define NF_REASM_DGRAMS_MAX 65536u
#define NF_REASM_HIMEM_MAX  (1u << 30)

/* Why a fragment ended here. */
enum {
	NF_REASM_JOINED,    /* its data went into the datagram that left */
	NF_REASM_BAD,       /* its lengths do not fit, or the datagram would be too long */
	NF_REASM_OVERLAP,   /* with all of its datagram */
	NF_REASM_DUPLICATE, /* an exact copy */
	NF_REASM_ECN,       /* one is marked CE, another is not ECN-capable: RFC 3168, 5.3 */
	NF_REASM_TIMEOUT,
	NF_REASM_MEMORY,
	NF_REASM_NO_BUFFER,
	NF_REASM_REASONS,
};
#define NF_REASM_DROPS                                                                             \
	"joined to a packet", "bad fragment", "overlapping fragment", "duplicate fragment",        \
		"ECN mismatch", "timed out", "over the memory limit", "no buffer", NULL

/* One datagram that waits for fragments. */
struct nf_reasm_dgram {
	nf_be32 src, dst;
	nf_be16 id;
	uint8_t proto;
	uint8_t ecn;                /* a bit for each code point that was seen */
	bool poisoned;              /* nothing more is taken */
	uint16_t nb_frags, max_len; /* max_len: of the longest IP packet */
	uint32_t have, total;       /* payload bytes that are here; length of all, 0: not known */
	uint32_t bytes;             /* what it counts for */
	struct uk_netbuf *first, *last; /* by offset, linked by next */
	uint64_t stamp_ns, real_ns;     /* of the newest fragment */
	struct nf_reasm_dgram *chain;   /* same bucket, or free */
	struct nf_reasm_dgram *older, *newer;
};

struct nf_reasm {
	struct nf_packet_pools *pools;
	uint64_t *drops;   /* NF_REASM_REASONS counters; the caller's */
	bool keep_partial; /* what is given up is put together and offered by nf_reasm_partial */
	uint32_t himem, bytes;
	struct nf_reasm_dgram *dgrams, *unused;
	struct nf_reasm_dgram **buckets;
	uint32_t bucket_mask, nb_dgrams;
	struct nf_reasm_dgram *oldest, *newest;
	struct uk_netbuf *partial_first, *partial_last;
	uint64_t seed;
	uint64_t nb_seen, nb_bad;    /* fragments */
	uint64_t nb_good, nb_failed; /* datagrams */
};

/* -ENOMEM. himem <= NF_REASM_HIMEM_MAX. */
int nf_reasm_init(struct nf_reasm *r, struct nf_packet_pools *pools, uint64_t *drops,
	uint32_t himem, uint64_t seed) UK_MUST_USE;
/* Frees all fragments and memory. */
void nf_reasm_cleanup(struct nf_reasm *r);

/*
 * Takes a fragment, whose IP header is marked, and returns its datagram if that is whole now: with
 * the annotations and what stands before the IP header of its first fragment, and the time stamp of
 * this one. NULL: not yet, or never. `stamp_ns` is the packet's time, `real_ns` the core's.
 * *max_len is the length of the longest fragment.
 */
struct uk_netbuf *nf_reasm_add(struct nf_reasm *r, struct uk_netbuf *p UK_TAKES, uint64_t stamp_ns,
	uint64_t real_ns, uint16_t *max_len) UK_MUST_USE;

/* Gives up datagrams that got nothing for 30 seconds, by either clock. */
void nf_reasm_expire(struct nf_reasm *r, uint64_t stamp_ns, uint64_t real_ns);

/*
 * The next datagram that was given up, as one packet: all its fragments at their places, zeros
 * between them. Without the first fragment it begins at the first that came, and says so. NULL: no
 * more.
 */
struct uk_netbuf *nf_reasm_partial(struct nf_reasm *r) UK_MUST_USE;

UK_INLINE bool nf_reasm_is_empty(const struct nf_reasm *r)
{
	return r->oldest == NULL;
}

#endif
