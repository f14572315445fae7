/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include "nf-apps/click/addr.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/element/aggregate/ipspec.h"

struct ipspec_name {
	const char *name;
	uint8_t header;
	uint16_t proto;
	uint16_t bit_off, nb_bits;
};

#define IPSPEC_IP(name, off, bits)                                                                 \
	{                                                                                          \
		name, NF_IPSPEC_IP, 0, off, bits                                                   \
	}
#define IPSPEC_TR(name, proto, off, bits)                                                          \
	{                                                                                          \
		name, NF_IPSPEC_TRANSPORT, proto, off, bits                                        \
	}

static const struct ipspec_name ipspec_names[] = {
	IPSPEC_IP("vers", 0, 4),
	IPSPEC_IP("hl", 4, 4),
	IPSPEC_IP("tos", 8, 8),
	IPSPEC_IP("dscp", 8, 6),
	IPSPEC_IP("ecn", 14, 2),
	IPSPEC_IP("len", 16, 16),
	IPSPEC_IP("id", 32, 16),
	IPSPEC_IP("off", 48, 16),
	IPSPEC_IP("rf", 48, 1),
	IPSPEC_IP("df", 49, 1),
	IPSPEC_IP("mf", 50, 1),
	IPSPEC_IP("fragoff", 51, 13),
	IPSPEC_IP("ttl", 64, 8),
	IPSPEC_IP("proto", 72, 8),
	IPSPEC_IP("sum", 80, 16),
	IPSPEC_IP("csum", 80, 16),
	IPSPEC_IP("src", 96, 32),
	IPSPEC_IP("dst", 128, 32),
	IPSPEC_TR("sport", NF_IPSPEC_TCP_OR_UDP, 0, 16),
	IPSPEC_TR("dport", NF_IPSPEC_TCP_OR_UDP, 16, 16),
	IPSPEC_TR("len", NF_IP_UDP, 32, 16),
	IPSPEC_TR("sum", NF_IP_UDP, 48, 16),
	IPSPEC_TR("csum", NF_IP_UDP, 48, 16),
	IPSPEC_TR("seq", NF_IP_TCP, 32, 32),
	IPSPEC_TR("seqno", NF_IP_TCP, 32, 32),
	IPSPEC_TR("ack", NF_IP_TCP, 64, 32),
	IPSPEC_TR("ackno", NF_IP_TCP, 64, 32),
	IPSPEC_TR("hl", NF_IP_TCP, 96, 4),
	IPSPEC_TR("flags", NF_IP_TCP, 104, 8),
	IPSPEC_TR("urg", NF_IP_TCP, 106, 1),
	IPSPEC_TR("ackf", NF_IP_TCP, 107, 1),
	IPSPEC_TR("psh", NF_IP_TCP, 108, 1),
	IPSPEC_TR("push", NF_IP_TCP, 108, 1),
	IPSPEC_TR("rst", NF_IP_TCP, 109, 1),
	IPSPEC_TR("syn", NF_IP_TCP, 110, 1),
	IPSPEC_TR("fin", NF_IP_TCP, 111, 1),
	IPSPEC_TR("win", NF_IP_TCP, 112, 16),
	IPSPEC_TR("window", NF_IP_TCP, 112, 16),
	IPSPEC_TR("sum", NF_IP_TCP, 128, 16),
	IPSPEC_TR("csum", NF_IP_TCP, 128, 16),
	IPSPEC_TR("urp", NF_IP_TCP, 144, 16),
	IPSPEC_TR("type", NF_IP_ICMP, 0, 8),
	IPSPEC_TR("code", NF_IP_ICMP, 8, 8),
	IPSPEC_TR("sum", NF_IP_ICMP, 16, 16),
	IPSPEC_TR("csum", NF_IP_ICMP, 16, 16),
};

