/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include "nf-apps/kvs/kvs_dgram.h"
#include "nf-apps/kvs/kvs_state.h"
#include "nf-apps/kvs/session.h"

#define KVS_VERSION      "1.6.18-sluice" /* the protocol's, as clients compare it */
#define KVS_SWEEP_BUDGET 64

struct nf_kvs *nf_kvs_create(const struct nf_kvs_conf *conf)
{
	struct nf_kvs *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->session = malloc(sizeof(*k->session));
	k->dgram = malloc(sizeof(*k->dgram));
	k->store = nf_store_create(&conf->store);
	if (k->session == NULL || k->dgram == NULL || k->store == NULL) {
		nf_kvs_destroy(k);
		return NULL;
	}
	k->now = NF_KVS_FIRST;
	k->version = conf->version != NULL ? conf->version : KVS_VERSION;
	k->item_max = conf->item_max > 0 && conf->item_max < NF_STORE_VALUE_MAX
			      ? conf->item_max
			      : NF_STORE_VALUE_MAX;
	k->limit_bytes = conf->store.bytes;
	k->protocol = conf->protocol;
	k->no_flush = conf->no_flush;
	k->no_evict = conf->store.no_evict;
	k->stats = conf->stats;
	k->stats_arg = conf->stats_arg;
	return k;
}

void nf_kvs_destroy(struct nf_kvs *k)
{
	if (k == NULL)
		return;
	if (k->store != NULL)
		nf_store_destroy(k->store);
	free(k->detail);
	free(k->dgram);
	free(k->session);
	free(k);
}

struct nf_store *nf_kvs_store(struct nf_kvs *k)
{
	return k->store;
}

void nf_kvs_tick(struct nf_kvs *k, uint64_t mono_ns, uint64_t unix_s)
{
	uint64_t seconds;

	if (!k->ticked) {
		k->ticked = true;
		k->start_ns = mono_ns;
	}
	seconds = (mono_ns - k->start_ns) / 1000000000 + NF_KVS_FIRST;
	k->now = seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
	k->unix_s = unix_s;
}

void nf_kvs_idle(struct nf_kvs *k)
{
	nf_store_sweep(k->store, k->now, KVS_SWEEP_BUDGET);
}
