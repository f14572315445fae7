/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network card with the store behind it: receives bursts, has them answered, sends. What the ring does not take at once
 * waits: while much waits nothing is received, so that a client that floods loses packets at its own side; what could not be
 * sent for a tenth of a second is dropped.
 */
#ifndef SLUICE_NF_APPS_KVS_NETDEV_CARD_H
#define SLUICE_NF_APPS_KVS_NETDEV_CARD_H

#include "dataplane/netdev.h"
#include "nf-apps/kvs/net_opts.h"
#include "nf-apps/kvs/net_wait.h"

struct nf_card {
	struct uk_netdev *dev;
	struct nf_net *net;
	struct uk_netbuf_pool *pool;
	struct uk_netbuf_pool *large; /* for frames that come in several parts */
	uint16_t burst;
	uint32_t wait_most; /* more wait: receives nothing */
	struct nf_net_wait wait;
	uint64_t now_ns;
	uint64_t nb_unsent; /* answers dropped */
	uint64_t nb_parts;  /* requests dropped: several parts, and no large buffer */
	struct nf_net_frame frames[NF_NET_BURST_MAX];
	struct uk_netbuf *v[NF_NET_BURST_MAX];
};

/*
 * Takes device `id` up to the point where its address is known, and its buffers: before the store takes the memory that is left.
 * 0, or -errno after a sentence on the console.
 */
int nf_card_open(struct nf_card *c, unsigned id, const struct nf_net_opts *o) UK_MUST_USE;
/* Brings it to life with the store behind it. conf: addresses; the rest is filled in. */
int nf_card_start(struct nf_card *c, const struct nf_net_opts *o, struct nf_net_conf *conf)
	UK_MUST_USE;

/* One round. Returns how many frames it moved. `unix_s`: for the store's clock. */
unsigned nf_card_round(struct nf_card *c, struct nf_kvs *kvs, uint64_t now_ns, uint64_t unix_s);

#endif