static const struct {
	const char *name;
	uint8_t header;
	uint16_t proto;
} ipspec_headers[] = {
	{ "ip", NF_IPSPEC_IP, 0 },
	{ "tcp", NF_IPSPEC_TRANSPORT, NF_IP_TCP },
	{ "udp", NF_IPSPEC_TRANSPORT, NF_IP_UDP },
	{ "tcpudp", NF_IPSPEC_TRANSPORT, NF_IPSPEC_TCP_OR_UDP },
	{ "icmp", NF_IPSPEC_TRANSPORT, NF_IP_ICMP },
	{ "transp", NF_IPSPEC_TRANSPORT, NF_IPSPEC_ANY },
	{ "transport", NF_IPSPEC_TRANSPORT, NF_IPSPEC_ANY },
	{ "data", NF_IPSPEC_PAYLOAD, 0 },
	{ "payload", NF_IPSPEC_PAYLOAD, 0 },
};

static const char *ipspec_space(const char *s)
{
	while (*s != 0 && isspace((unsigned char)*s))
		s++;
	return s;
}

static const char *ipspec_word(const char *s, char word[16])
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]))
		n++;
	memset(word, 0, 16);
	memcpy(word, s, n < 15 ? n : 15);
	return s + n;
}

/* A number that fits in 19 bits, decimal; NULL: none is there. */
static const char *ipspec_number(const char *s, uint32_t *v)
{
	s = ipspec_space(s);
	if (!isdigit((unsigned char)*s))
		return NULL;
	for (*v = 0; isdigit((unsigned char)*s); s++)
		*v = *v < NF_IPSPEC_BITS_MAX ? *v * 10 + (uint32_t)(*s - '0') : *v;
	return *v <= NF_IPSPEC_BITS_MAX ? ipspec_space(s) : NULL;
}

static bool ipspec_can_be(const struct ipspec_name *n, const struct nf_ipspec *f)
{
	if (f->header == NF_IPSPEC_NONE)
		return true;
	if (n->header != f->header)
		return false;
	return n->header != NF_IPSPEC_TRANSPORT || nf_ipspec_fits(f->proto, n->proto) ||
	       nf_ipspec_fits(n->proto, f->proto);
}

static int ipspec_field(const char *word, struct nf_ipspec *f, struct nf_text *why)
{
	const struct ipspec_name *found = NULL;
	unsigned nb = 0, nb_known = 0;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(ipspec_names); i++) {
		const struct ipspec_name *n = &ipspec_names[i];

		if (strcmp(n->name, word) != 0)
			continue;
		nb_known++;
		if (ipspec_can_be(n, f)) {
			found = n;
			nb++;
		}
	}
	if (nb != 1) {
		nf_text_printf(why, "%s data field '%s'",
			nb > 1         ? "ambiguous"
			: nb_known > 0 ? "that header has no"
				       : "unknown",
			word);
		return -EINVAL;
	}
	/* "tcp sport" stays TCP's */
	if (f->header != NF_IPSPEC_TRANSPORT || f->proto == NF_IPSPEC_ANY ||
		found->proto != NF_IPSPEC_TCP_OR_UDP)
		f->proto = found->proto;
	f->header = (enum nf_ipspec_header)found->header;
	f->bit_off = found->bit_off;
	f->nb_bits = found->nb_bits;
	return 0;
}

/* "[OFF]", "[OFF:LEN]", "[OFF1-OFF2]", in bits with braces. NULL: *why is told. */
static const char *ipspec_place(const char *s, struct nf_ipspec *f, struct nf_text *why)
{
	uint32_t unit = *s == '[' ? 8 : 1, off, len = 1;
	char end = *s == '[' ? ']' : '}', sep;

	s = ipspec_number(s + 1, &off);
	if (s != NULL && (*s == ':' || *s == ',' || *s == '+' || *s == '-')) {
		sep = *s;
		s = ipspec_number(s + 1, &len);
		if (s != NULL && sep == '-')
			len = len >= off ? len - off + 1 : 0;
	}
	if (s == NULL || *s != end) {
		nf_text_printf(why, "expected [OFF], [OFF:LEN] or [OFF1-OFF2], or the same in {}");
		return NULL;
	}
	if (len == 0 || (uint64_t)(off + len) * unit > NF_IPSPEC_BITS_MAX) {
		nf_text_printf(why, "bad length of the data field");
		return NULL;
	}
	f->bit_off = off * unit;
	f->nb_bits = len * unit;
	return s + 1;
}

