/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EtherVLANEncap(ETHERTYPE, SRC, DST [, VLAN_TCI, VLAN_PCP, keywords VLAN_ID, NATIVE_VLAN])
 *
 * Puts an Ethernet header with a VLAN tag (IEEE 802.1Q) in front of each packet, and marks it.
 *
 *	ETHERTYPE    type of what follows the tag
 *	SRC, DST     Ethernet addresses
 *	VLAN_TCI     the tag's 16 bits, or ANNO: the packet's VLAN_TCI annotation
 *	VLAN_PCP     its priority, 0 to 7, if VLAN_TCI does not say it. Default 0
 *	VLAN_ID      the VLAN, 0 to 0xfff, instead of VLAN_TCI
 *	NATIVE_VLAN  packets of this VLAN get a header without tag; -1: none. Default 0
 *
 * Ports: 1 input, 1 output; push or pull. EtherVlanEncap is an old name of this class.
 * Handlers: src, dst, ethertype, vlan_tci, vlan_id, vlan_pcp, native_vlan (rw).
 * Drops: no room for the header.
 *
 *	... -> EtherVLANEncap(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2, VLAN_ID 7) -> ToDevice(0);
 */
#include "nf-apps/element/ether/vlantci.h"

enum { ETHERVLANENCAP_NO_ROOM };

struct ethervlanencap_state {
	struct nf_vlantci vlan;
	uint8_t dst[6], src[6];
	uint16_t be_type;
};

static int ethervlanencap_configure(struct nf_element *e, struct nf_args *a)
{
	struct ethervlanencap_state *s = e->state;
	uint16_t type = 0;

	nf_args_u16(a, "ETHERTYPE", NF_ARGS_POS | NF_ARGS_MUST, &type);
	nf_args_ether(a, "SRC", NF_ARGS_POS | NF_ARGS_MUST, s->src);
	nf_args_ether(a, "DST", NF_ARGS_POS | NF_ARGS_MUST, s->dst);
	nf_vlantci_args(a, &s->vlan, true);
	s->be_type = nf_inet_hton16(type);
	return nf_args_end(a);
}

static inline int ethervlanencap_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct ethervlanencap_state *s = e->state;
	uint16_t tci = nf_vlantci_of(&s->vlan, p);
	bool is_native = nf_vlantci_is_native(&s->vlan, tci);
	unsigned len = is_native ? NF_ETHER_LEN : NF_ETHER_LEN + NF_ETHER_VLAN_LEN;

	if (UK_UNLIKELY(!nf_packet_push(p, len)))
		return NF_DROP(ETHERVLANENCAP_NO_ROOM);
	memcpy(p->data, s->dst, 6);
	memcpy(p->data + 6, s->src, 6);
	if (!is_native) {
		nf_inet_put16(p->data + 12, NF_ETHERTYPE_VLAN);
		memcpy(p->data + 14, &tci, 2);
	}
	memcpy(p->data + len - 2, &s->be_type, 2);
	nf_etherfield_mark(p, len);
	return 0;
}

NF_EACH_DEFINE(ethervlanencap)

#define ETHERVLANENCAP_AT(field) offsetof(struct ethervlanencap_state, field)

static const struct nf_handler ethervlanencap_handlers[] = {
	NF_ETHERFIELD_ADDR("src", ETHERVLANENCAP_AT(src)),
	NF_ETHERFIELD_ADDR("dst", ETHERVLANENCAP_AT(dst)),
	NF_ETHERFIELD_BE16("ethertype", ETHERVLANENCAP_AT(be_type)),
	NF_VLANTCI_HANDLER("vlan_tci", NF_VLANTCI_TCI),
	NF_VLANTCI_HANDLER("vlan_id", NF_VLANTCI_ID),
	NF_VLANTCI_HANDLER("vlan_pcp", NF_VLANTCI_PCP),
	NF_VLANTCI_HANDLER("native_vlan", NF_VLANTCI_NATIVE),
	{ .name = NULL },
};

#define ETHERVLANENCAP_CLASS(click_name)                                                           \
	.name = click_name, .ports = "1/1", .processing = "a/a",                                   \
	.state_size = sizeof(struct ethervlanencap_state), .configure = ethervlanencap_configure,  \
	NF_EACH(ethervlanencap), .drops = (const char *const[]){ "no room for the header", NULL }, \
	.handlers = ethervlanencap_handlers, .flags = NF_CLASS_ANNO

const struct nf_class nf_ethervlanencap = { ETHERVLANENCAP_CLASS("EtherVLANEncap") };
const struct nf_class nf_ethervlanencap_old = { ETHERVLANENCAP_CLASS("EtherVlanEncap") };
