/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VLANEncap([VLAN_TCI, VLAN_PCP, keywords VLAN_ID, NATIVE_VLAN, ETHERTYPE])
 *
 * Puts a VLAN tag (IEEE 802.1Q) into Ethernet frames, behind the addresses.
 *
 *	VLAN_TCI     the tag's 16 bits, or ANNO: the packet's VLAN_TCI annotation
 *	VLAN_PCP     its priority, 0 to 7, if VLAN_TCI does not say it. Default 0
 *	VLAN_ID      the VLAN, 0 to 0xfff, instead of VLAN_TCI
 *	NATIVE_VLAN  frames of this VLAN stay without tag; -1: none. Default 0
 *	ETHERTYPE    type of the tag; 0x88a8 is 802.1ad's. Default 0x8100
 *
 * Ports: 1 input, 1 output; push or pull.
 * Handlers: vlan_tci, vlan_id, vlan_pcp, native_vlan, ethertype (rw).
 * Drops: too short (no Ethernet header), no room for the tag.
 *
 *	... -> VLANEncap(VLAN_ID 7, VLAN_PCP 3) -> ToDevice(0);
 */
#include "nf-apps/element/ether/vlantci.h"

enum { VLANENCAP_SHORT, VLANENCAP_NO_ROOM };

struct vlanencap_state {
	struct nf_vlantci vlan;
	uint16_t be_type;
};

static int vlanencap_configure(struct nf_element *e, struct nf_args *a)
{
	struct vlanencap_state *s = e->state;
	uint16_t type = NF_ETHERTYPE_VLAN;

	nf_vlantci_args(a, &s->vlan, true);
	nf_args_u16(a, "ETHERTYPE", 0, &type);
	s->be_type = nf_inet_hton16(type);
	return nf_args_end(a);
}

static inline int vlanencap_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct vlanencap_state *s = e->state;
	uint16_t tci = nf_vlantci_of(&s->vlan, p);
	uint8_t addrs[12];

	if (UK_UNLIKELY(p->len < NF_ETHER_LEN))
		return NF_DROP(VLANENCAP_SHORT);
	if (nf_vlantci_is_native(&s->vlan, tci)) {
		nf_etherfield_mark(p, NF_ETHER_LEN);
		return 0;
	}
	memcpy(addrs, p->data, sizeof(addrs));
	if (UK_UNLIKELY(!nf_packet_push(p, NF_ETHER_VLAN_LEN)))
		return NF_DROP(VLANENCAP_NO_ROOM);
	memcpy(p->data, addrs, sizeof(addrs));
	memcpy(p->data + 12, &s->be_type, 2);
	memcpy(p->data + 14, &tci, 2);
	nf_etherfield_mark(p, NF_ETHER_LEN + NF_ETHER_VLAN_LEN);
	return 0;
}

NF_EACH_DEFINE(vlanencap)

static const struct nf_handler vlanencap_handlers[] = {
	NF_VLANTCI_HANDLER("vlan_tci", NF_VLANTCI_TCI),
	NF_VLANTCI_HANDLER("vlan_id", NF_VLANTCI_ID),
	NF_VLANTCI_HANDLER("vlan_pcp", NF_VLANTCI_PCP),
	NF_VLANTCI_HANDLER("native_vlan", NF_VLANTCI_NATIVE),
	NF_ETHERFIELD_BE16("ethertype", offsetof(struct vlanencap_state, be_type)),
	{ .name = NULL },
};

const struct nf_class nf_vlanencap = {
	.name = "VLANEncap",
	.ports = "1/1",
	.processing = "a/a",
	.state_size = sizeof(struct vlanencap_state),
	.configure = vlanencap_configure,
	NF_EACH(vlanencap),
	.drops = (const char *const[]){ "too short", "no room for the tag", NULL },
	.handlers = vlanencap_handlers,
	.flags = NF_CLASS_ANNO,
};
