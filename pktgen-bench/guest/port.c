/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "pktgen-bench/guest/port.h"

/* The receive queue's callback: being woken is all it is for. */
static void port_wake(struct uk_netdev *dev, uint16_t q, void *cookie)
{
	(void)dev;
	(void)q;
	(void)cookie;
}

static int port_fail(const char *what, int rc)
{
	printf("pktgen-bench: %s: %s\n", what, strerror(-rc));
	return rc;
}

/* 256 unless the ring is smaller; a larger one costs cache. */
static uint16_t port_ring(uint16_t asked, const struct uk_netdev_queue_info *qi)
{
	uint16_t n = asked != 0 ? asked : 256;

	return n < qi->nb_max ? n : qi->nb_max;
}

static int port_queue(struct pg_port *p, uint16_t q, const struct pg_port_conf *c)
{
	struct uk_netdev_rxqueue_conf rx = { .alloc_rxpkts = uk_netbuf_pool_alloc_rxpkts,
		.fetch = c->fetch };
	struct uk_netdev_txqueue_conf tx = { 0 };
	struct uk_netdev_queue_info ri, ti;
	uint16_t nb_rx, nb_tx;
	int rc;

	rc = uk_netdev_rxq_info_get(p->dev, q, &ri);
	if (rc == 0)
		rc = uk_netdev_txq_info_get(p->dev, q, &ti);
	if (rc < 0)
		return port_fail("the device's queues", rc);
	nb_rx = port_ring(c->nb_desc, &ri);
	nb_tx = port_ring(c->nb_desc, &ti);
	p->pool[q] = uk_netbuf_pool_create(
		(uint32_t)nb_rx + nb_tx + c->extra_bufs, PG_PORT_DATA_BYTES, 0);
	if (p->pool[q] == NULL)
		return port_fail(
			"too little memory for packet buffers, give the machine more (--mem)",
			-ENOMEM);
	rx.alloc_rxpkts_argp = p->pool[q];
	rx.callback = c->intr ? port_wake : NULL;
	rc = uk_netdev_rxq_configure(p->dev, q, nb_rx, &rx);
	if (rc == 0)
		rc = uk_netdev_txq_configure(p->dev, q, nb_tx, &tx);
	return rc < 0 ? port_fail("the device's rings can not be set up", rc) : 0;
}

static int port_probe(struct pg_port *p, unsigned id, const struct pg_port_conf *c)
{
	struct uk_netdev_conf conf = { .nb_rx_queues = c->nb_queues, .nb_tx_queues = c->nb_queues };
	struct uk_netdev_info info;
	int rc;

	p->dev = uk_netdev_get(id);
	if (p->dev == NULL) {
		printf("pktgen-bench: there is no network device %u, start the machine with --net\n",
			id);
		return -ENODEV;
	}
	rc = uk_netdev_probe(p->dev);
	if (rc < 0)
		return port_fail("the network device refused the driver", rc);
	uk_netdev_info_get(p->dev, &info);
	if (c->nb_queues == 0 || c->nb_queues > info.max_rx_queues ||
		c->nb_queues > info.max_tx_queues) {
		printf("pktgen-bench: %u queue pairs asked for, the device has %u: start the machine with --queues\n",
			c->nb_queues, info.max_rx_queues);
		return -EINVAL;
	}
	rc = uk_netdev_configure(p->dev, &conf);
	return rc < 0 ? port_fail("the network device can not be configured", rc) : 0;
}

int pg_port_open(struct pg_port *p, unsigned id, const struct pg_port_conf *c)
{
	int rc = port_probe(p, id, c);

	if (rc < 0)
		return rc;
	p->nb_queues = c->nb_queues;
	for (uint16_t q = 0; q < c->nb_queues; q++) {
		rc = port_queue(p, q, c);
		if (rc < 0)
			return rc;
	}
	rc = uk_netdev_start(p->dev);
	if (rc < 0)
		return port_fail("the network device can not be started", rc);
	/* Not every device can; one that filters is told by its user. */
	if (c->promiscuous && uk_netdev_promiscuous_set(p->dev, 1) < 0)
		return 0;
	return 0;
}
