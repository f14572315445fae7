/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For tests and fuzzers of the store: everything that must be true between two calls; aborts
 * with a sentence if it is not.
 */
#ifndef SLUICE_NF_APPS_KVS_TEST_STORE_CHECK_H
#define SLUICE_NF_APPS_KVS_TEST_STORE_CHECK_H

#include "nf-apps/kvs/store.h"

/*
 * Blocks cover the heap without a seam, bins and counters agree with them, each linked item is
 * in the index just once.
 */
void store_check(const struct nf_store *s);

/* hash, find, alloc, link as a server does it; NULL: no room. The value is filled with the byte. */
struct nf_item *store_check_set(
	struct nf_store *s, const char *key, uint32_t value_len, uint8_t fill, uint32_t now);
struct nf_item *store_check_get(struct nf_store *s, const char *key, uint32_t now);
/* The item's value has that byte all over. */
bool store_check_filled(struct nf_item *it, uint8_t fill);

#endif
