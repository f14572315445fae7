/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP frames for IPv4 over Ethernet (RFC 826): writing one, and seeing whether one is such. */
#ifndef SLUICE_NF_APPS_ELEMENT_ETHER_ARPFRAME_H
#define SLUICE_NF_APPS_ELEMENT_ETHER_ARPFRAME_H

#include "nf-apps/element/ether/etherfield.h"

#define NF_ARPFRAME_LEN     (NF_ETHER_LEN + 28)
#define NF_ARPFRAME_REQUEST 1
#define NF_ARPFRAME_REPLY   2

struct nf_arpframe {
	struct nf_ether ether;
	struct nf_arp arp;
} UK_PACKED;

_Static_assert(sizeof(struct nf_arpframe) == NF_ARPFRAME_LEN, "RFC 826");

/* A frame from `src` to `dst`; the sender of the ARP message is `src`, too. */
UK_INLINE void nf_arpframe_write(uint8_t *at, unsigned op, const uint8_t src[6], uint32_t be_src_ip,
	const uint8_t dst[6], const uint8_t target[6], uint32_t be_target_ip)
{
	struct nf_arpframe f = { .ether.type = nf_inet_hton16(NF_ETHERTYPE_ARP),
		.arp.hw = nf_inet_hton16(1),
		.arp.proto = nf_inet_hton16(NF_ETHERTYPE_IP),
		.arp.hw_len = 6,
		.arp.proto_len = 4,
		.arp.op = nf_inet_hton16((uint16_t)op),
		.arp.sender_ip = be_src_ip,
		.arp.target_ip = be_target_ip };

	memcpy(f.ether.dst, dst, 6);
	memcpy(f.ether.src, src, 6);
	memcpy(f.arp.sender_hw, src, 6);
	memcpy(f.arp.target_hw, target, 6);
	memcpy(at, &f, sizeof(f));
}

/* The frame, if the packet begins with one of that operation; else NULL. */
UK_INLINE const struct nf_arpframe *nf_arpframe_read(const struct uk_netbuf *p, unsigned op)
{
	const struct nf_arpframe *f = (const struct nf_arpframe *)(const void *)p->data;

	if (p->len < NF_ARPFRAME_LEN || f->ether.type != nf_inet_hton16(NF_ETHERTYPE_ARP) ||
		f->arp.hw != nf_inet_hton16(1) || f->arp.proto != nf_inet_hton16(NF_ETHERTYPE_IP) ||
		f->arp.hw_len != 6 || f->arp.proto_len != 4 ||
		f->arp.op != nf_inet_hton16((uint16_t)op))
		return NULL;
	return f;
}

#endif
