/* SPDX-License-Identifier: BSD-3-Clause */
/* Random bytes that are the same in each run, so that a finding comes again. */
#include "kernel/random.h"

void uk_random_bytes(void *p, size_t n)
{
	static uint64_t x = 1;
	uint8_t *to = p;

	for (; n > 0; n--) {
		x = x * 6364136223846793005ull + 1442695040888963407ull;
		*to++ = (uint8_t)(x >> 56);
	}
}
