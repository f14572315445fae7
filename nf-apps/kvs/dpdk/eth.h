/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A card of DPDK's with the store behind it: the same round as the image's (nf-apps/kvs/netdev/card.h), with mbufs, which
 * are answered in place.
 */
#ifndef SLUICE_NF_APPS_KVS_DPDK_ETH_H
#define SLUICE_NF_APPS_KVS_DPDK_ETH_H

#include "nf-apps/kvs/dpdk/args.h"
#include "nf-apps/kvs/net_wait.h"

struct rte_mbuf;
struct rte_mempool;

struct nf_eth {
	struct nf_net *net;
	struct rte_mempool *pool;
	uint16_t port, burst;
	uint32_t wait_most;
	struct nf_net_wait wait;
	uint64_t now_ns;
	uint64_t nb_unsent, nb_parts;
	struct nf_net_frame frames[NF_NET_BURST_MAX];
	struct rte_mbuf *v[NF_NET_BURST_MAX];
};

/* Starts DPDK's environment on one core, with the device; returns -1 after a sentence. The calling thread polls afterwards. */
int nf_eth_environment_start(const struct nf_args *a) UK_MUST_USE;
void nf_eth_environment_stop(void);

/* a->net becomes what the front end was made of. -1 after a sentence. */
int nf_eth_open(struct nf_eth *e, struct nf_args *a, struct nf_kvs *kvs) UK_MUST_USE;
void nf_eth_close(struct nf_eth *e);

/* One round. Returns how many frames it moved. */
unsigned nf_eth_round(struct nf_eth *e, struct nf_kvs *kvs, uint64_t now_ns, uint64_t unix_s);

/* Packets of the card so far, and buffers that are free. */
void nf_eth_figures(
	const struct nf_eth *e, uint64_t *rx, uint64_t *tx, uint64_t *bufs_free, uint64_t *bufs);

#endif
