/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP is not served on raw frames: a client that tries learns so at once (RFC 9293, 3.10.7.1). */
#include "nf-apps/kvs/net_part.h"

#define TCP_LEN 20

enum nf_net_count nf_net_tcp(struct nf_net *n, struct nf_net_pkt *p)
{
	struct nf_tcp *t = (void *)p->l4;
	struct nf_net_back b;
	uint32_t hlen, len;
	struct nf_tcp rst = { .off = TCP_LEN / 4 << 4 };

	if (p->l4_len < TCP_LEN)
		return NF_NET_MALFORMED;
	hlen = (t->off >> 4) * 4u;
	if (hlen < TCP_LEN || hlen > p->l4_len)
		return NF_NET_MALFORMED;
	if (!(p->f->flags & NF_NET_F_CHECKED) && nf_net_l4_csum(p, NF_IP_TCP, p->l4_len) != 0)
		return NF_NET_BAD_CSUM;
	if (!p->unicast || (t->flags & NF_TCP_RST))
		return NF_NET_QUIET;
	if (!nf_net_limit_take(&n->resets, n->now_ns))
		return NF_NET_LIMITED;
	len = p->l4_len - hlen + !!(t->flags & NF_TCP_SYN) + !!(t->flags & NF_TCP_FIN);
	rst.sport = t->dport;
	rst.dport = t->sport;
	if (t->flags & NF_TCP_ACK) {
		rst.seq = t->ack;
		rst.flags = NF_TCP_RST;
	} else {
		rst.ack = nf_inet_hton32(nf_inet_ntoh32(t->seq) + len);
		rst.flags = NF_TCP_RST | NF_TCP_ACK;
	}
	nf_net_back(n, p, &b);
	*t = rst;
	t->csum = nf_net_back_csum(&b, p->l4, TCP_LEN, NF_IP_TCP);
	nf_net_back_put(p->f, &b, p->l4, TCP_LEN, NF_IP_TCP);
	p->f->flags = 0;
	return NF_NET_RST;
}
