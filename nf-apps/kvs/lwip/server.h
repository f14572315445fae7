/* SPDX-License-Identifier: BSD-3-Clause */
/* The store over lwIP's raw API: datagrams in bursts, connections. One of each; the stack is up. */
#ifndef SLUICE_NF_APPS_KVS_LWIP_SERVER_H
#define SLUICE_NF_APPS_KVS_LWIP_SERVER_H

#include <stdint.h>
#include "nf-apps/kvs/kvs.h"

/* The store's clock, once per burst. */
void nf_server_tick(struct nf_kvs *k);
/* A round without requests: the store looks for what has expired, now and then. */
void nf_server_idle(struct nf_kvs *k);

/* Datagrams on `port`. 0 or -ENOMEM. */
int nf_server_udp_start(struct nf_kvs *k, uint16_t port);

struct nf_server_tcp_stats {
	uint64_t nb_open, nb_opened, refused;
	uint64_t bytes_in, bytes_out;
};

/* Connections on `port`. 0 or -ENOMEM. */
int nf_server_tcp_start(struct nf_kvs *k, uint16_t port);
const struct nf_server_tcp_stats *nf_server_tcp_stats(void);

#endif
