/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "nf-apps/kvs/detail.h"
#include "nf-apps/kvs/number.h"
#include "nf-apps/kvs/op.h"

#define OP_RELATIVE_MAX (60 * 60 * 24 * 30) /* seconds */

struct nf_key nf_op_key(const struct nf_kvs *k, const uint8_t *p, uint32_t len)
{
	return (struct nf_key){ p, len, nf_store_hash(k->store, p, len) };
}

uint32_t nf_op_expires(const struct nf_kvs *k, int64_t exptime)
{
	int64_t at;

	if (exptime == 0)
		return NF_STORE_NEVER;
	if (exptime < 0)
		return 1;
	if (exptime <= OP_RELATIVE_MAX)
		at = (int64_t)k->now + exptime;
	else if (exptime > INT64_MAX / 2)
		at = UINT32_MAX;
	else
		at = exptime - (int64_t)k->unix_s + k->now;
	return at < 1 ? 1 : at > UINT32_MAX ? UINT32_MAX : (uint32_t)at;
}

int64_t nf_op_ttl(const struct nf_kvs *k, const struct nf_item *it)
{
	return it->expires == NF_STORE_NEVER ? -1 : (int64_t)it->expires - k->now;
}

struct nf_item *nf_op_peek(struct nf_kvs *k, const struct nf_key *key)
{
	return nf_store_find(k->store, key->hash, key->p, key->len, k->now);
}

void nf_op_used(struct nf_kvs *k, struct nf_item *it)
{
	nf_store_touch_lru(k->store, it, k->now);
	if (!(it->flags8 & NF_ITEM_FETCHED))
		it->flags8 |= NF_ITEM_FETCHED;
}

struct nf_item *nf_op_get(struct nf_kvs *k, const struct nf_key *key)
{
	struct nf_item *it = nf_op_peek(k, key);

	k->n.cmd_get++;
	nf_detail_count(k, key, NF_DETAIL_GET);
	if (it == NULL) {
		k->n.get_misses++;
		return NULL;
	}
	k->n.get_hits++;
	nf_detail_count(k, key, NF_DETAIL_HIT);
	nf_op_used(k, it);
	return it;
}

struct nf_item *nf_op_touch(struct nf_kvs *k, const struct nf_key *key, uint32_t expires)
{
	struct nf_item *it = nf_op_peek(k, key);

	k->n.cmd_touch++;
	nf_detail_count(k, key, NF_DETAIL_GET);
	if (it == NULL) {
		k->n.touch_misses++;
		return NULL;
	}
	k->n.touch_hits++;
	nf_detail_count(k, key, NF_DETAIL_HIT);
	it->expires = expires;
	nf_op_used(k, it);
	return it;
}

static bool op_fits(const struct nf_kvs *k, uint32_t key_len, uint32_t value_len)
{
	return value_len <= k->item_max && nf_store_fits(k->store, key_len, value_len);
}

enum nf_op_result nf_op_put_start(struct nf_kvs *k, struct nf_put *p, const struct nf_key *key,
	uint32_t value_len, bool drop_old)
{
	bool fits = op_fits(k, key->len, value_len);
	struct nf_item *old;

	nf_detail_count(k, key, NF_DETAIL_SET);
	p->hash = key->hash;
	p->it = fits ? nf_store_alloc(k->store, key->p, key->len, value_len, k->now) : NULL;
	if (p->it != NULL)
		return NF_OP_OK;
	if (fits)
		k->n.store_no_memory++;
	else
		k->n.store_too_large++;
	old = drop_old ? nf_op_peek(k, key) : NULL;
	if (old != NULL)
		nf_store_unlink(k->store, key->hash, old);
	return fits ? NF_OP_NO_MEMORY : NF_OP_TOO_LARGE;
}

void nf_op_put_drop(struct nf_kvs *k, struct nf_put *p)
{
	if (p->it != NULL)
		nf_store_unref(k->store, p->it);
	p->it = NULL;
}

