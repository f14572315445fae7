/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VXLANDecap(VNI [, keywords DPORT, CHECKSUM])
 *
 * Takes the Ethernet frame out of each VXLAN packet (RFC 7348) of network VNI. Packets have their
 * IP header marked, and are whole (IPReassembler may stand before). Congestion that the outer
 * header tells of is told on in the inner one (RFC 6040). The destination annotation becomes the
 * outer source address: where the frame came from, which VXLANTunnel learns; the frame's start is
 * marked, other marks are gone.
 *
 *	VNI       network identifier, 0 to 16777215
 *	DPORT     UDP port. Default 4789
 *	CHECKSUM  boolean: a UDP checksum that is there has to be right. Default true
 *
 * Ports: 1 input; output 0: frames; output 1 (optional): packets that are not for this tunnel
 * (another protocol, port or VNI), as they came.
 * Drops: not for this tunnel, malformed (cut short, a fragment, no VNI), bad checksum, congestion
 * (the inner sender does not know ECN).
 *
 *	FromDevice(0) -> Strip(14) -> CheckIPHeader -> VXLANDecap(42) -> ToDevice(1)
 */
#include "nf-apps/element/service/tunnel.h"
#include "nf-apps/element/service/vxlan.h"

enum { VXLANDECAP_OTHER, VXLANDECAP_MALFORMED, VXLANDECAP_CHECKSUM, VXLANDECAP_CONGESTION };

struct vxlandecap_conf {
	uint32_t vni;
	nf_be16 dport;
	bool checksum;
};

static int vxlandecap_configure(struct nf_element *e, struct nf_args *a)
{
	struct vxlandecap_conf *c = e->conf;
	uint16_t dport = NF_VXLAN_PORT;

	c->checksum = true;
	nf_vxlan_args_vni(a, &c->vni);
	nf_args_port(a, "DPORT", 0, NF_IP_UDP, &dport);
	nf_args_bool(a, "CHECKSUM", 0, &c->checksum);
	c->dport = nf_inet_hton16(dport);
	return nf_args_end(a);
}

static inline int vxlandecap_other(const struct nf_element *e)
{
	return e->nb_out > 1 ? 1 : NF_DROP(VXLANDECAP_OTHER);
}

/* The frame is `len` bytes at `frame`, all of them in the packet. */
static inline int vxlandecap_open(
	struct uk_netbuf *p, const struct nf_ip4 *outer, uint8_t *frame, uint32_t len)
{
	uint32_t at = nf_tunnel_ether_len(frame, len);

	if (UK_UNLIKELY(at != 0 && !nf_tunnel_congestion(outer->tos, frame + at, len - at)))
		return NF_DROP(VXLANDECAP_CONGESTION);
	nf_packet_set_dst_ip(p, outer->src);
	p->data = frame;
	p->len = len;
	nf_packet_set_l2(p, frame);
	p->l3_off = p->l4_off = UK_NETBUF_NO_OFF;
	return 0;
}

static inline int vxlandecap_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct vxlandecap_conf *c = conf;
	uint32_t hlen = 0, left = 0, len;
	struct nf_ip4 *ip = nf_tunnel_outer(p, &hlen, &left);
	struct nf_vxlan *h;

	if (UK_UNLIKELY(ip == NULL))
		return NF_DROP(VXLANDECAP_MALFORMED);
	h = (struct nf_vxlan *)(void *)((uint8_t *)ip + hlen);
	if (UK_UNLIKELY(ip->proto != NF_IP_UDP))
		return vxlandecap_other(e);
	if (UK_UNLIKELY(left < sizeof(h->udp)))
		return NF_DROP(VXLANDECAP_MALFORMED);
	if (UK_UNLIKELY(h->udp.dport != c->dport))
		return vxlandecap_other(e);
	len = nf_inet_ntoh16(h->udp.len);
	if (UK_UNLIKELY(len > left || len < sizeof(*h) + NF_ETHER_LEN || !(h->flags & NF_VXLAN_I)))
		return NF_DROP(VXLANDECAP_MALFORMED);
	if (UK_UNLIKELY(nf_inet_ntoh32(h->vni) >> 8 != c->vni))
		return vxlandecap_other(e);
	if (c->checksum && h->udp.csum != 0 && !nf_ip4_l4_csum_ok(ip, h, (uint16_t)len))
		return NF_DROP(VXLANDECAP_CHECKSUM);
	return vxlandecap_open(p, ip, (uint8_t *)(h + 1), len - (uint32_t)sizeof(*h));
}

NF_EACH_DEFINE(vxlandecap)

const struct nf_class nf_vxlandecap = {
	.name = "VXLANDecap",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct vxlandecap_conf),
	.configure = vxlandecap_configure,
	NF_EACH(vxlandecap),
	.drops = (const char *const[]){ "not for this tunnel", "malformed", "bad checksum",
		"congestion", NULL },
	.flags = NF_CLASS_ANNO,
};
