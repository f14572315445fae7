/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sending side of pktgen on one queue: frames of a flow profile, or of a capture, made
 * in buffers of a pool of its own and handed to the device in bursts. What the ring does not take
 * is sent first the next time, so sequence numbers leave in order and without gaps.
 *
 * Thread: the queue's core.
 */
#ifndef SLUICE_PKTGEN_BENCH_GUEST_GENERATOR_H
#define SLUICE_PKTGEN_BENCH_GUEST_GENERATOR_H

#include "dataplane/netdev.h"
#include "pktgen-bench/guest/flow.h"
#include "pktgen-bench/guest/pcap.h"
#include "pktgen-bench/guest/rate.h"

struct pg_generator {
	struct uk_netbuf_pool *pool;
	uint16_t burst;
	uint16_t from, nb; /* v[from..from + nb): made, not sent yet */
	bool stamp;        /* write the time into each probe, once a burst */
	bool replay;       /* frames come from pcap, not from flow */
	uint64_t left;     /* frames still to be made */
	struct pg_flow flow;
	struct pg_rate rate;
	struct pg_pcap pcap;
	struct uk_netbuf *v[UK_BURST_MAX];
};

/* A pool of nb_bufs prepared buffers for g->flow or g->pcap's frames of up to `longest` bytes.
 * -ENOMEM. */
int pg_generator_pool(struct pg_generator *g, uint32_t nb_bufs, uint32_t longest) UK_MUST_USE;

/* Makes up to a burst as far as the rate allows and sends it. Returns how many frames the ring
 * took. */
uint16_t pg_generator_round(struct pg_generator *g, struct uk_netdev *dev, uint16_t q);

/* Whether all frames were made and taken. */
UK_INLINE bool pg_generator_done(const struct pg_generator *g)
{
	return g->left == 0 && g->nb == 0;
}

#endif
