/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queue([CAPACITY]), and by other names FullNoteQueue, ThreadSafeQueue, QuickNoteQueue,
 * NotifierQueue
 *
 * Holds packets, first in, first out: pushed in, pulled out. What finds no room is dropped, or
 * leaves by output 1 if that is connected. Tasks that pull from it sleep while it is empty and are
 * woken by the next packet; sources that push to it can wait for room (NotifierQueue: they can
 * not). All that belongs to one router runs on one core, so that ThreadSafeQueue is the same thing.
 *
 * Arguments, handlers: see queuebase.h
 * Ports: 1 push input; output 0 pull, output 1 (may be missing) push
 * Drops: "queue full", "reset by handler", "did not fit" (a smaller capacity)
 * Example: FromDevice(eth0) -> Queue(1000) -> ToDevice(eth1);
 */
#include "nf-apps/element/queue/queuebase.h"

static void queue_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	nf_queuebase_push(e, v, n);
}

static uint16_t queue_pull(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	return nf_queuebase_pull(e, v, n);
}

#define QUEUE_CLASS(click_name)                                                                    \
	NF_QUEUEBASE_CLASS(click_name, "1/1-2", nf_queuebase_initialize),                          \
		.push = queue_push, .pull = queue_pull, .signal = nf_queuebase_signal

const struct nf_class nf_queue = { QUEUE_CLASS("Queue"), .space = nf_queuebase_space };
const struct nf_class nf_queue_fullnote = { QUEUE_CLASS("FullNoteQueue"),
	.space = nf_queuebase_space };
const struct nf_class nf_queue_threadsafe = { QUEUE_CLASS("ThreadSafeQueue"),
	.space = nf_queuebase_space };
const struct nf_class nf_queue_quicknote = { QUEUE_CLASS("QuickNoteQueue"),
	.space = nf_queuebase_space };
const struct nf_class nf_queue_notifier = { QUEUE_CLASS("NotifierQueue") };
