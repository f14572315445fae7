/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FrontDropQueue([CAPACITY])
 *
 * Holds packets, first in, first out. When it is full, the oldest packet makes room for the new
 * one: it is dropped, or leaves by output 1 if that is connected. So a receiver sees a loss earlier
 * than with Queue. Tasks that pull from it sleep while it is empty.
 *
 * Arguments, handlers: see queuebase.h; a smaller capacity drops the oldest packets
 * Ports: 1 push input; output 0 pull, output 1 (may be missing) push
 * Drops: "queue full", "reset by handler", "did not fit" (a smaller capacity)
 * Example: FromDevice(eth0) -> FrontDropQueue(100) -> ToDevice(eth1);
 */
#include "nf-apps/element/queue/queuebase.h"

static int frontdropqueue_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_queuebase *q = e->state;

	q->drops_oldest = true;
	return nf_queuebase_initialize(e, errs);
}

/* The oldest of the queue and of the vector together go, in their order. */
static void frontdropqueue_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct nf_queuebase *q = e->state;
	struct uk_netbuf *old[UK_BURST_MAX];
	uint32_t room = q->ring.capacity - q->ring.len;
	uint16_t nb_old = 0, skip = 0;

	if (UK_UNLIKELY(n > room)) {
		nb_old = nf_pktring_pull(&q->ring, old, (uint16_t)(n - room));
		skip = (uint16_t)(n - room - nb_old);
		memcpy(old + nb_old, v, skip * sizeof(*v));
		nb_old = (uint16_t)(nb_old + skip);
	}
	(void)nf_pktring_push(&q->ring, v + skip, (uint16_t)(n - skip));
	if (UK_LIKELY(q->ring.len > 0))
		nf_queuebase_pushed(q);
	if (nb_old > 0)
		nf_queuebase_overflow(e, old, nb_old);
}

static uint16_t frontdropqueue_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	return nf_queuebase_pull(e, v, n);
}

const struct nf_class nf_frontdropqueue = {
	NF_QUEUEBASE_CLASS("FrontDropQueue", "1/1-2", frontdropqueue_initialize),
	.push = frontdropqueue_push,
	.pull = frontdropqueue_pull,
	.signal = nf_queuebase_signal,
};
