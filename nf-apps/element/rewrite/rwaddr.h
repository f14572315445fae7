/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet path of rewriters of addresses alone: any protocol, fragments too. The checksums of
 * TCP, UDP and DCCP cover the addresses, so they change with them.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_RWADDR_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_RWADDR_H

#include "nf-apps/element/rewrite/rwpush.h"

/* The IPv4 header of p, or NULL. *left: bytes from there to the packet's end. */
UK_INLINE struct nf_ip4 *nf_rwaddr_ip(const struct uk_netbuf *p, uint32_t *hlen, uint32_t *left)
{
	uint32_t end = uk_netbuf_headroom(p) + p->len;
	struct nf_ip4 *ip = (struct nf_ip4 *)(void *)(p->buf + p->l3_off);

	if (UK_UNLIKELY(p->l3_off + 20u > end))
		return NULL;
	*left = end - p->l3_off;
	*hlen = nf_inet_ip4_hlen(ip);
	return ip->vhl >> 4 == 4 && *hlen >= 20 && *hlen <= *left ? ip : NULL;
}

UK_INLINE void nf_rwaddr_l4_csum(struct nf_ip4 *ip, uint32_t hlen, uint32_t left, uint16_t delta)
{
	uint32_t need = nf_rwpush_need(NF_RWPUSH_UDP, ip->proto);

	if (nf_inet_ip4_is_first(ip) && need > 0 && hlen + need <= left)
		nf_rwpush_l4_csum((uint8_t *)ip + hlen, ip->proto, delta);
}

UK_INLINE void nf_rwaddr_annos(const struct nf_rwconf *c, struct uk_netbuf *p,
	const struct nf_ip4 *ip, const struct nf_rwflow *f, unsigned dir)
{
	if (c->dst_anno)
		nf_packet_set_dst_ip(p, ip->dst);
	if (c->reply_anno && dir)
		nf_packet_set_anno_u8(p, c->reply_at, f->age.user[NF_RWFLOW_ANNO]);
}

#endif
