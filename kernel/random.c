/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel/random.h"

#include <stdbool.h>
#include <string.h>
#include "kernel/chacha20.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/trap.h"

#define KEY_WORDS   8u
#define NB_TRIES    64u /* RDSEED may be empty for a while (Intel SDM vol. 1, 7.3.17) */
#define NB_JITTER   64u
#define BLOCK_BYTES 64u
#define KEY_BYTES   32u

static struct {
	uint32_t key[KEY_WORDS];
	bool seeded;
} rng;

/* A new block; half of it is the next key, the other half is given out. */
static void rng_block(uint32_t out[16])
{
	uint64_t now = uk_clock_cycles();
	const uint32_t nonce[3] = { (uint32_t)now, (uint32_t)(now >> 32), 0 };

	uk_chacha20_block(rng.key, 0, nonce, out);
	memcpy(rng.key, out, KEY_BYTES);
}

static void rng_rdseed(void *value)
{
	uint8_t ok = 0;

	for (unsigned i = 0; i < NB_TRIES && !ok; i++)
		__asm__ __volatile__("rdseed %0; setc %1"
				     : "=r"(*(uint64_t *)value), "=qm"(ok)
				     :
				     : "cc");
}

static void rng_rdrand(void *value)
{
	uint8_t ok = 0;

	for (unsigned i = 0; i < NB_TRIES && !ok; i++)
		__asm__ __volatile__("rdrand %0; setc %1"
				     : "=r"(*(uint64_t *)value), "=qm"(ok)
				     :
				     : "cc");
}

/* How long a division and a barrier take varies; each sample stirs the whole key. */
static void rng_jitter(void)
{
	volatile uint64_t divisor = 3;

	for (unsigned i = 0; i < NB_JITTER; i++) {
		uint64_t from = uk_clock_cycles();

		divisor = from / divisor | 1;
		uk_mb();
		rng.key[i % KEY_WORDS] = uk_chacha20_rotate(rng.key[i % KEY_WORDS], 11) ^
					 (uint32_t)(uk_clock_cycles() * 0x9e3779b1u);
	}
}

static void rng_seed(void)
{
	uint32_t block[16];

	rng_jitter();
	for (unsigned i = 0; i < KEY_WORDS; i += 2) {
		uint64_t value = 0;

		if (!uk_trap_probe(rng_rdseed, &value) || value == 0) {
			if (!uk_trap_probe(rng_rdrand, &value))
				value = 0;
		}
		rng.key[i] ^= (uint32_t)value;
		rng.key[i + 1] ^= (uint32_t)(value >> 32);
	}
	rng.seeded = true;
	rng_block(block);
}

void uk_random_bytes(void *p, size_t n)
{
	uint32_t block[16];

	if (!rng.seeded)
		rng_seed();
	while (n > 0) {
		size_t part = n < BLOCK_BYTES - KEY_BYTES ? n : BLOCK_BYTES - KEY_BYTES;

		rng_block(block);
		memcpy(p, (char *)block + KEY_BYTES, part);
		p = (char *)p + part;
		n -= part;
	}
	memset(block, 0, sizeof(block));
	__asm__ __volatile__("" : : "r"(block) : "memory"); /* not optimised away */
}
