/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer: the input is a list of calls. Whatever they are, values are what was stored, the
 * heap and the index stay whole, and what is held stays as it is.
 */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/kvs/test/store_check.h"

#define STEPS_MAX 1000u
#define CHECKS    4u /* of everything, in one input: they take long */
#define MANY      3u /* fillings */
#define NB_HELD   8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *in;
static size_t in_left;
static struct nf_item *held[NB_HELD];
static unsigned nb_checks, nb_many;

static uint8_t in8(void)
{
	if (in_left == 0)
		return 0;
	in_left--;
	return *in++;
}

/* A value says how it was filled: by its length and its key. */
static uint8_t fill_of(const struct nf_item *it)
{
	return (uint8_t)(it->value_len * 7 + it->data[0]);
}

static void need(bool ok)
{
	if (!ok)
		abort();
}

/* 65,536 keys of 1 to 250 bytes. */
static uint32_t in_key(uint8_t key[256])
{
	uint8_t a = in8(), b = in8();
	uint32_t len = a < 200 ? 2 : 2 + b % 249;

	memset(key, a, 256);
	key[1] = b;
	return len;
}

static uint32_t in_len(void)
{
	uint32_t n = in8();

	n |= (uint32_t)in8() << 8 | (uint32_t)in8() << 16;
	return n % (NF_STORE_VALUE_MAX + 2) >> in8() % 20;
}

static void do_set(struct nf_store *s, uint32_t now)
{
	uint8_t key[256], how = in8();
	uint32_t len = in_key(key);
	uint64_t hash = nf_store_hash(s, key, len);
	struct nf_item *old = how & 1 ? nf_store_find(s, hash, key, len, now) : NULL;
	struct nf_item *it = nf_store_alloc(s, key, len, in_len(), now);

	if (it == NULL)
		return;
	if (old)
		need(old->key_len == len && memcmp(nf_item_key(old), key, len) == 0);
	memset(nf_item_value(it), fill_of(it), it->value_len);
	if (how & 2)
		it->expires = now + how % 16;
	if (how & 4 && held[how % NB_HELD] == NULL) {
		need(nf_store_ref(it));
		held[how % NB_HELD] = it;
	}
	if (how & 8)
		nf_store_unref(s, it);
	else
		nf_store_link(s, hash, it, old, now);
}

static void do_get(struct nf_store *s, uint32_t now)
{
	uint8_t key[256], how = in8();
	uint32_t len = in_key(key);
	uint64_t hash = nf_store_hash(s, key, len);
	struct nf_item *it;

	nf_store_prefetch(s, hash);
	nf_store_prefetch_item(s, hash);
	it = nf_store_find(s, hash, key, len, now);
	if (it == NULL)
		return;
	need(it->expires == NF_STORE_NEVER || it->expires > now);
	need(store_check_filled(it, fill_of(it)));
	if (how & 1)
		nf_store_touch_lru(s, it, now);
	if (how & 2)
		nf_store_changed(s, it);
	if (how & 4 && held[how / 8 % NB_HELD] == NULL && nf_store_ref(it))
		held[how / 8 % NB_HELD] = it;
	if (how & 64)
		nf_store_unlink(s, hash, it);
}

static void release(struct nf_store *s, unsigned i)
{
	if (held[i] == NULL)
		return;
	need(store_check_filled(held[i], fill_of(held[i])));
	nf_store_unref(s, held[i]);
	held[i] = NULL;
}

/* Many at once, so that a short input fills the store. */
static void do_many(struct nf_store *s, uint32_t now)
{
	uint32_t nb = in8() * 16u, len = in_len() % 5000;
	char key[3] = { (char)('a' + in8() % 26), 0, 0 };

	for (uint32_t i = 0; i < nb && (uint64_t)i * len < 3u << 20; i++) {
		struct nf_item *it;

		key[1] = (char)(1 + i % 255);
		key[0] = (char)(key[0] + (i % 255 == 0));
		it = nf_store_alloc(s, key, 2, len, now);
		if (it == NULL)
			return;
		memset(nf_item_value(it), fill_of(it), len);
		nf_store_link(s, nf_store_hash(s, key, 2), it, NULL, now);
	}
}

static void step(struct nf_store *s, uint32_t *now)
{
	uint8_t what = in8();

	switch (what % 16) {
	case 0:
		*now += in8() % 4;
		break;
	case 1:
		nf_store_flush(s, *now + in8() % 4);
		break;
	case 2:
		nf_store_sweep(s, *now, in8());
		break;
	case 3:
		release(s, in8() % NB_HELD);
		break;
	case 4:
		if (nb_checks++ < CHECKS)
			store_check(s);
		break;
	case 5:
		if (nb_many++ < MANY)
			do_many(s, *now);
		break;
	case 6:
	case 7:
	case 8:
	case 9:
		do_get(s, *now);
		break;
	default:
		do_set(s, *now);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nf_store_conf conf = { .bytes = NF_STORE_BYTES_MIN, .hash_key = { 1, 2 } };
	struct nf_store *s;
	uint32_t now = 1;

	in = data;
	in_left = size;
	nb_checks = 0;
	nb_many = 0;
	conf.nb_items = in8() & 1 ? 1 : 0;
	conf.no_evict = in8() & 1;
	s = nf_store_create(&conf);
	for (unsigned i = 0; i < STEPS_MAX && in_left > 0; i++)
		step(s, &now);
	for (unsigned i = 0; i < NB_HELD; i++)
		release(s, i);
	store_check(s);
	nf_store_destroy(s);
	return 0;
}
