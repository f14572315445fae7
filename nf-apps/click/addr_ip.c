/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4 and Ethernet addresses as text. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "nf-apps/click/addr.h"
#include "nf-apps/click/inet.h"

/* Up to four numbers with points between them; how many were there, or -EINVAL. */
static int addr_quad(const char *s, size_t len, uint8_t b[4])
{
	size_t i = 0;
	int nb = 0;

	memset(b, 0, 4);
	for (;;) {
		unsigned part = 0, digits = 0;

		for (; i < len && s[i] >= '0' && s[i] <= '9'; i++) {
			part = part * 10 + (unsigned)(s[i] - '0');
			if (part > 255 || ++digits > 3)
				return -EINVAL;
		}
		if (digits == 0)
			return -EINVAL;
		b[nb++] = (uint8_t)part;
		if (i == len)
			return nb;
		if (s[i++] != '.' || nb == 4)
			return -EINVAL;
	}
}

int nf_addr_ip4(const char *s, uint32_t *be)
{
	uint8_t b[4];

	if (addr_quad(s, strlen(s), b) != 4)
		return -EINVAL;
	memcpy(be, b, 4);
	return 0;
}

int nf_addr_ip4_prefix(const char *s, uint32_t *be, uint32_t *be_mask)
{
	const char *slash = strchr(s, '/');
	uint32_t mask = UINT32_MAX;
	uint64_t len;
	uint8_t b[4];
	int nb;

	if (slash == NULL) {
		if (nf_addr_ip4(s, be) != 0)
			return -EINVAL;
		*be_mask = mask;
		return 0;
	}
	nb = addr_quad(s, (size_t)(slash - s), b);
	if (nb < 0)
		return -EINVAL;
	if (nb < 4 || nf_addr_ip4(slash + 1, &mask) != 0) {
		/* "10/8": what the prefix does not cover may be left out. */
		if (nf_addr_u64(slash + 1, &len) != 0 || len > 32 || (unsigned)nb < (len + 7) / 8)
			return -EINVAL;
		mask = nf_inet_hton32((uint32_t)(0xffffffff00000000ull >> len));
	}
	memcpy(be, b, 4);
	*be_mask = mask;
	return 0;
}

static int addr_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int nf_addr_ether(const char *s, uint8_t v[6])
{
	uint8_t b[6];
	char between = 0;

	for (unsigned i = 0; i < 6; i++) {
		int hi, lo;

		if (i > 0) {
			if (*s != ':' && *s != '-')
				return -EINVAL;
			if (between != 0 && between != *s)
				return -EINVAL;
			between = *s++;
		}
		hi = addr_hex(*s);
		if (hi < 0)
			return -EINVAL;
		lo = addr_hex(*++s);
		if (lo >= 0)
			s++;
		b[i] = (uint8_t)(lo >= 0 ? hi << 4 | lo : hi);
	}
	if (*s != 0)
		return -EINVAL;
	memcpy(v, b, 6);
	return 0;
}

char *nf_addr_print_ip4(uint32_t be, char buf[NF_ADDR_IP4_LEN])
{
	uint8_t b[4];

	memcpy(b, &be, 4);
	snprintf(buf, NF_ADDR_IP4_LEN, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	return buf;
}

char *nf_addr_print_ether(const uint8_t v[6], char buf[NF_ADDR_ETHER_LEN])
{
	snprintf(buf, NF_ADDR_ETHER_LEN, "%02X-%02X-%02X-%02X-%02X-%02X", v[0], v[1], v[2], v[3],
		v[4], v[5]);
	return buf;
}
