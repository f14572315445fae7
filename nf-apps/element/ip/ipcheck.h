/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The check of an IPv4 header (RFC 1812, 5.2.2 and 5.3.7) behind CheckIPHeader and IPInputCombo.
 * Packet path, inlined: of a header without options nothing is read twice and nothing is looped
 * over.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP_IPCHECK_H
#define SLUICE_NF_APPS_ELEMENT_IP_IPCHECK_H

#include "nf-apps/element/ip/ip4.h"
#include "nf-apps/element/ip/iplist.h"

enum {
	NF_IPCHECK_TINY,
	NF_IPCHECK_VERSION,
	NF_IPCHECK_HLEN,
	NF_IPCHECK_LEN,
	NF_IPCHECK_CSUM,
	NF_IPCHECK_SADDR,
};

/* For a class' drops, in the order of the numbers above. */
#define NF_IPCHECK_DROPS                                                                           \
	"tiny packet", "bad IP version", "bad IP header length", "bad IP length",                  \
		"bad IP checksum", "bad source address", NULL

#define NF_IPCHECK_OFFSET_MAX 65535u

struct nf_ipcheck_conf {
	uint32_t offset; /* of the header in the packet */
	bool checksum;
	bool any_bad; /* there are bad source addresses */
};

struct nf_ipcheck_lists {
	struct nf_iplist bad_src, good_dst;
};

/* True if the checksum of the header is right. The sum is taken 64 bits at a time, with the carries
 * added at the end of each; RFC 1071, 2 (C). hlen >= 20. */
UK_INLINE bool nf_ipcheck_csum(const void *hdr, uint32_t hlen)
{
	const uint8_t *h = hdr;
	uint64_t a, b;
	uint32_t c, s;

	memcpy(&a, h, 8);
	memcpy(&b, h + 8, 8);
	memcpy(&c, h + 16, 4);
	a += b;
	a += a < b;
	a += c;
	a += a < c;
	for (uint32_t at = NF_IP4_HLEN; UK_UNLIKELY(at < hlen); at += 4) {
		memcpy(&c, h + at, 4);
		a += c;
		a += a < c;
	}
	a += a << 32 | a >> 32; /* upper half: sum of both halves, carry and all */
	s = (uint32_t)(a >> 32);
	return (~s - (s << 16 | s >> 16)) >> 16 == 0;
}

/*
 * Checks the header, cuts the packet to the length that it says, and sets the header positions and
 * the destination annotation. Returns -1, or the reason why it is bad: then nothing has changed.
 */
UK_INLINE int nf_ipcheck(
	const struct nf_ipcheck_conf *c, const struct nf_ipcheck_lists *l, struct uk_netbuf *p)
{
	uint8_t *at = p->data + c->offset;
	const struct nf_ip4 *ip = (const struct nf_ip4 *)(const void *)at;
	uint32_t hlen = NF_IP4_HLEN, len;

	if (UK_UNLIKELY(p->len < c->offset + NF_IP4_HLEN))
		return NF_IPCHECK_TINY;
	if (UK_UNLIKELY(ip->vhl != NF_IP4_VHL)) {
		if (ip->vhl >> 4 != 4)
			return NF_IPCHECK_VERSION;
		hlen = nf_inet_ip4_hlen(ip);
		if (hlen < NF_IP4_HLEN)
			return NF_IPCHECK_HLEN;
	}
	len = nf_inet_ntoh16(ip->len);
	if (UK_UNLIKELY(len < hlen || len > p->len - c->offset))
		return NF_IPCHECK_LEN;
	if (c->checksum && UK_UNLIKELY(!nf_ipcheck_csum(ip, hlen)))
		return NF_IPCHECK_CSUM;
	if (c->any_bad && UK_UNLIKELY(nf_iplist_has(&l->bad_src, ip->src)) &&
		!nf_iplist_has(&l->good_dst, ip->dst))
		return NF_IPCHECK_SADDR;
	nf_ip4_mark(p, at, hlen);
	p->len = c->offset + len;
	nf_packet_set_dst_ip(p, ip->dst);
	return -1;
}

/* INTERFACES, BADSRC, GOODDST by keyword. nf_ipcheck_args_end after the last list was read. */
void nf_ipcheck_args(struct nf_ipcheck_lists *l, struct nf_args *a);
/* A list by position, as old configurations have it: 0.0.0.0 and 255.255.255.255 belong to it. */
void nf_ipcheck_args_old(struct nf_ipcheck_lists *l, struct nf_args *a, const char *text);
void nf_ipcheck_args_end(struct nf_ipcheck_conf *c, const struct nf_ipcheck_lists *l);
void nf_ipcheck_free(struct nf_ipcheck_lists *l);

#endif
