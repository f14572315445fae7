/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MixedQueue([CAPACITY])
 *
 * A queue with two inputs: packets of input 0 go behind the others, packets of input 1 in front of
 * them, so that the one that came last is pulled first. When it is full, a packet of input 0 is
 * refused, while a packet of input 1 pushes out the one at the end. What is refused or pushed out
 * is dropped, or leaves by output 1 if that is connected. Tasks that pull from it sleep while it is
 * empty.
 *
 * Arguments, handlers: see queuebase.h
 * Ports: 2 push inputs; output 0 pull, output 1 (may be missing) push
 * Drops: "queue full", "reset by handler", "did not fit" (a smaller capacity)
 * Example: m :: MixedQueue(100); ... -> [0] m; urgent -> [1] m; m -> ToDevice(eth0);
 */
#include "nf-apps/element/queue/queuebase.h"

static void mixedqueue_push_front(struct nf_element *e, struct uk_netbuf **v, uint16_t n)
{
	struct nf_queuebase *q = e->state;
	struct uk_netbuf *out[UK_BURST_MAX];
	uint16_t nb_out = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (nf_pktring_push_front(&q->ring, v[i]))
			continue;
		if (nf_pktring_pull_newest(&q->ring, &out[nb_out], 1) == 0)
			out[nb_out] = v[i]; /* no capacity at all */
		else if (!nf_pktring_push_front(&q->ring, v[i]))
			UK_ASSERT(false);
		nb_out++;
	}
	if (q->ring.len > 0)
		nf_queuebase_pushed(q);
	if (nb_out > 0)
		nf_queuebase_overflow(e, out, nb_out);
}

static void mixedqueue_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	if (port == 0)
		nf_queuebase_push(e, v, n);
	else
		mixedqueue_push_front(e, v, n);
}

static uint16_t mixedqueue_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	return nf_queuebase_pull(e, v, n);
}

const struct nf_class nf_mixedqueue = {
	NF_QUEUEBASE_CLASS("MixedQueue", "2/1-2", nf_queuebase_initialize),
	.push = mixedqueue_push,
	.pull = mixedqueue_pull,
	.signal = nf_queuebase_signal,
};
