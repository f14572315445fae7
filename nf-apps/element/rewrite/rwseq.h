/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happens to the sequence numbers of a TCP flow when text in it was made longer or shorter: in
 * each direction, numbers from a trigger on are moved by a sum. Several changes may be on the way
 * at once, and what is sent again gets the sum that it had at first. Pure functions; host order.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_RWSEQ_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_RWSEQ_H

#include <stdbool.h>
#include "nf-apps/click/inet.h"

#define NF_RWSEQ_STEPS                                                                             \
	6 /* changes that are remembered in each direction; older ones hold for all */

struct nf_rwseq_way {
	uint32_t nb;    /* steps in use, by trigger */
	int32_t before; /* moved by this before the first trigger */
	struct {
		uint32_t trigger; /* of the original numbers */
		int32_t delta;
	} step[NF_RWSEQ_STEPS];
};

struct nf_rwseq {
	struct nf_rwseq_way way[2]; /* by direction: 0 as the flow began, 1 replies */
	uint32_t next_free;         /* the owner's */
};

/* From `trigger` on, `delta` more. False: there is a later trigger already (text sent again). */
bool nf_rwseq_add(struct nf_rwseq *s, unsigned dir, uint32_t trigger, int32_t delta);
/* Sequence number of a packet in direction `dir` as the other side is to see it. */
uint32_t nf_rwseq_seq(const struct nf_rwseq *s, unsigned dir, uint32_t seq);
/* Acknowledgement in a packet of direction `dir`, which speaks of the other direction's numbers. */
uint32_t nf_rwseq_ack(const struct nf_rwseq *s, unsigned dir, uint32_t ack);
/* Forgets triggers that lie a billion behind `seq`: their sum holds for all numbers then. */
void nf_rwseq_age(struct nf_rwseq *s, unsigned dir, uint32_t seq);
/* How far numbers of that direction are moved now. */
int32_t nf_rwseq_delta(const struct nf_rwseq *s, unsigned dir);

/* Rewrites a segment (`len` bytes from the header to the packet's end, 20 at least): numbers,
 * selective acknowledgements (RFC 2018) and the checksum. */
void nf_rwseq_apply(struct nf_rwseq *s, unsigned dir, struct nf_tcp *tcp, uint32_t len);

#endif
