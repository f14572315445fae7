/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A copy of some ten to some hundred bytes without a call: keys and values on the packet path. musl's memcpy is
 * `rep movsq`, whose start alone takes longer than such a copy.
 */
#ifndef SLUICE_NF_APPS_KVS_COPY_H
#define SLUICE_NF_APPS_KVS_COPY_H

#include <emmintrin.h>
#include <string.h>
#include "plat-kvm/defs.h"

#define NF_COPY_SHORT 512 /* bytes; beyond that, memcpy */

UK_INLINE void nf_copy_16(uint8_t *to, const uint8_t *from)
{
	_mm_storeu_si128(
		(__m128i *)(void *)to, _mm_loadu_si128((const __m128i *)(const void *)from));
}

/* The regions do not overlap. The last 16 (8, 4) bytes are moved once more where the length is no multiple. */
UK_INLINE uint8_t *nf_copy(uint8_t *to, const uint8_t *from, size_t len)
{
	if (len > NF_COPY_SHORT) {
		memcpy(to, from, len);
	} else if (len >= 16) {
		for (size_t i = 0; i + 16 < len; i += 16)
			nf_copy_16(to + i, from + i);
		nf_copy_16(to + len - 16, from + len - 16);
	} else if (len >= 8) {
		memcpy(to, from, 8);
		memcpy(to + len - 8, from + len - 8, 8);
	} else if (len >= 4) {
		memcpy(to, from, 4);
		memcpy(to + len - 4, from + len - 4, 4);
	} else {
		for (size_t i = 0; i < len; i++)
			to[i] = from[i];
	}
	return to + len;
}

#endif
