/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of the store. */
#ifndef SLUICE_NF_APPS_KVS_STORE_INT_H
#define SLUICE_NF_APPS_KVS_STORE_INT_H

#include "nf-apps/kvs/store.h"

struct nf_store {
	uint64_t hash_key[2];
};

#endif
