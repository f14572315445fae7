/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VXLANEncap(SRC, DST, VNI [, keywords SPORT, DPORT, CHECKSUM, TTL, DSCP, DF, MTU])
 *
 * Puts each Ethernet frame into a VXLAN packet (RFC 7348): VXLAN, UDP and IPv4 headers in front of
 * it, 50 bytes. The UDP source port comes from a hash of the inner addresses, protocol and ports,
 * so that paths and queues on the way keep flows apart and in order. The inner congestion field
 * (ECN) is copied (RFC 6040). Marks the outer header; the destination annotation becomes DST.
 *
 *	SRC       own address
 *	DST       address of the other end (VTEP); DST_ANNO: the packet's destination annotation,
 *	          as VXLANTunnel sets it
 *	VNI       network identifier, 0 to 16777215
 *	SPORT     a fixed source port. Default: 49152 to 65535 by hash
 *	DPORT     destination port. Default 4789
 *	CHECKSUM  boolean: UDP checksum. Default false, as RFC 7348 has it
 *	TTL       1 to 255, or inherit: the inner packet's. Default 64
 *	DSCP      0 to 63, or inherit. Default 0
 *	DF        boolean: outer packets are not to be fragmented. Default false
 *	MTU       longest outer IP packet. Default 0: 65535
 *
 * Ports: 1 input; output 0: packets; output 1 (optional): frames that are too long, as they came.
 * Drops: too long, too short (no Ethernet header), no room for headers.
 *
 *	lan -> VXLANEncap(10.0.0.1, 10.0.0.2, 42, MTU 1500) -> arpq :: ARPQuerier(...)
 */
#include "nf-apps/element/service/tunnel.h"
#include "nf-apps/element/service/vxlan.h"

enum { VXLANENCAP_LONG, VXLANENCAP_SHORT, VXLANENCAP_NO_ROOM };

#define VXLANENCAP_SPORT_FIRST 0xc000 /* RFC 7348, 5: of the dynamic ports */

struct vxlanencap_conf {
	struct nf_tunnel t;
	uint32_t be_vni; /* as in the header */
	uint16_t sport, dport;
	bool checksum;
};

struct vxlanencap_state {
	uint16_t id;
};

static int vxlanencap_configure(struct nf_element *e, struct nf_args *a)
{
	struct vxlanencap_conf *c = e->conf;
	uint32_t vni = 0;

	c->dport = NF_VXLAN_PORT;
	nf_tunnel_args(&c->t, a);
	nf_vxlan_args_vni(a, &vni);
	nf_args_port(a, "SPORT", 0, NF_IP_UDP, &c->sport);
	nf_args_port(a, "DPORT", 0, NF_IP_UDP, &c->dport);
	nf_args_bool(a, "CHECKSUM", 0, &c->checksum);
	c->be_vni = nf_inet_hton32(vni << 8);
	nf_tunnel_prepare(&c->t, NF_IP_UDP);
	return nf_args_end(a);
}

static inline int vxlanencap_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct vxlanencap_conf *c = conf;
	struct vxlanencap_state *s = e->state;
	struct nf_tunnel_inner inner;
	struct nf_vxlan *h;
	uint16_t len, sport;

	if (UK_UNLIKELY(p->len < NF_ETHER_LEN))
		return NF_DROP(VXLANENCAP_SHORT);
	if (UK_UNLIKELY(!nf_tunnel_fits(&c->t, p->len + NF_IP4_HLEN + (uint32_t)sizeof(*h))))
		return e->nb_out > 1 ? 1 : NF_DROP(VXLANENCAP_LONG);
	inner = nf_tunnel_look_ether(p->data, p->len);
	if (UK_UNLIKELY(!nf_packet_push(p, NF_IP4_HLEN + sizeof(*h))))
		return NF_DROP(VXLANENCAP_NO_ROOM);
	nf_tunnel_header(p, &c->t, NF_IP_UDP, &inner, c->t.df ? 0 : s->id++);
	len = (uint16_t)(p->len - NF_IP4_HLEN);
	sport = c->sport != 0 ? c->sport
			      : (uint16_t)(VXLANENCAP_SPORT_FIRST | (inner.hash & 0x3fff));
	h = (struct nf_vxlan *)(void *)(p->data + NF_IP4_HLEN);
	*h = (struct nf_vxlan){ .udp = { .sport = nf_inet_hton16(sport),
					.dport = nf_inet_hton16(c->dport),
					.len = nf_inet_hton16(len) },
		.flags = NF_VXLAN_I,
		.vni = c->be_vni };
	if (c->checksum)
		h->udp.csum = nf_ip4_udp_csum((const struct nf_ip4 *)(void *)p->data, h, len);
	return 0;
}

static void vxlanencap_take_state(struct nf_element *e, struct nf_element *old)
{
	*(struct vxlanencap_state *)e->state = *(const struct vxlanencap_state *)old->state;
}

NF_EACH_DEFINE(vxlanencap)

const struct nf_class nf_vxlanencap = {
	.name = "VXLANEncap",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct vxlanencap_conf),
	.state_size = sizeof(struct vxlanencap_state),
	.configure = vxlanencap_configure,
	NF_EACH(vxlanencap),
	.drops = (const char *const[]){ "too long", "too short", "no room for headers", NULL },
	.take_state = vxlanencap_take_state,
	.flags = NF_CLASS_ANNO,
};
