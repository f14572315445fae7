/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "pktgen-bench/host/kvs/link.h"

static bool link_port_up(struct pg_kvs_link *l)
{
	return pg_port_up(l->port) && pg_port_queues(l->port);
}

static bool link_port_enter(struct pg_kvs_link *l)
{
	return pg_port_enter(l->port);
}

static void link_port_leave(struct pg_kvs_link *l)
{
	pg_port_leave(l->port);
}

static unsigned int link_port_tx(struct pg_kvs_link *l, struct pg_port_frame *f, unsigned int n)
{
	return pg_port_tx(l->port, 0, f, n);
}

/* The lean engine copies frames, so there is nothing to give back. */
static unsigned int link_port_rx(struct pg_kvs_link *l, struct pg_port_frame *f, unsigned int n)
{
	return pg_port_rx(l->port, 0, f, n);
}

static void link_port_close(struct pg_kvs_link *l)
{
	pg_port_close(l->port);
}

static const struct pg_kvs_link_ops link_port_ops = {
	.name = "vhost-user",
	.up = link_port_up,
	.enter = link_port_enter,
	.leave = link_port_leave,
	.tx = link_port_tx,
	.rx = link_port_rx,
	.close = link_port_close,
};

int pg_kvs_link_open_port(struct pg_kvs_link *l, const struct pg_kvs_opts *o)
{
	static struct pg_port port;
	struct pg_port_conf c = {
		.socket = o->socket,
		.queues = o->queues,
		.engine = &pg_port_engine_lean,
		.no_mergeable = o->no_mergeable,
		.no_packed = o->no_packed,
		.client = o->client,
		.frame_max = 2048,
	};

	*l = (struct pg_kvs_link){ .ops = &link_port_ops, .port = &port, .rings = true };
	return pg_port_open(&port, &c);
}

int pg_kvs_link_open(struct pg_kvs_link *l, const struct pg_kvs_opts *o)
{
	if (o->iface)
		return pg_kvs_link_open_packet(l, o);
	return o->socket ? pg_kvs_link_open_port(l, o) : pg_kvs_link_open_udp(l, o);
}
