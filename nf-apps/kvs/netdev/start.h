/* SPDX-License-Identifier: BSD-3-Clause */
/* Brings the image up: cards and their addresses, buffers, and the store in the memory that is left. */
#ifndef SLUICE_NF_APPS_KVS_NETDEV_START_H
#define SLUICE_NF_APPS_KVS_NETDEV_START_H

#include "nf-apps/kvs/netdev/card.h"

#define NF_START_CARDS 8

struct nf_start {
	struct nf_net_opts opts;
	unsigned nb_cards;
	struct nf_card *cards;
	struct nf_kvs *kvs;
};

/* opts are set. 0, or -errno after a sentence on the console. */
int nf_start(struct nf_start *s) UK_MUST_USE;

#endif
