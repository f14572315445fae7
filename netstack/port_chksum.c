/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "netstack/port.h"

/* At most 7 bytes as they stand in memory, zeros behind. */
static uint64_t chksum_tail(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	memcpy(&v, p, len);
	return v;
}

/* Eight bytes at a time into two sums, so that the additions overlap; halves, so that nothing is carried out. */
uint16_t uk_port_chksum(const void *data, int len)
{
	const uint8_t *p = data;
	uint64_t a = 0, b = 0, v;
	size_t left = (size_t)len;

	for (; left >= 8; p += 8, left -= 8) {
		memcpy(&v, p, 8);
		a += (uint32_t)v;
		b += v >> 32;
	}
	v = chksum_tail(p, left);
	a += (uint32_t)v;
	b += v >> 32;
	a += b;
	a = (a & 0xffffffff) + (a >> 32);
	a = (a & 0xffff) + (a >> 16 & 0xffff) + (a >> 32);
	a = (a & 0xffff) + (a >> 16);
	a = (a & 0xffff) + (a >> 16);
	return (uint16_t)a;
}
