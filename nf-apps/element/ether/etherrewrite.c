/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EtherRewrite(SRC, DST)
 *
 * Sets the source and the destination address of Ethernet frames; their type stays. For a link
 * with one possible next hop, in front of a transparent firewall for example.
 *
 *	SRC, DST  Ethernet addresses
 *
 * Ports: 1 input, 1 output; push or pull.
 * Handlers: src, dst (rw).
 * Drops: too short (no Ethernet header).
 *
 *	... -> EtherRewrite(1:1:1:1:1:1, 2:2:2:2:2:2) -> ...
 */
#include "nf-apps/element/ether/etherfield.h"

enum { ETHERREWRITE_SHORT };

struct etherrewrite_state {
	uint8_t dst[6], src[6];
};

static int etherrewrite_configure(struct nf_element *e, struct nf_args *a)
{
	struct etherrewrite_state *s = e->state;

	nf_args_ether(a, "SRC", NF_ARGS_POS | NF_ARGS_MUST, s->src);
	nf_args_ether(a, "DST", NF_ARGS_POS | NF_ARGS_MUST, s->dst);
	return nf_args_end(a);
}

static inline int etherrewrite_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct etherrewrite_state *s = e->state;

	if (UK_UNLIKELY(p->len < NF_ETHER_LEN))
		return NF_DROP(ETHERREWRITE_SHORT);
	memcpy(p->data, s, sizeof(*s));
	return 0;
}

NF_EACH_DEFINE(etherrewrite)

static const struct nf_handler etherrewrite_handlers[] = {
	NF_ETHERFIELD_ADDR("src", offsetof(struct etherrewrite_state, src)),
	NF_ETHERFIELD_ADDR("dst", offsetof(struct etherrewrite_state, dst)),
	{ .name = NULL },
};

const struct nf_class nf_etherrewrite = {
	.name = "EtherRewrite",
	.ports = "1/1",
	.processing = "a/a",
	.state_size = sizeof(struct etherrewrite_state),
	.configure = etherrewrite_configure,
	NF_EACH(etherrewrite),
	.drops = (const char *const[]){ "too short", NULL },
	.handlers = etherrewrite_handlers,
};
