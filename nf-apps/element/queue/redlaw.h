/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random Early Detection (Floyd and Jacobson, 1993) in whole numbers: the average of a queue's
 * length, and whether a packet is to be dropped. Pure: length, time and random numbers come from
 * the caller. Life: set -> average, drop for each packet. Units: packets, ns.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_QUEUE_REDLAW_H
#define SLUICE_NF_APPS_ELEMENT_QUEUE_REDLAW_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

#define NF_REDLAW_THRESH_MAX    0xffff
#define NF_REDLAW_ONE           0x10000 /* a probability of 1 */
#define NF_REDLAW_STABILITY_MAX 16
#define NF_REDLAW_SHIFT         32 /* of the average */

struct nf_redlaw {
	uint32_t min_thresh, max_thresh;
	uint32_t max_p;     /* of NF_REDLAW_ONE */
	uint32_t stability; /* the newest length weighs 2^-stability; 0: it is the average */
	bool gentle;        /* above max_thresh the probability rises to 1 at twice of it */
	uint64_t avg;       /* packets * 2^NF_REDLAW_SHIFT */
	uint64_t idle_ns;   /* the queue was empty at that time; 0: it was not */
	int64_t count;      /* packets since the last drop; -1: not between the thresholds */
	uint32_t random;    /* 16 bits, decides when the next one is dropped */
};

/* The queue has `len` packets as a packet arrives. */
void nf_redlaw_average(struct nf_redlaw *r, uint32_t len, uint64_t now_ns);
/* Is this packet to be dropped? `random`: 32 fresh random bits. */
bool nf_redlaw_drop(struct nf_redlaw *r, uint32_t random);
/* Probability with which a packet is marked at the present average, of NF_REDLAW_ONE. */
uint32_t nf_redlaw_probability(const struct nf_redlaw *r);

#endif
