/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections of kvs-linux, with epoll.
 */
#ifndef SLUICE_NF_APPS_KVS_LINUX_STREAM_H
#define SLUICE_NF_APPS_KVS_LINUX_STREAM_H

#include "nf-apps/kvs/kvs.h"

struct nf_stream;

/* All connections. */
struct nf_streams {
	struct nf_kvs *k;
	int epoll;
	unsigned n, max;
	uint64_t nb_rejected, nb_kicked;
	uint32_t kicked; /* second of the last look */
	struct nf_stream *first;
	uint32_t (*now)(void); /* seconds */
};

struct nf_stream {
	struct nf_streams *all;
	struct nf_stream *next, **link;
	struct nf_kvs_conn *conn;
	int fd;
	int listener;    /* the socket that it came in by */
	bool dead;       /* the peer takes nothing more */
	uint32_t events; /* epoll waits for these */
	uint32_t last;   /* second of the last bytes */
	uint8_t *rest;   /* input that the connection did not take yet */
	size_t rest_at, rest_len;
};

/* Takes all connections that wait there. */
void nf_stream_accept(struct nf_streams *all, int listener);
/* epoll says so; it may be gone afterwards. */
void nf_stream_event(struct nf_stream *s, uint32_t events);
/* Closes those that have been silent for so long; looks once a second. */
void nf_stream_kick(struct nf_streams *all, uint32_t idle_s);
void nf_stream_close_all(struct nf_streams *all);

#endif
