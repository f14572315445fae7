/* SPDX-License-Identifier: BSD-3-Clause */
/* Headers; RFC 7915, 4.1 and 5.1. */
#include "nf-apps/element/ip6/siit.h"

#define SIIT_BAD(what) (-1 - NF_SIIT_##what)

#define SIIT_OPT_END      0
#define SIIT_OPT_NOP      1
#define SIIT_OPT_LSRR     131
#define SIIT_OPT_SSRR     137
#define SIIT_FRAGMENT_LEN 8
#define SIIT_EXTENSIONS   16
#define SIIT_SMALL        1260 /* up to this size a translator lets routers fragment */

static const uint8_t siit_mapped[12] = { [10] = 0xff, [11] = 0xff };

/* True if there is a source route that has not ended yet; such a packet is not for us. */
static bool siit_has_route(const uint8_t *opt, uint32_t left)
{
	while (left > 0 && opt[0] != SIIT_OPT_END) {
		uint32_t len = opt[0] == SIIT_OPT_NOP || left < 2 ? 1 : opt[1];

		if (len == 0 || len > left)
			return false;
		if ((opt[0] == SIIT_OPT_LSRR || opt[0] == SIIT_OPT_SSRR) && len >= 3 &&
			opt[2] <= len)
			return true;
		opt += len;
		left -= len;
	}
	return false;
}

int nf_siit_read4(const uint8_t *at, uint32_t left, bool whole, struct nf_siit_hdr *h)
{
	const struct nf_ip4 *ip = (const struct nf_ip4 *)(const void *)at;
	uint32_t hlen, len;
	uint16_t off;

	if (left < NF_SIIT_IP4_LEN || ip->vhl >> 4 != 4)
		return SIIT_BAD(HEADER);
	hlen = nf_inet_ip4_hlen(ip);
	len = nf_inet_ntoh16(ip->len);
	if (hlen < NF_SIIT_IP4_LEN || hlen > left || len < hlen || (whole && len > left))
		return SIIT_BAD(HEADER);
	if (siit_has_route(at + NF_SIIT_IP4_LEN, hlen - NF_SIIT_IP4_LEN))
		return SIIT_BAD(ROUTE);
	if (ip->proto == NF_IP_ICMP6)
		return SIIT_BAD(ICMP); /* of IPv6, in IPv4 */
	off = nf_inet_ntoh16(ip->off);
	*h = (struct nf_siit_hdr){ .be_src = ip->src,
		.be_dst = ip->dst,
		.hdr_len = hlen,
		.data_len = len - hlen,
		.id = nf_inet_ntoh16(ip->id),
		.offset = off & NF_IP_OFFSET,
		.class = ip->tos,
		.hlim = ip->ttl,
		.proto = ip->proto,
		.is_fragment = nf_inet_ip4_is_fragment(ip),
		.has_more = (off & NF_IP_MF) != 0 };
	return 0;
}

/* Extension headers, up to the one that says what the data is. */
static int siit_extensions(const uint8_t *at, uint32_t left, struct nf_siit_hdr *h)
{
	for (unsigned i = 0; i < SIIT_EXTENSIONS; i++) {
		const uint8_t *x = at + h->hdr_len;
		uint32_t len = SIIT_FRAGMENT_LEN;

		if (h->proto != NF_IP6HDR_HOPOPT && h->proto != NF_IP6HDR_ROUTING &&
			h->proto != NF_IP6HDR_DSTOPT && h->proto != NF_IP6HDR_FRAGMENT)
			return 0;
		if (left - h->hdr_len < len)
			return SIIT_BAD(HEADER);
		if (h->proto == NF_IP6HDR_ROUTING && x[3] != 0)
			return SIIT_BAD(ROUTE);
		if (h->proto == NF_IP6HDR_FRAGMENT) {
			h->is_fragment = true;
			h->offset = nf_inet_get16(x + 2) >> 3;
			h->has_more = x[3] & 1;
			h->id = nf_inet_get32(x + 4);
		} else {
			len += x[1] * 8u;
		}
		if (left - h->hdr_len < len || h->data_len < len)
			return SIIT_BAD(HEADER);
		h->proto = x[0];
		h->hdr_len += len;
		h->data_len -= len;
		if (h->offset != 0)
			return 0; /* what follows is in the middle of the data */
	}
	return SIIT_BAD(HEADER);
}

