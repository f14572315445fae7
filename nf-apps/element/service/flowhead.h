/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first bytes of a TCP stream, in order (RFC 9293, 3.4), to be looked at piece by piece. Data
 * that comes in order is looked at where it lies. What comes early is copied into a buffer of a
 * bounded pool until the gap before it is filled. Where segments overlap, the bytes that came first
 * count, and others are noticed.
 *
 * Life: pool init -> start, feed ... -> end -> pool free. Thread: the caller's.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_SERVICE_FLOWHEAD_H
#define SLUICE_NF_APPS_ELEMENT_SERVICE_FLOWHEAD_H

#include <stdbool.h>
#include <stdint.h>
#include "plat-kvm/defs.h"

#define NF_FLOWHEAD_MAX 65536u /* bytes */

/* Buffers for data that came early: `head` bytes and a bit for each: it is there. */
struct nf_flowhead_pool {
	uint8_t *mem;
	uint32_t *free; /* a stack */
	uint32_t nb, nb_free, head, stride;
	uint64_t nb_conflicts; /* segments that said something else than an earlier one */
};

/* All zeros: not begun. */
struct nf_flowhead {
	uint32_t base; /* sequence number of the first byte */
	uint32_t pos;  /* bytes that were looked at */
	uint32_t hold; /* buffer + 1; 0: nothing came early */
	bool started;
};

/* A piece of the stream that begins at byte `pos`. */
typedef void (*nf_flowhead_fn)(void *arg, const uint8_t *data, uint32_t len, uint32_t pos);

/* `head`: bytes of each stream, at most NF_FLOWHEAD_MAX. -ENOMEM */
int nf_flowhead_pool_init(struct nf_flowhead_pool *p, uint32_t nb, uint32_t head) UK_MUST_USE;
void nf_flowhead_pool_free(struct nf_flowhead_pool *p);

/* The first byte's number. Whatever was there is forgotten. */
void nf_flowhead_start(struct nf_flowhead_pool *p, struct nf_flowhead *h, uint32_t seq);
/* Gives the buffer back. */
void nf_flowhead_end(struct nf_flowhead_pool *p, struct nf_flowhead *h);

/* A segment's data; a stream that has not begun begins with it. Calls `fn` for what is in order
 * now. False: it came early, and there is no buffer. */
bool nf_flowhead_feed(struct nf_flowhead_pool *p, struct nf_flowhead *h, uint32_t seq,
	const uint8_t *data, uint32_t len, nf_flowhead_fn fn, void *arg) UK_MUST_USE;

/* All of its first bytes were looked at. */
UK_INLINE bool nf_flowhead_is_done(const struct nf_flowhead_pool *p, const struct nf_flowhead *h)
{
	return h->pos >= p->head;
}

#endif
