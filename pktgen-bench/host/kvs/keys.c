/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <sys/mman.h>

#include "pktgen-bench/host/kvs/keys.h"

#define KEYS_ODD 0x9e3779b97f4a7c15ull
#define KEYS_TAG 0x564b536cull /* what a first word ends with: "lSKV" */

/* A value may lie anywhere in a frame. */
typedef uint64_t keys_word __attribute__((aligned(1), may_alias));

int pg_kvs_keys_init(struct pg_kvs_keys *k, uint32_t nb, uint32_t key_len, uint32_t value_min,
	uint32_t value_max, uint64_t seed)
{
	static const char digit[] = "0123456789abcdef";

	*k = (struct pg_kvs_keys){ .nb = nb,
		.key_len = key_len,
		.value_min = value_min,
		.value_max = value_max,
		.seed = seed };
	memset(k->text, 'k', sizeof(k->text));
	for (unsigned int i = 0; i < 256; i++) {
		k->hex[i][0] = (uint8_t)digit[i >> 4];
		k->hex[i][1] = (uint8_t)digit[i & 15];
	}
	for (unsigned int i = 0; i <= PG_KVS_WORDS; i++)
		k->pattern[i] = (i + 1) * KEYS_ODD;
	k->version =
		aligned_alloc(1 << 21, ((size_t)nb * sizeof(*k->version) | ((1 << 21) - 1)) + 1);
	if (!k->version)
		return -1;
	/* Random accesses: without large pages each would miss the TLB as well. It is a wish only. */
	(void)madvise(k->version, (size_t)nb * sizeof(*k->version), MADV_HUGEPAGE);
	memset(k->version, 0, (size_t)nb * sizeof(*k->version));
	return 0;
}

void pg_kvs_keys_free(struct pg_kvs_keys *k)
{
	free(k->version);
	k->version = NULL;
}

/* The first word of a value: the key and version in the clear. */
static inline uint64_t keys_first(uint32_t key, uint16_t version)
{
	return key | (uint64_t)version << 32 | KEYS_TAG << 48;
}

static inline uint64_t keys_mix(const struct pg_kvs_keys *k, uint64_t first)
{
	unsigned __int128 p = (unsigned __int128)(first ^ k->seed) * KEYS_ODD;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static inline uint32_t keys_len(const struct pg_kvs_keys *k, uint64_t mix)
{
	uint64_t span = k->value_max - k->value_min + 1;

	return k->value_min + (uint32_t)((mix >> 32) * span >> 32);
}

uint32_t pg_kvs_keys_value_len(const struct pg_kvs_keys *k, uint32_t key, uint16_t version)
{
	if (k->value_min == k->value_max)
		return k->value_min;
	return keys_len(k, keys_mix(k, keys_first(key, version)));
}

void pg_kvs_keys_fill(
	const struct pg_kvs_keys *k, uint8_t *p, uint32_t len, uint32_t key, uint16_t version)
{
	keys_word *w = (keys_word *)(void *)p;
	uint64_t first = keys_first(key, version), mix = keys_mix(k, first);
	uint32_t nb = len / 8;

	w[0] = first;
	for (uint32_t i = 1; i < nb; i++)
		w[i] = mix + k->pattern[i];
	if (len % 8) {
		uint64_t last = mix + k->pattern[nb];

		memcpy(p + 8 * nb, &last, len % 8);
	}
}

bool pg_kvs_keys_match(const struct pg_kvs_keys *k, const uint8_t *p, uint32_t len, uint32_t key,
	uint16_t *version)
{
	const keys_word *w = (const keys_word *)(const void *)p;
	uint64_t first = w[0], mix = keys_mix(k, first), differ;
	uint16_t v = (uint16_t)(first >> 32);
	uint32_t nb = len / 8;

	differ = first ^ keys_first(key, v);
	for (uint32_t i = 1; i < nb; i++)
		differ |= w[i] ^ (mix + k->pattern[i]);
	if (len % 8) {
		uint64_t last = mix + k->pattern[nb], have = last;

		memcpy(&have, p + 8 * nb, len % 8);
		differ |= have ^ last;
	}
	*version = v;
	return !differ && len == (k->value_min == k->value_max ? k->value_min : keys_len(k, mix));
}
