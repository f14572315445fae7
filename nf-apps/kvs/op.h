/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a command does to the store, the same for all protocols: memcached's rules and counters on top of store.h.
 */
#ifndef SLUICE_NF_APPS_KVS_OP_H
#define SLUICE_NF_APPS_KVS_OP_H

#include "nf-apps/kvs/kvs_state.h"

/* A key and its hash. It may lie in the request. */
struct nf_key {
	const uint8_t *p;
	uint32_t len;
	uint64_t hash;
};

enum nf_op_result {
	NF_OP_OK,
	NF_OP_NOT_FOUND,
	NF_OP_EXISTS,
	NF_OP_NOT_STORED,
	NF_OP_NOT_A_NUMBER,
	NF_OP_TOO_LARGE,
	NF_OP_NO_MEMORY
};

enum nf_put_mode {
	NF_PUT_SET,
	NF_PUT_ADD,
	NF_PUT_REPLACE,
	NF_PUT_APPEND,
	NF_PUT_PREPEND,
	NF_PUT_CAS
};

/* A value on its way into the store: between nf_op_put_start and nf_op_put_end or _drop. */
struct nf_put {
	struct nf_item *it;
	uint64_t hash;
	uint64_t cas; /* 0: any; else what the stored item has to have */
	enum nf_put_mode mode;
	bool stale; /* an older cas is taken and the item marked stale (meta set, flag I) */
};

struct nf_key nf_op_key(const struct nf_kvs *k, const uint8_t *p, uint32_t len);

/*
 * A client's expiry as the store's: 0 never, up to 30 days from now, else Unix seconds; negative: at once.
 * Source: memcached's protocol.txt, "Expiration times".
 */
uint32_t nf_op_expires(const struct nf_kvs *k, int64_t exptime);
/* Seconds left, -1: no end. */
int64_t nf_op_ttl(const struct nf_kvs *k, const struct nf_item *it);

/* A get: counted, and the item becomes the most recently used. NULL: a miss. */
struct nf_item *nf_op_get(struct nf_kvs *k, const struct nf_key *key);
/* gat and touch: the same with a new expiry. */
struct nf_item *nf_op_touch(struct nf_kvs *k, const struct nf_key *key, uint32_t expires);
/* Looks without a trace. */
struct nf_item *nf_op_peek(struct nf_kvs *k, const struct nf_key *key);
/* Marks a peeked item as used. */
void nf_op_used(struct nf_kvs *k, struct nf_item *it);

/*
 * Makes room for a value of value_len bytes, which the caller fills in (nf_item_value). NF_OP_TOO_LARGE or
 * NF_OP_NO_MEMORY: p->it is NULL, and with `drop_old` what is stored under the key is gone, so that no stale data stays.
 */
enum nf_op_result nf_op_put_start(struct nf_kvs *k, struct nf_put *p, const struct nf_key *key,
	uint32_t value_len, bool drop_old);
/* Stores it, or not: then the item is given back. *cas (may be NULL): of what is stored. */
enum nf_op_result nf_op_put_end(struct nf_kvs *k, struct nf_put *p, uint64_t *cas);
void nf_op_put_drop(struct nf_kvs *k, struct nf_put *p);

/*
 * incr and decr: *value is the new number, *it the item that has it. cas 0: any. Wraps at 64 bits, ends at 0. The text becomes no
 * shorter: blanks follow.
 */
enum nf_op_result nf_op_delta(struct nf_kvs *k, const struct nf_key *key, bool incr, uint64_t delta,
	uint64_t cas, uint64_t *value, struct nf_item **it);
/* Stores a number under a key that has nothing. */
enum nf_op_result nf_op_number(struct nf_kvs *k, const struct nf_key *key, uint64_t value,
	uint32_t expires, struct nf_item **it);

/* cas 0: any. */
enum nf_op_result nf_op_delete(struct nf_kvs *k, const struct nf_key *key, uint64_t cas);

/* flush_all: everything stored until then is gone; exptime as in nf_op_expires, 0 or less: now. false: it is not allowed. */
bool nf_op_flush(struct nf_kvs *k, int64_t exptime);

#endif
