/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/kvs/base64.h"

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t nf_base64_encode(uint8_t *to, const uint8_t *from, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i += 3) {
		size_t have = len - i < 3 ? len - i : 3;
		uint32_t bits = (uint32_t)from[i] << 16;

		if (have > 1)
			bits |= (uint32_t)from[i + 1] << 8;
		if (have > 2)
			bits |= from[i + 2];
		to[n++] = (uint8_t)base64_digits[bits >> 18];
		to[n++] = (uint8_t)base64_digits[bits >> 12 & 63];
		to[n++] = (uint8_t)(have > 1 ? base64_digits[bits >> 6 & 63] : '=');
		to[n++] = (uint8_t)(have > 2 ? base64_digits[bits & 63] : '=');
	}
	return n;
}

/* -1: none */
static int base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

size_t nf_base64_decode(uint8_t *to, const uint8_t *from, size_t len)
{
	size_t pad = 0, n = 0;

	if (len == 0 || len % 4 != 0)
		return 0;
	if (from[len - 1] == '=')
		pad = from[len - 2] == '=' ? 2 : 1;
	for (size_t i = 0; i < len; i += 4) {
		uint32_t bits = 0;

		for (size_t j = i; j < i + 4; j++) {
			int digit = j >= len - pad ? 0 : base64_digit(from[j]);

			if (digit < 0)
				return 0;
			bits = bits << 6 | (uint32_t)digit;
		}
		to[n++] = (uint8_t)(bits >> 16);
		to[n++] = (uint8_t)(bits >> 8);
		to[n++] = (uint8_t)bits;
	}
	return n - pad;
}
