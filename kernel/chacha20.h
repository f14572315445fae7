/* SPDX-License-Identifier: BSD-3-Clause */
/* The ChaCha20 block function (RFC 8439, 2.3), for generators of random numbers. */
#ifndef SLUICE_KERNEL_CHACHA20_H
#define SLUICE_KERNEL_CHACHA20_H

#include <string.h>
#include "plat-kvm/defs.h"

UK_INLINE uint32_t uk_chacha20_rotate(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

UK_INLINE void uk_chacha20_quarter(uint32_t x[16], unsigned a, unsigned b, unsigned c, unsigned d)
{
	x[a] += x[b];
	x[d] = uk_chacha20_rotate(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = uk_chacha20_rotate(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = uk_chacha20_rotate(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = uk_chacha20_rotate(x[b] ^ x[c], 7);
}

/* One block of 64 bytes. Cost: some 300 cycles. */
static inline void uk_chacha20_block(
	const uint32_t key[8], uint32_t counter, const uint32_t nonce[3], uint32_t out[16])
{
	uint32_t in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

	memcpy(in + 4, key, 8 * sizeof(uint32_t));
	in[12] = counter;
	memcpy(in + 13, nonce, 3 * sizeof(uint32_t));
	memcpy(out, in, sizeof(in));
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < 4; i++)
			uk_chacha20_quarter(out, i, 4 + i, 8 + i, 12 + i);
		for (unsigned i = 0; i < 4; i++)
			uk_chacha20_quarter(
				out, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
	}
	for (unsigned i = 0; i < 16; i++)
		out[i] += in[i];
}

#endif
