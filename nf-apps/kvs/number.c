/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "nf-apps/kvs/number.h"

uint8_t *nf_number_put_long(uint8_t *p, uint64_t v)
{
	uint8_t digits[NF_NUMBER_MAX];
	unsigned i = NF_NUMBER_MAX;

	do {
		digits[--i] = (uint8_t)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	memcpy(p, digits + i, NF_NUMBER_MAX - i);
	return p + (NF_NUMBER_MAX - i);
}

static bool number_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool nf_number_u64(const uint8_t *p, size_t len, uint64_t *v)
{
	uint64_t sum = 0;
	size_t i = 0;

	if (i < len && p[i] == '+')
		i++;
	if (i == len || p[i] < '0' || p[i] > '9')
		return false;
	for (; i < len && p[i] >= '0' && p[i] <= '9'; i++)
		if (__builtin_mul_overflow(sum, 10, &sum) ||
			__builtin_add_overflow(sum, (uint64_t)(p[i] - '0'), &sum))
			return false;
	if (i < len && !number_blank(p[i]))
		return false;
	*v = sum;
	return true;
}

bool nf_number_i64(const uint8_t *p, size_t len, int64_t *v)
{
	bool negative = len > 0 && p[0] == '-';
	uint64_t u;

	if (negative && len > 1 && p[1] == '+')
		return false;
	if (!nf_number_u64(p + negative, len - negative, &u) || u > INT64_MAX)
		return false;
	*v = negative ? -(int64_t)u : (int64_t)u;
	return true;
}

bool nf_number_u32(const uint8_t *p, size_t len, uint32_t *v)
{
	uint64_t u;

	if (!nf_number_u64(p, len, &u) || u > UINT32_MAX)
		return false;
	*v = (uint32_t)u;
	return true;
}
