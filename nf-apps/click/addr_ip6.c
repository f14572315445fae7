/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv6 addresses as text: RFC 4291, 2.2 to read, RFC 5952 to print. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "nf-apps/click/addr.h"

static int addr6_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A group of up to four hex digits; moves *s behind it. -EINVAL: none. */
static int addr6_group(const char **s)
{
	int v = 0, d, digits = 0;

	while ((d = addr6_hex(**s)) >= 0) {
		if (++digits > 4)
			return -EINVAL;
		v = v << 4 | d;
		(*s)++;
	}
	return digits == 0 ? -EINVAL : v;
}

int nf_addr_ip6(const char *s, struct nf_ip6 *v)
{
	uint8_t b[16] = { 0 };
	int at = 0, gap = -1; /* bytes */
	uint32_t quad;

	if (s[0] == ':' && s[1] != ':')
		return -EINVAL;
	if (s[0] == ':') {
		gap = 0;
		s += 2;
	}
	while (*s != 0) {
		int group;

		if (at <= 12 && nf_addr_ip4(s, &quad) == 0) {
			memcpy(b + at, &quad, 4);
			at += 4;
			break;
		}
		group = addr6_group(&s);
		if (group < 0 || at == 16)
			return -EINVAL;
		b[at++] = (uint8_t)(group >> 8);
		b[at++] = (uint8_t)group;
		if (*s == 0)
			break;
		if (*s++ != ':')
			return -EINVAL;
		if (*s == ':') {
			if (gap >= 0)
				return -EINVAL;
			gap = at;
			s++;
		} else if (*s == 0) {
			return -EINVAL; /* a colon at the end */
		}
	}
	if (gap < 0 ? at != 16 : at > 14)
		return -EINVAL;
	memset(v->b, 0, 16);
	if (gap < 0)
		gap = at;
	memcpy(v->b, b, (size_t)gap);
	memcpy(v->b + 16 - (at - gap), b + gap, (size_t)(at - gap));
	return 0;
}

int nf_addr_ip6_prefix(const char *s, struct nf_ip6 *v, unsigned *len)
{
	const char *slash = strchr(s, '/');
	char buf[NF_ADDR_IP6_LEN];
	struct nf_ip6 addr;
	uint64_t bits = 128;

	if (slash == NULL)
		slash = s + strlen(s);
	if ((size_t)(slash - s) >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, s, (size_t)(slash - s));
	buf[slash - s] = 0;
	if (nf_addr_ip6(buf, &addr) != 0)
		return -EINVAL;
	if (*slash == '/' && (nf_addr_u64(slash + 1, &bits) != 0 || bits > 128))
		return -EINVAL;
	*v = addr;
	*len = (unsigned)bits;
	return 0;
}

/* The longest run of two or more zero groups, the first of equal ones. */
static int addr6_zeros(const uint16_t g[8], int *len)
{
	int best = -1;

	*len = 1;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && g[i + n] == 0)
			n++;
		if (n > *len) {
			best = i;
			*len = n;
		}
	}
	return best;
}

char *nf_addr_print_ip6(const struct nf_ip6 *v, char buf[NF_ADDR_IP6_LEN])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	int zeros, nb_zeros, at = 0;
	uint16_t g[8];

	if (memcmp(v->b, mapped, 12) == 0) { /* RFC 5952, 5 */
		snprintf(buf, NF_ADDR_IP6_LEN, "::ffff:%u.%u.%u.%u", v->b[12], v->b[13], v->b[14],
			v->b[15]);
		return buf;
	}
	for (int i = 0; i < 8; i++)
		g[i] = (uint16_t)(v->b[2 * i] << 8 | v->b[2 * i + 1]);
	zeros = addr6_zeros(g, &nb_zeros);
	buf[0] = 0;
	for (int i = 0; i < 8; i++) {
		size_t room = (size_t)(NF_ADDR_IP6_LEN - at);

		if (i == zeros) {
			at += snprintf(buf + at, room, "::");
			i += nb_zeros - 1;
			continue;
		}
		at += snprintf(buf + at, room, at > 0 && buf[at - 1] != ':' ? ":%x" : "%x", g[i]);
	}
	return buf;
}
