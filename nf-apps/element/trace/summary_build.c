/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "nf-apps/element/trace/summary_build.h"

#define SUM_TTL 100

void nf_summary_begin(struct nf_summary_build *b, const struct nf_summary_flow *flow, uint8_t proto)
{
	uint32_t used = b->end;

	memset(b, 0, offsetof(struct nf_summary_build, buf));
	/* only what the last packet wrote needs to be cleared, and the headers, which are written
	 * ahead */
	memset(b->buf, 0, used < NF_SUMMARY_NET + 256 ? NF_SUMMARY_NET + 256 : used);
	b->flow = flow;
	b->default_proto = proto;
	b->end = NF_SUMMARY_NET;
}

bool nf_summary_build_insert(struct nf_summary_build *b, uint32_t at, uint32_t n)
{
	if (b->end + n > sizeof(b->buf) - 64 || at > b->end)
		return false;
	memmove(b->buf + at + n, b->buf + at, b->end - at);
	memset(b->buf + at, 0, n);
	b->end += n;
	return true;
}

bool nf_summary_build_make_ip(struct nf_summary_build *b, uint8_t proto)
{
	struct nf_ip4 *ip = nf_summary_build_ip(b);

	if (b->not_ip)
		return false;
	if (!b->has_ip) {
		nf_summary_build_reach(b, NF_SUMMARY_NET + (uint32_t)sizeof(*ip));
		ip->vhl = 0x45;
		ip->ttl = SUM_TTL;
		ip->proto = b->default_proto;
		if (b->flow != NULL) {
			ip->src = b->flow->src;
			ip->dst = b->flow->dst;
		}
		b->has_ip = true;
	}
	return proto == 0 || ip->proto == 0 || ip->proto == proto;
}

static uint32_t sum_transport_bytes(uint8_t proto)
{
	switch (proto) {
	case NF_IP_TCP:
		return NF_SUMMARY_BUILD_TCP;
	case NF_IP_UDP:
	case NF_SUMMARY_BUILD_UDPLITE:
	case NF_IP_ICMP:
		return 8;
	case NF_SUMMARY_BUILD_DCCP:
		return 12;
	default:
		return 0;
	}
}

void nf_summary_build_make_transport(struct nf_summary_build *b)
{
	struct nf_ip4 *ip = nf_summary_build_ip(b);
	uint32_t at = nf_summary_build_at(b), n = sum_transport_bytes(ip->proto);
	struct nf_udp *ports = (struct nf_udp *)(b->buf + at);

	if (!nf_inet_ip4_is_first(ip) || n == 0)
		return;
	if (b->want_end > 0 && b->want_end < at + n)
		n = b->want_end > at ? b->want_end - at : 0;
	if (b->end >= at + n)
		return;
	b->end = at + n;
	if (ip->proto == NF_IP_TCP && n >= 13)
		b->buf[at + 12] = 5 << 4;
	if (b->flow != NULL && nf_summary_build_has_ports(ip->proto)) {
		ports->sport = b->flow->sport;
		ports->dport = b->flow->dport;
	}
}

static void sum_checksums(struct nf_summary_build *b)
{
	struct nf_ip4 *ip = nf_summary_build_ip(b);
	uint32_t at = nf_summary_build_at(b), len = b->end - at;
	uint8_t *t = b->buf + at;
	unsigned field = ip->proto == NF_IP_TCP ? 16 : ip->proto == NF_IP_UDP ? 6 : 2;
	nf_be16 csum;
	uint64_t sum = 0;

	ip->csum = 0;
	ip->csum = nf_inet_ip4_csum(ip, nf_inet_ip4_hlen(ip));
	if (nf_inet_ip4_is_fragment(ip) || len < field + 2 ||
		(ip->proto != NF_IP_TCP && ip->proto != NF_IP_UDP && ip->proto != NF_IP_ICMP))
		return;
	nf_inet_put16(t + field, 0);
	if (ip->proto != NF_IP_ICMP)
		sum = nf_inet_pseudo4(ip->src, ip->dst, ip->proto, (uint16_t)len);
	csum = nf_inet_fold(nf_inet_sum(t, len, sum));
	if (csum == 0 && ip->proto == NF_IP_UDP)
		csum = 0xffff; /* RFC 768: 0 means none */
	memcpy(t + field, &csum, sizeof(csum));
}

/* Lengths that no field gave. */
static void sum_finish_ip(struct nf_summary_build *b, bool checksum)
{
	struct nf_ip4 *ip = nf_summary_build_ip(b);
	uint32_t len, at;

	nf_summary_build_make_transport(b);
	at = nf_summary_build_at(b);
	len = b->want_end > NF_SUMMARY_NET ? b->want_end - NF_SUMMARY_NET : b->end - NF_SUMMARY_NET;
	if (len > 0xffff)
		len = 0xffff;
	ip->len = nf_inet_hton16((uint16_t)len);
	if (ip->proto == NF_IP_UDP && nf_inet_ip4_is_first(ip) && b->end >= at + 6 &&
		nf_inet_get16(b->buf + at + 4) == 0)
		nf_inet_put16(b->buf + at + 4, (uint16_t)(len - (at - NF_SUMMARY_NET)));
	if (checksum) {
		if (b->end < NF_SUMMARY_NET + len) {
			memset(b->buf + b->end, 0, NF_SUMMARY_NET + len - b->end);
			b->end = NF_SUMMARY_NET + len;
		}
		sum_checksums(b);
	}
	memcpy(b->anno.user + NF_ANNO_DST_IP, &ip->dst, sizeof(ip->dst));
}

struct uk_netbuf *nf_summary_end(
	struct nf_summary_build *b, bool checksum, struct nf_packet_pools *pools)
{
	uint32_t begin = NF_SUMMARY_NET - (b->has_link ? NF_ETHER_LEN : 0), extra;
	struct uk_netbuf *p;

	if (b->flow != NULL)
		(void)nf_summary_build_make_ip(b, 0);
	if (b->has_ip && !b->not_ip)
		sum_finish_ip(b, checksum);
	if (b->want_end > b->end) {
		extra = b->want_end - b->end;
		memcpy(b->anno.user + NF_ANNO_EXTRA_LENGTH, &extra, sizeof(extra));
	}
	p = nf_packet_alloc(pools, 0, b->end - begin);
	if (p == NULL)
		return NULL;
	memcpy(p->data, b->buf + begin, p->len);
	*nf_packet_anno(p) = b->anno;
	if (b->has_link)
		nf_packet_set_l2(p, p->data);
	if (b->has_ip && !b->not_ip) {
		nf_packet_set_l3(p, p->data + (NF_SUMMARY_NET - begin));
		nf_packet_set_l4(p, p->data + (nf_summary_build_at(b) - begin));
	}
	return p;
}
