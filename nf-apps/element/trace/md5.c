/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "nf-apps/element/trace/md5.h"

#define MD5_BLOCK 64

/* Section 3.4: T[i] is the integer part of 2^32 * |sin(i + 1)|. */
static const uint32_t md5_t[64] = { 0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf,
	0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
	0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51,
	0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6,
	0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942,
	0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
	0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8,
	0xc4ac5665, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
	0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82,
	0xbd3af235, 0x2ad7d2bb, 0xeb86d391 };

static const uint8_t md5_shift[4][4] = {
	{ 7, 12, 17, 22 },
	{ 5, 9, 14, 20 },
	{ 4, 11, 16, 23 },
	{ 6, 10, 15, 21 },
};

static uint32_t md5_mix(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
	switch (round) {
	case 0:
		return (b & c) | (~b & d);
	case 1:
		return (b & d) | (c & ~d);
	case 2:
		return b ^ c ^ d;
	default:
		return c ^ (b | ~d);
	}
}

static void md5_block(uint32_t state[4], const uint8_t block[MD5_BLOCK])
{
	static const uint8_t step[4] = { 1, 5, 3, 7 }, first[4] = { 0, 1, 5, 0 };
	uint32_t x[16], s[4];

	memcpy(x, block, sizeof(x)); /* words are little endian, as x86-64 is */
	memcpy(s, state, sizeof(s));
	for (unsigned i = 0; i < 64; i++) {
		unsigned round = i / 16, k = (first[round] + i % 16 * step[round]) % 16;
		uint32_t v = s[0] + md5_mix(round, s[1], s[2], s[3]) + x[k] + md5_t[i];
		unsigned n = md5_shift[round][i % 4];

		s[0] = s[3];
		s[3] = s[2];
		s[2] = s[1];
		s[1] += v << n | v >> (32 - n);
	}
	for (unsigned i = 0; i < 4; i++)
		state[i] += s[i];
}

void nf_md5(const void *data, size_t len, uint8_t digest[NF_MD5_BYTES])
{
	uint32_t state[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
	const uint8_t *p = data;
	size_t left = len;
	uint64_t bits = (uint64_t)len * 8;
	uint8_t tail[2 * MD5_BLOCK] = { 0 };

	for (; left >= MD5_BLOCK; left -= MD5_BLOCK, p += MD5_BLOCK)
		md5_block(state, p);
	if (left > 0)
		memcpy(tail, p, left);
	tail[left] = 0x80;
	len = left < MD5_BLOCK - 8 ? MD5_BLOCK : 2 * MD5_BLOCK;
	memcpy(tail + len - 8, &bits, sizeof(bits));
	for (size_t i = 0; i < len; i += MD5_BLOCK)
		md5_block(state, tail + i);
	memcpy(digest, state, NF_MD5_BYTES);
}
