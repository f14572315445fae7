/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SetVLANAnno([VLAN_TCI, VLAN_PCP, keywords VLAN_ID])
 *
 * Sets each packet's VLAN_TCI annotation.
 *
 *	VLAN_TCI  all 16 bits of it
 *	VLAN_PCP  the priority, 0 to 7, if VLAN_TCI does not say it. Default 0
 *	VLAN_ID   the VLAN, 0 to 0xfff, instead of VLAN_TCI
 *
 * Ports: 1 input, 1 output; push or pull. SetVlanAnno is an old name of this class.
 * Handlers: vlan_tci, vlan_id, vlan_pcp (rw).
 *
 *	... -> SetVLANAnno(VLAN_ID 7) -> EtherVLANEncap(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2, ANNO)
 */
#include "nf-apps/element/ether/vlantci.h"

static int setvlananno_configure(struct nf_element *e, struct nf_args *a)
{
	nf_vlantci_args(a, e->state, false);
	return nf_args_end(a);
}

static inline int setvlananno_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct nf_vlantci *t = e->state;

	nf_packet_set_anno_u16(p, NF_ANNO_VLAN_TCI, t->be_tci);
	return 0;
}

NF_EACH_DEFINE(setvlananno)

static const struct nf_handler setvlananno_handlers[] = {
	NF_VLANTCI_HANDLER("vlan_tci", NF_VLANTCI_TCI),
	NF_VLANTCI_HANDLER("vlan_id", NF_VLANTCI_ID),
	NF_VLANTCI_HANDLER("vlan_pcp", NF_VLANTCI_PCP),
	{ .name = NULL },
};

#define SETVLANANNO_CLASS(click_name)                                                              \
	.name = click_name, .ports = "1/1", .processing = "a/a",                                   \
	.state_size = sizeof(struct nf_vlantci), .configure = setvlananno_configure,               \
	NF_EACH(setvlananno), .handlers = setvlananno_handlers, .flags = NF_CLASS_ANNO

const struct nf_class nf_setvlananno = { SETVLANANNO_CLASS("SetVLANAnno") };
const struct nf_class nf_setvlananno_old = { SETVLANANNO_CLASS("SetVlanAnno") };