static int ipspec_mask(uint64_t mask, struct nf_ipspec *f, struct nf_text *why)
{
	unsigned top, low;

	if (mask == 0 || f->nb_bits > 32 || mask >= 1ull << f->nb_bits) {
		nf_text_printf(why, "mask 0x%lx does not fit the data field", mask);
		return -EINVAL;
	}
	top = 63u - (unsigned)__builtin_clzll(mask);
	low = (unsigned)__builtin_ctzll(mask);
	if (mask >> low != (1ull << (top - low + 1)) - 1) {
		nf_text_printf(why, "mask 0x%lx has more than one run of 1 bits", mask);
		return -EINVAL;
	}
	f->bit_off += f->nb_bits - 1 - top;
	f->nb_bits = top - low + 1;
	return 0;
}

/* "/NUM", "/ADDRESS", "& MASK" and nothing behind it. */
static int ipspec_part(const char *s, struct nf_ipspec *f, struct nf_text *why)
{
	char sign = *s;
	uint32_t be;
	uint64_t v;

	s = ipspec_space(s + 1);
	if (sign == '/' && nf_addr_u64(s, &v) == 0) {
		if (v == 0 || v > f->nb_bits) {
			nf_text_printf(why, "/NUM is from /1 to /%u here", f->nb_bits);
			return -EINVAL;
		}
		f->nb_bits = (uint32_t)v;
		return 0;
	}
	if (sign == '/' && f->nb_bits == 32 && nf_addr_ip4(s, &be) == 0)
		return ipspec_mask(nf_inet_ntoh32(be), f, why);
	if (sign == '&' && nf_addr_u64(s, &v) == 0)
		return ipspec_mask(v, f, why);
	nf_text_printf(why, "expected /NUM or & MASK behind the data field");
	return -EINVAL;
}

static void ipspec_header(const char *word, struct nf_ipspec *f)
{
	uint8_t proto;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(ipspec_headers); i++) {
		if (strcmp(ipspec_headers[i].name, word) == 0) {
			f->header = (enum nf_ipspec_header)ipspec_headers[i].header;
			f->proto = ipspec_headers[i].proto;
			return;
		}
	}
	if (isalpha((unsigned char)*word) && nf_addr_ip_proto(word, &proto) == 0 && proto != 0) {
		f->header = NF_IPSPEC_TRANSPORT;
		f->proto = proto;
	}
}

int nf_ipspec_parse(const char *text, struct nf_ipspec *f, struct nf_text *why)
{
	char word[16];
	const char *s = ipspec_space(text), *first = s;
	int rc;

	*f = (struct nf_ipspec){ .header = NF_IPSPEC_NONE };
	s = ipspec_space(ipspec_word(s, word));
	ipspec_header(word, f);
	if (f->header == NF_IPSPEC_NONE)
		s = first;
	if (f->header != NF_IPSPEC_NONE && (*s == '[' || *s == '{')) {
		s = ipspec_place(s, f, why);
		if (s == NULL)
			return -EINVAL;
	} else {
		s = ipspec_word(s, word);
		if (*word == 0) {
			nf_text_printf(why, "missing data field");
			return -EINVAL;
		}
		rc = ipspec_field(word, f, why);
		if (rc < 0)
			return rc;
	}
	s = ipspec_space(s);
	return *s == 0 ? 0 : ipspec_part(s, f, why);
}
