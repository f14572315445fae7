/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SetEtherAddress(ADDR, ANNO)
 *
 * Sets six bytes of each packet's annotations to an Ethernet address.
 *
 *	ADDR  Ethernet address
 *	ANNO  annotation, by name or number
 *
 * Ports: 1 input, 1 output; push or pull.
 * Handlers: addr (rw).
 *
 *	... -> SetEtherAddress(1:1:1:1:1:1, 24) -> ...
 */
#include "nf-apps/element/ether/etherfield.h"

struct setetheraddress_conf {
	uint8_t at;
};

struct setetheraddress_state {
	uint8_t addr[6];
};

static int setetheraddress_configure(struct nf_element *e, struct nf_args *a)
{
	struct setetheraddress_conf *c = e->conf;
	struct setetheraddress_state *s = e->state;

	nf_args_ether(a, "ADDR", NF_ARGS_POS | NF_ARGS_MUST, s->addr);
	nf_args_anno(a, "ANNO", NF_ARGS_POS | NF_ARGS_MUST, 6, &c->at);
	return nf_args_end(a);
}

static inline int setetheraddress_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct setetheraddress_conf *c = conf;
	const struct setetheraddress_state *s = e->state;

	memcpy(nf_packet_anno(p)->user + c->at, s->addr, 6);
	return 0;
}

NF_EACH_DEFINE(setetheraddress)

const struct nf_class nf_setetheraddress = {
	.name = "SetEtherAddress",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct setetheraddress_conf),
	.state_size = sizeof(struct setetheraddress_state),
	.configure = setetheraddress_configure,
	NF_EACH(setetheraddress),
	.handlers =
		(const struct nf_handler[]){
			NF_ETHERFIELD_ADDR("addr", offsetof(struct setetheraddress_state, addr)),
			{ .name = NULL } },
	.flags = NF_CLASS_ANNO,
};
