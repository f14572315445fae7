/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SipHash-c-d, a keyed hash for short inputs that a stranger who does not know the key cannot
 * make collide. Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012).
 * Little-endian machines.
 */
#ifndef SLUICE_NF_APPS_KVS_STORE_HASH_H
#define SLUICE_NF_APPS_KVS_STORE_HASH_H

#include <string.h>
#include "plat-kvm/defs.h"

UK_INLINE uint64_t sip_rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

UK_INLINE void sip_rounds(uint64_t v[4], unsigned n)
{
	while (n--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = sip_rotl(v[1], 13) ^ v[0];
		v[3] = sip_rotl(v[3], 16) ^ v[2];
		v[0] = sip_rotl(v[0], 32) + v[3];
		v[2] += v[1];
		v[3] = sip_rotl(v[3], 21) ^ v[0];
		v[1] = sip_rotl(v[1], 17) ^ v[2];
		v[2] = sip_rotl(v[2], 32);
	}
}

UK_INLINE void sip_word(uint64_t v[4], uint64_t word, unsigned c)
{
	v[3] ^= word;
	sip_rounds(v, c);
	v[0] ^= word;
}

/* The last len % 8 bytes, and the length in the top byte; no byte behind the input is read. */
UK_INLINE uint64_t sip_tail(const uint8_t *p, uint32_t len)
{
	uint64_t word = (uint64_t)len << 56;

	for (uint32_t i = 0; i < (len & 7); i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

UK_INLINE uint64_t nf_store_hash_sip(
	const uint64_t key[2], const void *data, uint32_t len, unsigned c, unsigned d)
{
	const uint8_t *p = data, *end = p + (len & ~7u);
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
		key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573 };
	uint64_t word;

	for (; p < end; p += 8) {
		memcpy(&word, p, 8);
		sip_word(v, word, c);
	}
	sip_word(v, sip_tail(p, len), c);
	v[2] ^= 0xff;
	sip_rounds(v, d);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