/* ::ffff:a.b.c.d, and the old ::a.b.c.d */
static bool siit_ip4_of(const uint8_t addr[16], uint32_t *be)
{
	static const uint8_t zeros[12];

	memcpy(be, addr + 12, 4);
	return memcmp(addr, siit_mapped, 12) == 0 || memcmp(addr, zeros, 12) == 0;
}

int nf_siit_read6(const uint8_t *at, uint32_t left, bool whole, struct nf_siit_hdr *h)
{
	const struct nf_ip6_hdr *ip = (const struct nf_ip6_hdr *)(const void *)at;
	int rc;

	if (left < NF_IP6HDR_LEN || nf_ip6hdr_version(ip) != 6)
		return SIIT_BAD(HEADER);
	*h = (struct nf_siit_hdr){ .hdr_len = NF_IP6HDR_LEN,
		.data_len = nf_inet_ntoh16(ip->len),
		.class = nf_ip6hdr_class(ip),
		.hlim = ip->hlim,
		.proto = ip->next };
	if (whole && h->data_len > left - NF_IP6HDR_LEN)
		return SIIT_BAD(HEADER);
	if (!siit_ip4_of(ip->src, &h->be_src) || !siit_ip4_of(ip->dst, &h->be_dst))
		return SIIT_BAD(ADDRESS);
	rc = siit_extensions(at, left, h);
	if (rc == 0 && h->proto == NF_IP_ICMP)
		return SIIT_BAD(ICMP); /* of IPv4, in IPv6 */
	if (h->proto == NF_IP_ICMP6)
		h->proto = NF_IP_ICMP;
	if (rc == 0 && h->data_len + NF_SIIT_IP4_LEN > UINT16_MAX)
		return SIIT_BAD(ROOM);
	return rc;
}

unsigned nf_siit_len6(const struct nf_siit_hdr *h)
{
	return NF_IP6HDR_LEN + (h->is_fragment ? SIIT_FRAGMENT_LEN : 0);
}

void nf_siit_write6(uint8_t *at, const struct nf_siit_hdr *h)
{
	uint8_t next = h->proto == NF_IP_ICMP ? NF_IP_ICMP6 : h->proto;
	struct nf_ip6_hdr ip = { .vtf = nf_ip6hdr_vtf(h->class),
		.len = nf_inet_hton16((uint16_t)(h->data_len + nf_siit_len6(h) - NF_IP6HDR_LEN)),
		.next = h->is_fragment ? NF_IP6HDR_FRAGMENT : next,
		.hlim = h->hlim };

	memcpy(ip.src, siit_mapped, 12);
	memcpy(ip.src + 12, &h->be_src, 4);
	memcpy(ip.dst, siit_mapped, 12);
	memcpy(ip.dst + 12, &h->be_dst, 4);
	memcpy(at, &ip, sizeof(ip));
	if (!h->is_fragment)
		return;
	at += sizeof(ip);
	at[0] = next;
	at[1] = 0;
	nf_inet_put16(at + 2, (uint16_t)(h->offset << 3 | h->has_more));
	nf_inet_put32(at + 4, h->id);
}

void nf_siit_write4(uint8_t *at, const struct nf_siit_hdr *h, uint16_t *next_id)
{
	uint32_t len = NF_SIIT_IP4_LEN + h->data_len;
	struct nf_ip4 ip = { .vhl = 0x45,
		.tos = h->class,
		.len = nf_inet_hton16((uint16_t)len),
		.ttl = h->hlim,
		.proto = h->proto,
		.src = h->be_src,
		.dst = h->be_dst };

	if (h->is_fragment) {
		ip.id = nf_inet_hton16((uint16_t)h->id);
		ip.off = nf_inet_hton16(
			(uint16_t)((h->offset & NF_IP_OFFSET) | (h->has_more ? NF_IP_MF : 0)));
	} else if (len <= SIIT_SMALL) {
		ip.id = nf_inet_hton16((*next_id)++);
	} else {
		ip.off = nf_inet_hton16(NF_IP_DF);
	}
	ip.csum = nf_inet_csum(&ip, sizeof(ip));
	memcpy(at, &ip, sizeof(ip));
}