/* append, prepend: one item of both values, with what the old one had beside its value. */
static struct nf_item *op_join(
	struct nf_kvs *k, struct nf_item *it, struct nf_item *old, bool append)
{
	struct nf_item *first = append ? old : it, *second = append ? it : old, *joined = NULL;
	uint32_t len = old->value_len + it->value_len;

	/* making room may evict the old one while it is read */
	if (!nf_store_ref(old))
		return NULL;
	if (op_fits(k, it->key_len, len))
		joined = nf_store_alloc(k->store, nf_item_key(it), it->key_len, len, k->now);
	if (joined != NULL) {
		joined->client_flags = old->client_flags;
		joined->expires = old->expires;
		joined->flags8 = old->flags8 & NF_ITEM_BINARY_KEY;
		memcpy(nf_item_value(joined), nf_item_value(first), first->value_len);
		memcpy(nf_item_value(joined) + first->value_len, nf_item_value(second),
			second->value_len);
	}
	nf_store_unref(k->store, old);
	return joined;
}

/* May it replace the old item, as to cas? NF_OP_OK, or why not. */
static enum nf_op_result op_put_cas(struct nf_kvs *k, struct nf_put *p, struct nf_item *old)
{
	if (p->cas == old->cas) {
		k->n.cas_hits += p->mode == NF_PUT_CAS;
		return NF_OP_OK;
	}
	if (p->stale && p->cas != 0 && p->cas < old->cas) {
		p->it->expires = old->expires;
		p->it->flags8 |= NF_ITEM_STALE | (old->flags8 & NF_ITEM_WON);
		k->n.cas_hits++;
		return NF_OP_OK;
	}
	k->n.cas_badval++;
	return NF_OP_EXISTS;
}

static enum nf_op_result op_put_over(struct nf_kvs *k, struct nf_put *p, struct nf_item *old)
{
	struct nf_item *it;

	switch (p->mode) {
	case NF_PUT_ADD:
		nf_store_touch_lru(k->store, old, k->now);
		return NF_OP_NOT_STORED;
	case NF_PUT_CAS:
		return op_put_cas(k, p, old);
	case NF_PUT_APPEND:
	case NF_PUT_PREPEND:
		if (p->cas != 0 && p->cas != old->cas)
			return NF_OP_EXISTS;
		it = op_join(k, p->it, old, p->mode == NF_PUT_APPEND);
		if (it == NULL)
			return NF_OP_NOT_STORED;
		nf_store_unref(k->store, p->it);
		p->it = it;
		return NF_OP_OK;
	default:
		return NF_OP_OK;
	}
}

static enum nf_op_result op_put_new(struct nf_kvs *k, const struct nf_put *p)
{
	if (p->mode == NF_PUT_SET || p->mode == NF_PUT_ADD)
		return NF_OP_OK;
	if (p->mode != NF_PUT_CAS)
		return NF_OP_NOT_STORED;
	k->n.cas_misses++;
	return NF_OP_NOT_FOUND;
}

enum nf_op_result nf_op_put_end(struct nf_kvs *k, struct nf_put *p, uint64_t *cas)
{
	struct nf_item *it = p->it, *old = NULL;
	enum nf_op_result result = NF_OP_OK;

	k->n.cmd_set++;
	if (p->mode != NF_PUT_SET) {
		old = nf_store_find(k->store, p->hash, nf_item_key(it), it->key_len, k->now);
		result = old != NULL ? op_put_over(k, p, old) : op_put_new(k, p);
	}
	if (result != NF_OP_OK) {
		nf_op_put_drop(k, p);
		return result;
	}
	/* joining two items may have evicted the old one: the store looks itself */
	it = p->it;
	nf_store_link(k->store, p->hash, it, NULL, k->now);
	if (cas != NULL)
		*cas = it->cas;
	p->it = NULL;
	return NF_OP_OK;
}

