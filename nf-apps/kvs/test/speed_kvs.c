/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nanoseconds of one request in a burst of 32 datagrams, answer included, for each protocol. speed_kvs [ITEMS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "nf-apps/kvs/binary.h"
#include "nf-apps/kvs/kvs.h"

#define SPEED_BURST  32
#define SPEED_ROUNDS 40000
#define SPEED_BYTES  2048

static uint8_t speed_data[SPEED_BURST][SPEED_BYTES];
static const char speed_value[] =
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static uint32_t speed_get(uint8_t *p, unsigned key)
{
	return (uint32_t)sprintf((char *)p, "get key-%010u\r\n", key);
}

static uint32_t speed_set(uint8_t *p, unsigned key)
{
	return (uint32_t)sprintf((char *)p, "set key-%010u 0 0 64\r\n%s\r\n", key, speed_value);
}

static uint32_t speed_meta_get(uint8_t *p, unsigned key)
{
	return (uint32_t)sprintf((char *)p, "mg key-%010u v\r\n", key);
}

static uint32_t speed_meta_set(uint8_t *p, unsigned key)
{
	return (uint32_t)sprintf((char *)p, "ms key-%010u 64 T0\r\n%s\r\n", key, speed_value);
}

static uint32_t speed_gets(uint8_t *p, unsigned key)
{
	return (uint32_t)sprintf((char *)p, "gets key-%010u\r\n", key);
}

static uint32_t speed_binary(
	uint8_t *p, unsigned key, uint8_t opcode, uint32_t ext_len, uint32_t value_len)
{
	nf_binary_put_header(p, opcode, NF_BINARY_OK, ext_len, 14, ext_len + 14 + value_len, 0, 0);
	p[0] = NF_BINARY_REQUEST;
	memset(p + NF_BINARY_HEADER, 0, ext_len);
	sprintf((char *)p + NF_BINARY_HEADER + ext_len, "key-%010u", key);
	memcpy(p + NF_BINARY_HEADER + ext_len + 14, speed_value, value_len);
	return NF_BINARY_HEADER + ext_len + 14 + value_len;
}

static uint32_t speed_binary_get(uint8_t *p, unsigned key)
{
	return speed_binary(p, key, NF_BINARY_GET, 0, 0);
}

static uint32_t speed_binary_set(uint8_t *p, unsigned key)
{
	return speed_binary(p, key, NF_BINARY_SET, 8, 64);
}

static uint64_t speed_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void speed_burst(struct nf_kvs *k, uint32_t (*make)(uint8_t *p, unsigned key),
	const unsigned *keys, uint64_t *ns)
{
	struct nf_kvs_dgram v[SPEED_BURST];
	uint64_t start;

	for (unsigned i = 0; i < SPEED_BURST; i++) {
		uint8_t *p = speed_data[i];

		memcpy(p, "\0\1\0\0\0\1\0\0", NF_KVS_FRAME_LEN);
		v[i] = (struct nf_kvs_dgram){ .data = p, .room = SPEED_BYTES };
		v[i].len = NF_KVS_FRAME_LEN + make(p + NF_KVS_FRAME_LEN, keys[i]);
	}
	start = speed_ns();
	nf_kvs_dgrams(k, v, SPEED_BURST);
	*ns += speed_ns() - start;
	for (unsigned i = 0; i < SPEED_BURST; i++)
		if (v[i].len <= NF_KVS_FRAME_LEN ||
			memcmp(speed_data[i] + NF_KVS_FRAME_LEN, "EN", 2) == 0)
			abort();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		uint32_t (*make)(uint8_t *p, unsigned key);
	} kinds[] = { { "set", speed_set }, { "get", speed_get }, { "gets", speed_gets },
		{ "ms", speed_meta_set }, { "mg", speed_meta_get },
		{ "binary set", speed_binary_set }, { "binary get", speed_binary_get } };
	unsigned items = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000000,
		 keys[SPEED_BURST], random = 1;
	struct nf_kvs_conf conf = { .store = { .bytes = (size_t)items * 160 + (8u << 20),
					    .nb_items = items,
					    .hash_key = { 1, 2 } } };
	struct nf_kvs *k = nf_kvs_create(&conf);
	uint64_t ns = 0;

	if (k == NULL || items < SPEED_BURST)
		return 1;
	nf_kvs_tick(k, 1000000000, 1700000000);
	for (unsigned i = 0; i + SPEED_BURST <= items; i += SPEED_BURST) {
		for (unsigned j = 0; j < SPEED_BURST; j++)
			keys[j] = i + j;
		speed_burst(k, speed_set, keys, &ns);
	}
	for (unsigned kind = 0; kind < UK_ARRAY_SIZE(kinds); kind++) {
		ns = 0;
		for (unsigned round = 0; round < SPEED_ROUNDS; round++) {
			for (unsigned j = 0; j < SPEED_BURST; j++) {
				random = random * 1664525 + 1013904223;
				keys[j] = (unsigned)((uint64_t)random *
							     (items / SPEED_BURST * SPEED_BURST) >>
						     32);
			}
			speed_burst(k, kinds[kind].make, keys, &ns);
		}
		printf("%-10s %6.1f ns\n", kinds[kind].name,
			(double)ns / (SPEED_ROUNDS * SPEED_BURST));
	}
	nf_kvs_destroy(k);
	return 0;
}
