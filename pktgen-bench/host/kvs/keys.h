/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys and values of the key-value load, and what is known about each key.
 *
 * A key is a fixed word of filler and eight hexadecimal digits. A value is a function of the key's number, a version and
 * the run's seed: its first eight bytes say key and version, each further word depends on both and on its place. So
 * an answer shows by itself which version it is, and a byte of another value, key, place or run is found.
 *
 * Versions count the sets of a key from 1 on, modulo 2^16 without 0. At any time the server may hold any version from
 * the last acknowledged to the last sent; a get may show any of [acknowledged when the get was sent .. sent when the
 * answer came]. That holds for a server that works on requests in the order in which they were sent; for one that
 * does not (several threads), no second set of a key may be sent while one is under way (pg_kvs_keys_settled).
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_KVS_KEYS_H
#define SLUICE_PKTGEN_BENCH_HOST_KVS_KEYS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define PG_KVS_KEY_MIN   8u /* bytes: the digits */
#define PG_KVS_KEY_MAX   250u
#define PG_KVS_VALUE_MIN 8u /* bytes: key and version */
#define PG_KVS_VALUE_MAX 1300u
#define PG_KVS_WORDS     ((PG_KVS_VALUE_MAX + 7) / 8)

struct pg_kvs_versions {
	uint16_t acked; /* 0: unknown */
	uint16_t sent;
};

struct pg_kvs_keys {
	uint32_t nb, key_len, value_min, value_max;
	uint64_t seed;
	struct pg_kvs_versions *version; /* one per key */
	uint8_t text[PG_KVS_KEY_MAX];    /* a key without its digits */
	uint8_t hex[256][2];
	uint64_t pattern[PG_KVS_WORDS + 1]; /* what a word differs by from the first one's mix */
};

/* 0, or -1: no memory for @nb keys. Cost: 4 bytes a key. */
int pg_kvs_keys_init(struct pg_kvs_keys *k, uint32_t nb, uint32_t key_len, uint32_t value_min,
	uint32_t value_max, uint64_t seed);
void pg_kvs_keys_free(struct pg_kvs_keys *k);

/* Bytes of the value of a key and a version. */
uint32_t pg_kvs_keys_value_len(const struct pg_kvs_keys *k, uint32_t key, uint16_t version);
/* Writes that value of @len bytes. */
void pg_kvs_keys_fill(
	const struct pg_kvs_keys *k, uint8_t *p, uint32_t len, uint32_t key, uint16_t version);
/* True if these @len bytes, at least PG_KVS_VALUE_MIN, are a value of @key; *@version is then which. */
bool pg_kvs_keys_match(const struct pg_kvs_keys *k, const uint8_t *p, uint32_t len, uint32_t key,
	uint16_t *version);

/* The digits of a key, at the end of its text. */
static inline void pg_kvs_keys_digits(const struct pg_kvs_keys *k, uint8_t *p, uint32_t key)
{
	memcpy(p, k->hex[key >> 24], 2);
	memcpy(p + 2, k->hex[key >> 16 & 255], 2);
	memcpy(p + 4, k->hex[key >> 8 & 255], 2);
	memcpy(p + 6, k->hex[key & 255], 2);
}

/* True if the text of @len bytes is that of @key. */
static inline bool pg_kvs_keys_is(
	const struct pg_kvs_keys *k, const uint8_t *p, uint32_t len, uint32_t key)
{
	uint8_t digits[8];

	if (len != k->key_len)
		return false;
	pg_kvs_keys_digits(k, digits, key);
	return !memcmp(p + len - 8, digits, 8) && !memcmp(p, k->text, len - 8);
}

/* The version of the next set. */
static inline uint16_t pg_kvs_keys_next(struct pg_kvs_keys *k, uint32_t key)
{
	uint16_t v = (uint16_t)(k->version[key].sent + 1);

	return k->version[key].sent = v ? v : 1;
}

/* A set was acknowledged. */
static inline void pg_kvs_keys_ack(struct pg_kvs_keys *k, uint32_t key, uint16_t version)
{
	struct pg_kvs_versions *v = &k->version[key];

	if (!v->acked || (int16_t)(uint16_t)(version - v->acked) > 0)
		v->acked = version;
}

/* True if a get that was sent when @floor was acknowledged may show @version. */
static inline bool pg_kvs_keys_may(
	const struct pg_kvs_keys *k, uint32_t key, uint16_t floor, uint16_t version)
{
	uint16_t room = (uint16_t)(k->version[key].sent - floor);

	return version && (!floor || (uint16_t)(version - floor) <= room);
}

/* True if no set of the key is under way, or was lost. */
static inline bool pg_kvs_keys_settled(const struct pg_kvs_keys *k, uint32_t key)
{
	return k->version[key].sent == k->version[key].acked;
}

#endif
