/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * StoreEtherAddress(ADDR, OFFSET)
 *
 * Writes an Ethernet address into each packet. Packets that are too short for that leave by
 * output 1, or are dropped if there is none.
 *
 *	ADDR    Ethernet address
 *	OFFSET  where to, in bytes; "dst" is 0 and "src" is 6
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push.
 * Handlers: addr (rw).
 * Drops: too short.
 *
 *	... -> StoreEtherAddress(1:1:1:1:1:1, src) -> ...
 */
#include "nf-apps/element/ether/etherfield.h"

enum { STOREETHERADDRESS_SHORT };

struct storeetheraddress_conf {
	uint32_t offset;
};

struct storeetheraddress_state {
	uint8_t addr[6];
};

static int storeetheraddress_configure(struct nf_element *e, struct nf_args *a)
{
	struct storeetheraddress_conf *c = e->conf;
	struct storeetheraddress_state *s = e->state;
	const char *word;

	nf_args_ether(a, "ADDR", NF_ARGS_POS | NF_ARGS_MUST, s->addr);
	if (nf_args_word(a, "OFFSET", NF_ARGS_POS | NF_ARGS_MUST, &word) &&
		!nf_etherfield_offset(word, &c->offset))
		nf_args_error(a, "OFFSET: should be a number, src or dst");
	return nf_args_end(a);
}

static inline int storeetheraddress_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct storeetheraddress_conf *c = conf;
	const struct storeetheraddress_state *s = e->state;

	if (UK_UNLIKELY(p->len < 6 || p->len - 6 < c->offset))
		return nf_etherfield_reject(e, STOREETHERADDRESS_SHORT);
	memcpy(p->data + c->offset, s->addr, 6);
	return 0;
}

NF_EACH_DEFINE(storeetheraddress)

const struct nf_class nf_storeetheraddress = {
	.name = "StoreEtherAddress",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct storeetheraddress_conf),
	.state_size = sizeof(struct storeetheraddress_state),
	.configure = storeetheraddress_configure,
	NF_EACH(storeetheraddress),
	.drops = (const char *const[]){ "too short", NULL },
	.handlers =
		(const struct nf_handler[]){
			NF_ETHERFIELD_ADDR("addr", offsetof(struct storeetheraddress_state, addr)),
			{ .name = NULL } },
};
