/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/kvs/store_hash.h"
#include "nf-apps/kvs/store_int.h"

uint64_t nf_store_hash(const struct nf_store *s, const void *key, uint32_t len)
{
	return nf_store_hash_sip(s->hash_key, key, len, 1, 3);
}
