/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between the files of FlowFilter: what a packet is. Lengths are those that the IP header says, and
 * the packet has.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_FLOWFILTER_PKT_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_FLOWFILTER_PKT_H

#include "nf-apps/element/rewrite/flowfilter.h"

/* A packet on its way through the stages. */
struct nf_flowfilter_pkt {
	struct nf_flowfilter_key key;
	uint8_t *l4;
	uint32_t left; /* bytes from l4 to the end of the packet or of what the header says */
	unsigned high; /* the source is the higher endpoint */
	int verdict;   /* NF_KEPT: has a key; else what becomes of it */
	bool opens;    /* may begin a flow */
	bool error;    /* ICMP error: the key is the quoted packet's, so is `high` */
	bool reply;    /* ICMP reply: never from who began */
};

/* Echo and timestamp: request 8 and 13, reply 0 and 14. */
static inline void nf_flowfilter_icmp(struct nf_flowfilter_pkt *k, const struct nf_ip4 *ip)
{
	const struct nf_icmp *icmp = (const struct nf_icmp *)(const void *)k->l4;
	const struct nf_ip4 *q = (const struct nf_ip4 *)(const void *)(icmp + 1);
	const uint8_t *ports = (const uint8_t *)q + nf_inet_ip4_hlen(q);
	nf_be16 sport = 0, dport = 0;

	k->opens = icmp->type == 8 || icmp->type == 13;
	k->reply = icmp->type == 0 || icmp->type == 14;
	if (k->opens || k->reply) {
		k->high = nf_flowfilter_name(
			&k->key, ip->src, ip->dst, icmp->id, icmp->id, NF_IP_ICMP);
		return;
	}
	k->error = icmp->type == 3 || icmp->type == 11 || icmp->type == 12;
	if (!k->error || k->left < sizeof(*icmp) + sizeof(*q) || q->vhl >> 4 != 4 ||
		nf_inet_ip4_hlen(q) < sizeof(*q) ||
		k->left < sizeof(*icmp) + nf_inet_ip4_hlen(q) + 8 || !nf_inet_ip4_is_first(q)) {
		k->verdict = NF_DROP(NF_FLOWFILTER_NO_FLOW);
		return;
	}
	if (q->proto == NF_IP_TCP || q->proto == NF_IP_UDP) {
		memcpy(&sport, ports, 2);
		memcpy(&dport, ports + 2, 2);
	} else if (q->proto == NF_IP_ICMP) {
		memcpy(&sport, ports + 4, 2);
		dport = sport;
	}
	k->high = nf_flowfilter_name(&k->key, q->src, q->dst, sport, dport, q->proto);
}

/* What a packet is, and whether its header is all there. */
UK_INLINE void nf_flowfilter_parse(const struct uk_netbuf *p, struct nf_flowfilter_pkt *k)
{
	uint32_t hlen = 0, left = 0, need;
	const struct nf_ip4 *ip = nf_rwaddr_ip(p, &hlen, &left);
	nf_be16 sport = 0, dport = 0;
	bool ports;

	k->opens = true;
	k->error = k->reply = false;
	k->verdict = NF_DROP(NF_FLOWFILTER_NOT_IP);
	if (UK_UNLIKELY(
		    ip == NULL || nf_inet_ntoh16(ip->len) > left || nf_inet_ntoh16(ip->len) < hlen))
		return;
	k->l4 = (uint8_t *)(uintptr_t)ip + hlen;
	k->left = nf_inet_ntoh16(ip->len) - hlen;
	ports = ip->proto == NF_IP_TCP || ip->proto == NF_IP_UDP;
	need = ip->proto == NF_IP_TCP ? 20 : ports || ip->proto == NF_IP_ICMP ? 8 : 0;
	if (UK_UNLIKELY(!nf_inet_ip4_is_first(ip))) {
		k->verdict = NF_DROP(NF_FLOWFILTER_FRAGMENT);
		return;
	}
	if (UK_UNLIKELY(k->left < need ||
			(ip->proto == NF_IP_TCP &&
				(k->l4[12] >> 4 < 5 || (k->l4[12] >> 4) * 4u > k->left))))
		return;
	k->verdict = NF_KEPT;
	if (UK_UNLIKELY(ip->proto == NF_IP_ICMP)) {
		nf_flowfilter_icmp(k, ip);
		return;
	}
	if (UK_LIKELY(ports)) {
		memcpy(&sport, k->l4, 2);
		memcpy(&dport, k->l4 + 2, 2);
	}
	k->high = nf_flowfilter_name(&k->key, ip->src, ip->dst, sport, dport, ip->proto);
}

#endif
