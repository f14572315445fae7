/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EtherEncap(ETHERTYPE, SRC, DST)
 *
 * Puts an Ethernet header in front of each packet, and marks it.
 *
 *	ETHERTYPE  0 to 0xffff
 *	SRC, DST   Ethernet addresses
 *
 * Ports: 1 input, 1 output; push or pull.
 * Handlers: src, dst, ethertype (rw); etht (rw) is an old name of ethertype.
 * Drops: no room for the header.
 *
 *	... -> EtherEncap(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2) -> ...
 */
#include "nf-apps/element/ether/etherfield.h"

enum { ETHERENCAP_NO_ROOM };

struct etherencap_state {
	struct nf_ether hdr;
};

static int etherencap_configure(struct nf_element *e, struct nf_args *a)
{
	struct etherencap_state *s = e->state;
	uint16_t type = 0;

	nf_args_u16(a, "ETHERTYPE", NF_ARGS_POS | NF_ARGS_MUST, &type);
	nf_args_ether(a, "SRC", NF_ARGS_POS | NF_ARGS_MUST, s->hdr.src);
	nf_args_ether(a, "DST", NF_ARGS_POS | NF_ARGS_MUST, s->hdr.dst);
	s->hdr.type = nf_inet_hton16(type);
	return nf_args_end(a);
}

static inline int etherencap_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct etherencap_state *s = e->state;

	if (UK_UNLIKELY(!nf_packet_push(p, NF_ETHER_LEN)))
		return NF_DROP(ETHERENCAP_NO_ROOM);
	memcpy(p->data, &s->hdr, NF_ETHER_LEN);
	nf_etherfield_mark(p, NF_ETHER_LEN);
	return 0;
}

NF_EACH_DEFINE(etherencap)

#define ETHERENCAP_AT(field) offsetof(struct etherencap_state, hdr.field)

static const struct nf_handler etherencap_handlers[] = {
	NF_ETHERFIELD_ADDR("src", ETHERENCAP_AT(src)),
	NF_ETHERFIELD_ADDR("dst", ETHERENCAP_AT(dst)),
	NF_ETHERFIELD_BE16("ethertype", ETHERENCAP_AT(type)),
	NF_ETHERFIELD_BE16("etht", ETHERENCAP_AT(type)),
	{ .name = NULL },
};

const struct nf_class nf_etherencap = {
	.name = "EtherEncap",
	.ports = "1/1",
	.processing = "a/a",
	.state_size = sizeof(struct etherencap_state),
	.configure = etherencap_configure,
	NF_EACH(etherencap),
	.drops = (const char *const[]){ "no room for the header", NULL },
	.handlers = etherencap_handlers,
};
