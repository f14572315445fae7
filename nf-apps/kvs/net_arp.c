/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP (RFC 826): answers, and announcements of the own address (RFC 5227, 2.3). */
#include "nf-apps/kvs/net_part.h"

#define ARP_REQUEST  1
#define ARP_REPLY    2
#define ANNOUNCE_NUM 2
#define ANNOUNCE_NS  2000000000ull
#define ARP_HW_ETHER 1

static void arp_fill(struct nf_net *n, struct nf_arp *a, uint16_t op, const uint8_t target_hw[6],
	nf_be32 target_ip)
{
	a->hw = nf_inet_hton16(ARP_HW_ETHER);
	a->proto = nf_inet_hton16(NF_ETHERTYPE_IP);
	a->hw_len = 6;
	a->proto_len = 4;
	a->op = nf_inet_hton16(op);
	memcpy(a->target_hw, target_hw, sizeof(a->target_hw));
	a->target_ip = target_ip;
	memcpy(a->sender_hw, n->mac, sizeof(a->sender_hw));
	a->sender_ip = n->ip4;
}

enum nf_net_count nf_net_arp(struct nf_net *n, struct nf_net_pkt *p)
{
	struct nf_arp *a = (void *)p->l3;
	struct nf_net_back b;
	uint8_t asker[6];

	if (p->l3_len < sizeof(*a) || a->hw != nf_inet_hton16(ARP_HW_ETHER) ||
		a->proto != nf_inet_hton16(NF_ETHERTYPE_IP) || a->hw_len != 6 || a->proto_len != 4)
		return NF_NET_MALFORMED;
	if (n->ip4 == 0)
		return NF_NET_OTHER_ADDRESS;
	if (a->sender_ip == n->ip4) {
		bool own = memcmp(a->sender_hw, n->mac, sizeof(n->mac)) == 0;

		n->counts[NF_NET_CONFLICTS] += !own;
		return NF_NET_HEARD;
	}
	if (a->target_ip != n->ip4)
		return NF_NET_OTHER_ADDRESS;
	if (a->op != nf_inet_hton16(ARP_REQUEST))
		return NF_NET_HEARD;
	if (a->sender_hw[0] & 1) /* RFC 1812, 3.3.2: nobody has a group's address */
		return NF_NET_BAD_SOURCE;
	memcpy(asker, a->sender_hw, sizeof(asker));
	nf_net_back(n, p, &b);
	memcpy(p->l3 - p->l2_len, b.l2, b.l2_len);
	arp_fill(n, a, ARP_REPLY, asker, a->sender_ip);
	p->f->len = p->l2_len + (uint32_t)sizeof(*a);
	return NF_NET_ARP;
}

void nf_net_arp_announce(struct nf_net *n)
{
	static const uint8_t nobody[6];
	void *buffer = n->ops->get(n->ops_arg);
	struct nf_net_frame f;
	struct nf_ether *e;

	n->announce_ns = ++n->nb_announced < ANNOUNCE_NUM ? n->now_ns + ANNOUNCE_NS : UINT64_MAX;
	if (buffer == NULL)
		return;
	n->ops->look(n->ops_arg, buffer, &f);
	e = (void *)f.data;
	memset(e->dst, 0xff, sizeof(e->dst));
	memcpy(e->src, n->mac, sizeof(e->src));
	e->type = nf_inet_hton16(NF_ETHERTYPE_ARP);
	arp_fill(n, (void *)(e + 1), ARP_REQUEST, nobody, n->ip4);
	f.len = sizeof(*e) + sizeof(struct nf_arp);
	f.flags = 0;
	n->ops->put(n->ops_arg, &f);
}
