/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The arguments and handlers VLAN_TCI, VLAN_ID, VLAN_PCP and NATIVE_VLAN that the VLAN elements
 * share. Their state begins with a struct nf_vlantci.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_ETHER_VLANTCI_H
#define SLUICE_NF_APPS_ELEMENT_ETHER_VLANTCI_H

#include "nf-apps/element/ether/etherfield.h"

/* IEEE 802.1Q: priority (3 bits), drop eligible, VLAN (12 bits). */
struct nf_vlantci {
	uint16_t be_tci;
	bool use_anno;     /* the packet's annotation is taken instead */
	int32_t be_native; /* VLAN without a tag, network order; -1: none */
};

#define NF_VLANTCI_BE_ID 0xff0f /* the VLAN in network order */

/* "ANNO" may be the TCI if `has_anno`; then NATIVE_VLAN is an argument, too. */
void nf_vlantci_args(struct nf_args *a, struct nf_vlantci *t, bool has_anno);

/* arg: enum nf_vlantci_field */
int nf_vlantci_read(struct nf_element *e, uintptr_t arg, const char *param, struct nf_text *out,
	struct nf_errors *errs);
int nf_vlantci_write(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);

enum nf_vlantci_field { NF_VLANTCI_TCI, NF_VLANTCI_ID, NF_VLANTCI_PCP, NF_VLANTCI_NATIVE };

#define NF_VLANTCI_HANDLER(nm, field)                                                              \
	{                                                                                          \
		.name = nm, .read = nf_vlantci_read, .write = nf_vlantci_write, .arg = field       \
	}

/* The tag of this packet. */
UK_INLINE uint16_t nf_vlantci_of(const struct nf_vlantci *t, const struct uk_netbuf *p)
{
	return t->use_anno ? nf_packet_anno_u16(p, NF_ANNO_VLAN_TCI) : t->be_tci;
}

UK_INLINE bool nf_vlantci_is_native(const struct nf_vlantci *t, uint16_t be_tci)
{
	return (be_tci & NF_VLANTCI_BE_ID) == t->be_native;
}

#endif
