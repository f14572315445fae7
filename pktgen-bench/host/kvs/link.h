/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way to the server: a vhost-user socket (a guest, or a virtio-user process), a network interface (packet socket),
 * or a UDP socket. Life cycle: pg_kvs_link_open once; then one thread brackets each turn by enter and leave.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_KVS_LINK_H
#define SLUICE_PKTGEN_BENCH_HOST_KVS_LINK_H

#include "pktgen-bench/host/kvs/frame.h"
#include "pktgen-bench/host/kvs/opts.h"
#include "pktgen-bench/host/port.h"

struct pg_kvs_link;

struct pg_kvs_link_ops {
	const char *name;
	bool (*up)(struct pg_kvs_link *l); /* someone is there, as far as the link can tell */
	bool (*enter)(struct pg_kvs_link *l);
	void (*leave)(struct pg_kvs_link *l);
	/* As pg_port's: frames stay the caller's; how many of the first were taken. */
	unsigned int (*tx)(struct pg_kvs_link *l, struct pg_port_frame *f, unsigned int n);
	/* The frames' memory is lent until the next call. */
	unsigned int (*rx)(struct pg_kvs_link *l, struct pg_port_frame *f, unsigned int n);
	void (*close)(struct pg_kvs_link *l);
};

struct pg_kvs_link {
	const struct pg_kvs_link_ops *ops;
	bool bare;    /* frames are payloads without headers (a UDP socket) */
	bool no_sums; /* what comes has no checksums yet (it never left the machine) */
	bool rings;   /* shared rings: leave them alone for a moment after a short burst */
	struct pg_port *port;
	int fd;
	struct pg_kvs_batch *batch; /* of sendmmsg and recvmmsg */
};

/* 0, or -1 after one sentence. */
int pg_kvs_link_open(struct pg_kvs_link *l, const struct pg_kvs_opts *o);
int pg_kvs_link_open_port(struct pg_kvs_link *l, const struct pg_kvs_opts *o);
int pg_kvs_link_open_packet(struct pg_kvs_link *l, const struct pg_kvs_opts *o);
int pg_kvs_link_open_udp(struct pg_kvs_link *l, const struct pg_kvs_opts *o);

#endif
