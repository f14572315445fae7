/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SimpleQueue([CAPACITY])
 *
 * Holds packets, first in, first out: pushed in, pulled out. What finds no room is dropped, or
 * leaves by output 1 if that is connected. It has no signals: whoever pulls from it goes on asking.
 * Queue has them.
 *
 * Arguments, handlers: see queuebase.h
 * Ports: 1 push input; output 0 pull, output 1 (may be missing) push
 * Drops: "queue full", "reset by handler", "did not fit" (a smaller capacity)
 * Example: FromDevice(eth0) -> SimpleQueue(200) -> Unqueue -> ToDevice(eth1);
 */
#include "nf-apps/element/queue/queuebase.h"

static void simplequeue_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	nf_queuebase_push(e, v, n);
}

static uint16_t simplequeue_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	return nf_queuebase_pull(e, v, n);
}

const struct nf_class nf_simplequeue = {
	NF_QUEUEBASE_CLASS("SimpleQueue", "1/1-2", nf_queuebase_initialize),
	.push = simplequeue_push,
	.pull = simplequeue_pull,
};