/* Its own length is enough and nobody reads from it: in place. Else a new item takes its place. */
static struct nf_item *op_delta_store(struct nf_kvs *k, const struct nf_key *key,
	struct nf_item *it, const uint8_t *digits, uint32_t len)
{
	uint32_t flags = it->client_flags, expires = it->expires;
	uint8_t flags8 = it->flags8 & (NF_ITEM_BINARY_KEY | NF_ITEM_FETCHED);
	struct nf_item *fresh;

	if (it->value_len >= len && it->refs == 0) {
		memcpy(nf_item_value(it), digits, len);
		memset(nf_item_value(it) + len, ' ', it->value_len - len);
		nf_store_changed(k->store, it);
		nf_store_touch_lru(k->store, it, k->now);
		return it;
	}
	fresh = nf_store_alloc(k->store, key->p, key->len, len, k->now);
	if (fresh == NULL)
		return NULL;
	fresh->client_flags = flags;
	fresh->expires = expires;
	fresh->flags8 = flags8;
	memcpy(nf_item_value(fresh), digits, len);
	nf_store_link(k->store, key->hash, fresh, NULL, k->now);
	return fresh;
}

enum nf_op_result nf_op_delta(struct nf_kvs *k, const struct nf_key *key, bool incr, uint64_t delta,
	uint64_t cas, uint64_t *value, struct nf_item **it)
{
	struct nf_item *old = nf_op_peek(k, key);
	uint8_t digits[NF_NUMBER_MAX];
	uint64_t v;

	if (old == NULL) {
		*(incr ? &k->n.incr_misses : &k->n.decr_misses) += 1;
		return NF_OP_NOT_FOUND;
	}
	if (cas != 0 && cas != old->cas && old->value_len > 0)
		return NF_OP_EXISTS;
	if (!nf_number_u64(nf_item_value(old), old->value_len, &v))
		return NF_OP_NOT_A_NUMBER;
	v = incr ? v + delta : delta > v ? 0 : v - delta;
	*(incr ? &k->n.incr_hits : &k->n.decr_hits) += 1;
	*it = op_delta_store(k, key, old, digits, (uint32_t)(nf_number_put(digits, v) - digits));
	*value = v;
	return *it != NULL ? NF_OP_OK : NF_OP_NO_MEMORY;
}

enum nf_op_result nf_op_number(struct nf_kvs *k, const struct nf_key *key, uint64_t value,
	uint32_t expires, struct nf_item **it)
{
	uint8_t digits[NF_NUMBER_MAX];
	uint32_t len = (uint32_t)(nf_number_put(digits, value) - digits);

	*it = nf_store_alloc(k->store, key->p, key->len, len, k->now);
	if (*it == NULL)
		return NF_OP_NO_MEMORY;
	(*it)->expires = expires;
	memcpy(nf_item_value(*it), digits, len);
	nf_store_link(k->store, key->hash, *it, NULL, k->now);
	return NF_OP_OK;
}

enum nf_op_result nf_op_delete(struct nf_kvs *k, const struct nf_key *key, uint64_t cas)
{
	struct nf_item *it = nf_op_peek(k, key);

	nf_detail_count(k, key, NF_DETAIL_DELETE);
	if (it == NULL || (cas != 0 && cas != it->cas)) {
		k->n.delete_misses++;
		return it == NULL ? NF_OP_NOT_FOUND : NF_OP_EXISTS;
	}
	k->n.delete_hits++;
	nf_store_unlink(k->store, key->hash, it);
	return NF_OP_OK;
}

bool nf_op_flush(struct nf_kvs *k, int64_t exptime)
{
	k->n.cmd_flush++;
	if (!k->no_flush)
		nf_store_flush(k->store, exptime > 0 ? nf_op_expires(k, exptime) : 0);
	return !k->no_flush;
}
