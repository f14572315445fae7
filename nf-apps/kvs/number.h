/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decimal numbers as memcached reads and writes them.
 */
#ifndef SLUICE_NF_APPS_KVS_NUMBER_H
#define SLUICE_NF_APPS_KVS_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "plat-kvm/defs.h"

#define NF_NUMBER_MAX 20 /* digits of the largest 64-bit number */

/* More than two digits. */
uint8_t *nf_number_put_long(uint8_t *p, uint64_t v);

/* Writes the digits of v, at most NF_NUMBER_MAX; returns their end. Most flags and lengths are short. */
UK_INLINE uint8_t *nf_number_put(uint8_t *p, uint64_t v)
{
	if (v < 10) {
		*p = (uint8_t)('0' + v);
		return p + 1;
	}
	if (v < 100) {
		p[0] = (uint8_t)('0' + v / 10);
		p[1] = (uint8_t)('0' + v % 10);
		return p + 2;
	}
	return nf_number_put_long(p, v);
}

/* The whole of the text is a number, blanks after it are allowed. false: it is none, or does not fit. */
bool nf_number_u64(const uint8_t *p, size_t len, uint64_t *v);
bool nf_number_i64(const uint8_t *p, size_t len, int64_t *v);
bool nf_number_u32(const uint8_t *p, size_t len, uint32_t *v);

#endif
