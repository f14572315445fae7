/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/chacha20.h"
#include "kernel/random.h"
#include "plat-kvm/trap.h"

static int nb_probes;

/* A CPU without RDSEED and RDRAND. */
bool uk_trap_probe(void (*fn)(void *), void *arg)
{
	nb_probes++;
	return false;
}

/* RFC 8439, 2.3.2. */
static void cipher(void **state)
{
	const uint32_t nonce[3] = { 0x09000000, 0x4a000000, 0x00000000 };
	const uint32_t want[16] = { 0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7,
		0x0368c033, 0x9aaa2204, 0x4e6cd4c3, 0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9,
		0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2 };
	uint32_t key[8], out[16];
	uint8_t bytes[32];

	for (uint8_t i = 0; i < 32; i++)
		bytes[i] = i;
	memcpy(key, bytes, sizeof(key));
	uk_chacha20_block(key, 1, nonce, out);
	assert_memory_equal(out, want, sizeof(want));
}

/* Every length is filled, nothing beside it is touched, nothing comes twice. */
static void lengths(void **state)
{
	uint8_t buf[200];

	for (size_t n = 0; n <= 150; n++) {
		memset(buf, 0xa5, sizeof(buf));
		uk_random_bytes(buf + 8, n);
		for (size_t i = 0; i < 8; i++)
			assert_true(buf[i] == 0xa5 && buf[8 + n + i] == 0xa5);
	}
	assert_int_equal(nb_probes, 8);
}

static void distribution(void **state)
{
	static uint64_t words[4096];
	unsigned ones[64] = { 0 };

	uk_random_bytes(words, sizeof(words));
	for (unsigned i = 0; i < 4096; i++) {
		for (unsigned b = 0; b < 64; b++)
			ones[b] += words[i] >> b & 1;
		for (unsigned k = 0; k < i; k++)
			assert_true(words[i] != words[k]);
	}
	/* 2048 expected, standard deviation 32: ten of them */
	for (unsigned b = 0; b < 64; b++)
		assert_in_range(ones[b], 2048 - 320, 2048 + 320);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cipher),
		cmocka_unit_test(lengths),
		cmocka_unit_test(distribution),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
