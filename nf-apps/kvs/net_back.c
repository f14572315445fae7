/* SPDX-License-Identifier: BSD-3-Clause */
/* The way back: headers of an answer from those of its request; and how often errors may go that way. */
#include "nf-apps/kvs/net_part.h"

/* Errors and resets: so many at once, and so many a second (RFC 1812, 4.3.2.8; RFC 4443, 2.4 (f)). */
#define LIMIT_BURST   100u
#define LIMIT_EACH_NS 1000000ull

void nf_net_back(const struct nf_net *n, const struct nf_net_pkt *p, struct nf_net_back *b)
{
	const uint8_t *l2 = p->l3 - p->l2_len;

	memcpy(b->l2, l2, p->l2_len);
	memcpy(b->l2, l2 + 6, 6);
	memcpy(b->l2 + 6, n->mac, 6);
	b->l2_len = p->l2_len;
	b->is6 = p->is6;
	if (p->is6) {
		const struct nf_ip6_hdr *h = (const void *)p->l3;

		b->tos = (uint8_t)(nf_inet_ntoh32(h->vtf) >> 20) & 0xfc;
		memcpy(b->src, h->dst, sizeof(b->src));
		memcpy(b->dst, h->src, sizeof(b->dst));
	} else {
		const struct nf_ip4 *ip = (const void *)p->l3;

		b->tos = ip->tos & 0xfc;
		memcpy(b->src, &ip->dst, sizeof(ip->dst));
		memcpy(b->dst, &ip->src, sizeof(ip->src));
	}
}

static uint8_t *back_put4(const struct nf_net_back *b, uint8_t *l4, uint32_t len, uint8_t proto)
{
	struct nf_ip4 *ip = (void *)(l4 - NF_NET_IP4_LEN);
	nf_be32 src, dst;

	memcpy(&src, b->src, sizeof(src));
	memcpy(&dst, b->dst, sizeof(dst));
	nf_net_ip4_put(ip, b->tos, NF_NET_IP4_LEN + len, proto, src, dst);
	return (uint8_t *)ip;
}

static uint8_t *back_put6(const struct nf_net_back *b, uint8_t *l4, uint32_t len, uint8_t proto)
{
	struct nf_ip6_hdr *h = (void *)(l4 - NF_NET_IP6_LEN);

	h->vtf = nf_inet_hton32(6u << 28 | (uint32_t)b->tos << 20);
	h->len = nf_inet_hton16((uint16_t)len);
	h->next = proto;
	h->hlim = NF_NET_TTL;
	memcpy(h->src, b->src, sizeof(h->src));
	memcpy(h->dst, b->dst, sizeof(h->dst));
	return (uint8_t *)h;
}

void nf_net_back_put(struct nf_net_frame *f, const struct nf_net_back *b, uint8_t *l4, uint32_t len,
	uint8_t proto)
{
	uint8_t *end = f->data + f->room;
	uint8_t *l3 = b->is6 ? back_put6(b, l4, len, proto) : back_put4(b, l4, len, proto);

	UK_ASSERT_DEBUG(l3 - b->l2_len >= f->data && l4 + len <= end);
	f->data = l3 - b->l2_len;
	memcpy(f->data, b->l2, b->l2_len);
	f->len = (uint32_t)(l4 - f->data) + len;
	f->room = (uint32_t)(end - f->data);
}

nf_be16 nf_net_back_csum(
	const struct nf_net_back *b, const uint8_t *l4, uint32_t len, uint8_t proto)
{
	nf_be32 src, dst;

	if (b->is6)
		return nf_inet_fold(
			nf_inet_sum(l4, len, nf_inet_pseudo6(b->src, b->dst, proto, len)));
	memcpy(&src, b->src, sizeof(src));
	memcpy(&dst, b->dst, sizeof(dst));
	return nf_inet_fold(nf_inet_sum(l4, len, nf_inet_pseudo4(src, dst, proto, (uint16_t)len)));
}

bool nf_net_limit_take(struct nf_net_limit *l, uint64_t now_ns)
{
	uint64_t passed = now_ns - l->last_ns;

	l->last_ns = now_ns;
	l->level_ns = passed < l->level_ns ? l->level_ns - passed : 0;
	if (l->level_ns > (LIMIT_BURST - 1) * LIMIT_EACH_NS)
		return false;
	l->level_ns += LIMIT_EACH_NS;
	return true;
}
