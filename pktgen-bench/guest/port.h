/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network device made ready for the programs of this room: probed, configured with as many
 * queue pairs as asked for, each with a pool of its own, and started.
 */
#ifndef SLUICE_PKTGEN_BENCH_GUEST_PORT_H
#define SLUICE_PKTGEN_BENCH_GUEST_PORT_H

#include "dataplane/netdev.h"

/* Room for data per buffer: with netbuf and head room 2112 bytes, an odd number of cache lines. */
#define PG_PORT_DATA_BYTES 1844

struct pg_port {
	struct uk_netdev *dev;
	uint16_t nb_queues;
	struct uk_netbuf_pool *pool[UK_NETDEV_QUEUES_MAX];
};

struct pg_port_conf {
	uint16_t nb_queues;
	uint16_t nb_desc;    /* per ring, 0: the driver's choice */
	uint32_t extra_bufs; /* per queue, beside what the rings hold */
	bool intr;           /* receive queues get interrupts */
	bool promiscuous;
	enum uk_netdev_fetch fetch;
};

/*
 * Opens device `id`. On failure returns -errno after one sentence on the console.
 * Thread: boot. The port stays open for good.
 */
int pg_port_open(struct pg_port *p, unsigned id, const struct pg_port_conf *c) UK_MUST_USE;

#endif
