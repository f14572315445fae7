/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP on uk_netdev: every card becomes a network interface. Polled and run to completion: uk_stack_poll takes bursts from
 * the cards and hands them to lwIP, runs its timers and sends what it made; nothing else may call into lwIP meanwhile (one core,
 * cooperative). uk_stack_start adds that as a poller of kernel/wait.h, so whoever waits keeps the network going. With
 * the boot option netstack.poll the machine spins; without it, cards sleep (interrupt mode) when nothing comes.
 *
 * Options of each card (netdev<id>., or netdev. for the first): ip=ADDRESS/LENGTH[:GATEWAY[:DNS]], ip=dhcp (the default), ip=none,
 * ip6=ADDRESS/LENGTH[,GATEWAY], ip6=auto (the default: SLAAC), ip6=none.
 *
 * A received packet is lwIP's as a custom pbuf that lies in its buffer's private area, without a copy, until lwIP frees it. What
 * lwIP sends goes out as a chain of buffers that point at its pbufs' memory; the pbufs are freed when the card is through with
 * them.
 */
#ifndef SLUICE_NETSTACK_STACK_H
#define SLUICE_NETSTACK_STACK_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

struct netif;
struct pbuf;

struct uk_stack_conf {
	bool poll;     /* spin: never sleep while waiting. The option netstack.poll sets it, too */
	uint16_t ring; /* descriptors, 0: the driver's choice */
	uint32_t nb_buffers; /* per card, 0: chosen from the machine's memory */
	bool no_offloads; /* neither checksums nor segmentation by the device (option netstack.offloads=0) */
};

/* Brings lwIP and all cards up. conf NULL: all defaults. Again: does nothing. 0, or -errno after a message on the console. */
int uk_stack_start(const struct uk_stack_conf *conf);

/* One round; returns when it wants to be called again, as uk_wait_poller.poll does. For loops of one's own (raw API). */
uint64_t uk_stack_poll(void);

/*
 * For work on whole bursts: lwIP's callbacks gather, and `run` is called in each round when all cards' packets were handed to lwIP, before
 * what is to be sent goes out. Storage is the caller's.
 */
struct uk_stack_batch {
	struct uk_stack_batch *next;
	void (*run)(struct uk_stack_batch *b);
};

void uk_stack_batch_add(struct uk_stack_batch *b);

/*
 * Bytes that may be written from p->payload on, p->len and what follows in its buffer: an answer may be built over a
 * request and sent in its place. 0: p is not one received buffer that the caller alone holds.
 */
uint32_t uk_stack_room(struct pbuf *p);

/*
 * What lwIP made goes to the cards now and not at the end of the round (or when the caller waits): for a thread that computes
 * for long after it sent. A pbuf that was sent is not to be changed before the last reference to it is gone. Cost: a doorbell.
 */
void uk_stack_flush(void);

/* Waits, with pollers running, until interface `i` (from 0) has an address; -ETIMEDOUT. */
int uk_stack_wait_address(unsigned i, uint64_t deadline_ns);

/* NULL past the last. */
struct netif *uk_stack_netif(unsigned i);

/* Buffers of card i: free now and in all; pbufs of lwIP that are in use. For leak checks. */
void uk_stack_buffers(unsigned i, uint32_t *nb_free, uint32_t *nb_total);

#endif
