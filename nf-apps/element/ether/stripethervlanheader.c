/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * StripEtherVLANHeader([NATIVE_VLAN])
 *
 * Takes the Ethernet header off each packet, and the VLAN tag (IEEE 802.1Q) with it if there is
 * one, and sets the VLAN_TCI annotation to the tag.
 *
 *	NATIVE_VLAN  VLAN_TCI annotation of frames without tag; -1: such frames leave by
 *	             output 1, or are dropped if there is none. Default 0
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push. StripEtherVlanHeader is an old name of
 * this class. Drops: no tag, too short.
 *
 *	FromDevice(0) -> StripEtherVLANHeader(-1) -> CheckIPHeader -> ...
 */
#include "nf-apps/element/ether/etherfield.h"

enum { STRIPETHERVLANHEADER_NO_TAG, STRIPETHERVLANHEADER_SHORT };

struct stripethervlanheader_conf {
	int32_t native;
};

static int stripethervlanheader_configure(struct nf_element *e, struct nf_args *a)
{
	struct stripethervlanheader_conf *c = e->conf;

	nf_args_i32(a, "NATIVE_VLAN", NF_ARGS_POS, &c->native);
	if (c->native > 0xfff)
		nf_args_error(a, "bad NATIVE_VLAN");
	return nf_args_end(a);
}

static inline int stripethervlanheader_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct stripethervlanheader_conf *c = conf;
	uint16_t tci;

	if (UK_UNLIKELY(p->len < NF_ETHER_LEN))
		return nf_etherfield_reject(e, STRIPETHERVLANHEADER_SHORT);
	if (nf_inet_get16(p->data + 12) == NF_ETHERTYPE_VLAN) {
		if (UK_UNLIKELY(p->len < NF_ETHER_LEN + NF_ETHER_VLAN_LEN))
			return nf_etherfield_reject(e, STRIPETHERVLANHEADER_SHORT);
		memcpy(&tci, p->data + 14, 2);
		nf_packet_pull(p, NF_ETHER_LEN + NF_ETHER_VLAN_LEN);
	} else if (c->native >= 0) {
		tci = nf_inet_hton16((uint16_t)c->native);
		nf_packet_pull(p, NF_ETHER_LEN);
	} else {
		return nf_etherfield_reject(e, STRIPETHERVLANHEADER_NO_TAG);
	}
	nf_packet_set_anno_u16(p, NF_ANNO_VLAN_TCI, tci);
	return 0;
}

NF_EACH_DEFINE(stripethervlanheader)

#define STRIPETHERVLANHEADER_CLASS(click_name)                                                     \
	.name = click_name, .ports = "1/1-2", .processing = "a/ah",                                \
	.conf_size = sizeof(struct stripethervlanheader_conf),                                     \
	.configure = stripethervlanheader_configure, NF_EACH(stripethervlanheader),                \
	.drops = (const char *const[]){ "no tag", "too short", NULL }, .flags = NF_CLASS_ANNO

const struct nf_class nf_stripethervlanheader = { STRIPETHERVLANHEADER_CLASS(
	"StripEtherVLANHeader") };
const struct nf_class nf_stripethervlanheader_old = { STRIPETHERVLANHEADER_CLASS(
	"StripEtherVlanHeader") };
