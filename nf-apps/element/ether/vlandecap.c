/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VLANDecap([ANNO, keywords ETHERTYPE])
 *
 * Takes the VLAN tag (IEEE 802.1Q) out of Ethernet frames that have one; others pass as they
 * are.
 *
 *	ANNO       boolean: set the VLAN_TCI annotation to the tag, or to 0. Default true
 *	ETHERTYPE  type of the tag. Default 0x8100
 *
 * Ports: 1 input, 1 output; push or pull.
 * Drops: too short (no Ethernet header).
 *
 *	FromDevice(0) -> VLANDecap -> ...
 */
#include "nf-apps/element/ether/etherfield.h"

enum { VLANDECAP_SHORT };

struct vlandecap_conf {
	uint16_t be_type;
	bool anno;
};

static int vlandecap_configure(struct nf_element *e, struct nf_args *a)
{
	struct vlandecap_conf *c = e->conf;
	uint16_t type = NF_ETHERTYPE_VLAN;

	c->anno = true;
	nf_args_bool(a, "ANNO", NF_ARGS_POS, &c->anno);
	nf_args_u16(a, "ETHERTYPE", 0, &type);
	c->be_type = nf_inet_hton16(type);
	return nf_args_end(a);
}

static inline int vlandecap_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct vlandecap_conf *c = conf;
	uint16_t type, tci = 0;
	uint8_t addrs[12];

	if (UK_UNLIKELY(p->len < NF_ETHER_LEN))
		return NF_DROP(VLANDECAP_SHORT);
	memcpy(&type, p->data + 12, 2);
	if (type == c->be_type && p->len >= NF_ETHER_LEN + NF_ETHER_VLAN_LEN) {
		memcpy(&tci, p->data + 14, 2);
		memcpy(addrs, p->data, sizeof(addrs));
		nf_packet_pull(p, NF_ETHER_VLAN_LEN);
		memcpy(p->data, addrs, sizeof(addrs));
	}
	nf_etherfield_mark(p, NF_ETHER_LEN);
	if (c->anno)
		nf_packet_set_anno_u16(p, NF_ANNO_VLAN_TCI, tci);
	return 0;
}

NF_EACH_DEFINE(vlandecap)

const struct nf_class nf_vlandecap = {
	.name = "VLANDecap",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct vlandecap_conf),
	.configure = vlandecap_configure,
	NF_EACH(vlandecap),
	.drops = (const char *const[]){ "too short", NULL },
	.flags = NF_CLASS_ANNO,
};
