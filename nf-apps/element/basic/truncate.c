/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Truncate(LENGTH [, keywords EXTRA_LENGTH])
 *
 * Cuts packets to at most LENGTH bytes.
 *
 *	LENGTH        bytes that a packet may have
 *	EXTRA_LENGTH  boolean: adds what was cut to the packet's extra length annotation, so that
 *	              a Pad can make it as long again. Default true
 *
 * Ports: 1 input, 1 output; push or pull.
 *
 *	... -> Truncate(64) -> ToDump(heads.pcap)
 */
#include "nf-apps/click/element.h"

struct truncate_conf {
	uint32_t length;
	bool extra_length;
};

static int truncate_configure(struct nf_element *e, struct nf_args *a)
{
	struct truncate_conf *c = e->conf;

	c->extra_length = true;
	nf_args_u32(a, "LENGTH", NF_ARGS_POS | NF_ARGS_MUST, &c->length);
	nf_args_bool(a, "EXTRA_LENGTH", 0, &c->extra_length);
	return nf_args_end(a);
}

static inline int truncate_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct truncate_conf *c = conf;
	uint32_t cut;

	if (p->len <= c->length)
		return 0;
	cut = p->len - c->length;
	nf_packet_take(p, cut);
	if (c->extra_length)
		nf_packet_set_anno_u32(
			p, NF_ANNO_EXTRA_LENGTH, nf_packet_anno_u32(p, NF_ANNO_EXTRA_LENGTH) + cut);
	return 0;
}

NF_EACH_DEFINE(truncate)

const struct nf_class nf_truncate = {
	.name = "Truncate",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct truncate_conf),
	.configure = truncate_configure,
	.flags = NF_CLASS_ANNO,
	NF_EACH(truncate),
};
