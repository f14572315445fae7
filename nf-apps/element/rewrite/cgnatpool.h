/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Outer addresses and ports of a carrier-grade translator (RFC 6888), given out in blocks: a
 * subscriber (an inner address) gets a block of consecutive ports of one outer address, further
 * blocks of the same address when that is used up, to a limit. Who had which port is then told by
 * one log line for each block. With a deterministic pool (RFC 7422) the block follows from the
 * subscriber's address.
 *
 * A block whose last port was given back stays the subscriber's for `hold_s` seconds; then it is
 * free for anyone (6888, REQ-8). TCP, UDP and echo identifiers are counted apart, each has all
 * ports of a block.
 *
 * Life: init -> take / put, reap ... -> free. Thread: the caller's. Host order, if no name says
 * be_.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_CGNATPOOL_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_CGNATPOOL_H

#include "nf-apps/click/inet.h"
#include "nf-apps/element/rewrite/flowtable.h"

#define NF_CGNATPOOL_RANGES 32
#define NF_CGNATPOOL_BLOCKS (1u << 20) /* of all addresses, most */
#define NF_CGNATPOOL_EACH   8u         /* blocks of one subscriber, most */
#define NF_CGNATPOOL_SIZE   4096u      /* ports of a block, most */
#define NF_CGNATPOOL_PROTOS 3

enum nf_cgnatpool_result {
	NF_CGNATPOOL_OK,
	NF_CGNATPOOL_LIMIT,     /* the subscriber has all that he may have */
	NF_CGNATPOOL_EXHAUSTED, /* no block is free, or no memory */
	NF_CGNATPOOL_OUTSIDE,   /* no subscriber of a deterministic pool; not TCP, UDP or ICMP */
};

struct nf_cgnatpool_range {
	uint32_t first, nb; /* addresses */
};

struct nf_cgnatpool_sub {
	uint8_t key[16];                   /* be_inner, and a 1 */
	uint32_t block[NF_CGNATPOOL_EACH]; /* + 1 */
	uint32_t addr_nr;                  /* of the outer address */
	uint32_t nb_ports, nb_sessions;
	uint32_t pad;
};

_Static_assert(sizeof(struct nf_cgnatpool_sub) == UK_CACHE_LINE, "one line");

struct nf_cgnatpool_block {
	uint32_t sub;        /* + 1; 0: free */
	uint32_t next, prev; /* + 1; of the free ones of its address, or of the idle ones */
	uint32_t idle_s;     /* since when no port is in use */
	uint32_t bits;       /* + 1, record of its ports */
	uint16_t nb_used;
	bool idle; /* in the list of idle ones */
};

struct nf_cgnatpool {
	/* set before init */
	struct nf_cgnatpool_range range[NF_CGNATPOOL_RANGES];
	uint32_t nb_ranges;
	uint32_t low, high;    /* ports */
	uint32_t block_size;   /* ports */
	uint32_t max_blocks;   /* of a subscriber */
	uint32_t max_sessions; /* of a subscriber; 0: any */
	uint32_t hold_s;
	bool fixed; /* deterministic: for this network */
	uint32_t inside, inside_nb;
	void (*log)(void *arg, bool alloc, nf_be32 be_inner, nf_be32 be_outer, uint32_t low,
		uint32_t high);
	void *log_arg;
	/* the pool's */
	uint32_t nb_addrs, per_addr; /* blocks of an address */
	uint32_t *free_head;         /* by address; + 1 */
	struct nf_cgnatpool_block *block;
	struct nf_steparray bits;
	uint32_t nb_bits, free_bits; /* free: + 1 */
	struct nf_flowtable subs;
	uint32_t idle_first, idle_last; /* + 1 */
	uint32_t cursor;                /* address to try next */
	uint32_t nb_blocks_used, nb_ports;
	uint64_t nb_allocated, nb_released, nb_exhausted, nb_limited;
};

/* 0, -ENOMEM, or -EINVAL with *why. */
int nf_cgnatpool_init(
	struct nf_cgnatpool *p, uint32_t (*random)(void *), void *arg, const char **why);
void nf_cgnatpool_free(struct nf_cgnatpool *p);

/*
 * A port for `be_inner`; `random` is any number. With `parity` one that is even or odd as `want`
 * is, if one is free; `want` itself if it is free. `busy` says whether someone else has it. Cost: a
 * look at the subscriber's blocks.
 */
enum nf_cgnatpool_result nf_cgnatpool_take(struct nf_cgnatpool *p, nf_be32 be_inner, uint8_t proto,
	uint16_t want, bool parity, uint32_t now_s, uint32_t random,
	bool (*busy)(void *arg, nf_be32 be_outer, uint16_t port), void *arg, nf_be32 *be_outer,
	uint16_t *port);
/* Gives it back; an address or port that is not in use is ignored. */
void nf_cgnatpool_put(
	struct nf_cgnatpool *p, nf_be32 be_outer, uint16_t port, uint8_t proto, uint32_t now_s);
/* A session more of whoever has that port. False: he has as many as he may. */
bool nf_cgnatpool_session(struct nf_cgnatpool *p, nf_be32 be_outer, uint16_t port);
void nf_cgnatpool_session_end(struct nf_cgnatpool *p, nf_be32 be_outer, uint16_t port);
/* Frees blocks that have been idle long enough, `most` at most. */
void nf_cgnatpool_reap(struct nf_cgnatpool *p, uint32_t now_s, uint32_t most);

/* The subscriber who has that port's block now. False: nobody. */
bool nf_cgnatpool_owner(
	const struct nf_cgnatpool *p, nf_be32 be_outer, uint16_t port, nf_be32 *be_inner);
/* First address, first and last port of a block. */
void nf_cgnatpool_block_ports(const struct nf_cgnatpool *p, uint32_t block, nf_be32 *be_outer,
	uint32_t *low, uint32_t *high);

/* Between its files: a block gets ports (-1: not a protocol of ours), goes idle, gets an owner. */
int nf_cgnatpool_proto(uint8_t proto);
uint64_t *nf_cgnatpool_bits(
	const struct nf_cgnatpool *p, const struct nf_cgnatpool_block *b, int proto);
void nf_cgnatpool_idle_add(struct nf_cgnatpool *p, uint32_t nr, uint32_t now_s);
void nf_cgnatpool_idle_remove(struct nf_cgnatpool *p, uint32_t nr);
/* Block nr is free and becomes the subscriber's slot-th. False: no memory, or it is not free. */
bool nf_cgnatpool_assign(struct nf_cgnatpool *p, uint32_t sub, uint32_t slot, uint32_t nr);
/* Forgets a subscriber without blocks. */
void nf_cgnatpool_sub_end(struct nf_cgnatpool *p, uint32_t nr);

UK_INLINE struct nf_cgnatpool_sub *nf_cgnatpool_sub(const struct nf_cgnatpool *p, uint32_t nr)
{
	return nf_flowtable_entry(&p->subs, nr);
}

UK_INLINE nf_be32 nf_cgnatpool_sub_addr(const struct nf_cgnatpool_sub *s)
{
	nf_be32 a;

	memcpy(&a, s->key, sizeof(a));
	return a;
}

/* True: the same addresses, ports and blocks, so that the state of one serves the other. */
bool nf_cgnatpool_same(const struct nf_cgnatpool *a, const struct nf_cgnatpool *b);

#endif
