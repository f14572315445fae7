/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pad([LENGTH] [, keywords ZERO])
 *
 * Makes packets at least LENGTH bytes long. Without LENGTH, a packet grows by its extra length
 * annotation (what a Truncate cut, or what a trace says the packet had). The annotation is 0
 * afterwards.
 *
 *	LENGTH  bytes that a packet is to have
 *	ZERO    boolean: new bytes are zeros; false leaves whatever is there. Default true
 *
 * Ports: 1 input, 1 output; push or pull.
 * Drops: no room (the packet would not fit in its buffer).
 *
 *	... -> EtherEncap(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2) -> Pad(60) -> ToDevice(0)
 */
#include "nf-apps/click/element.h"

enum { PAD_NO_ROOM };

struct pad_conf {
	uint32_t length;
	bool by_anno, zero;
};

static int pad_configure(struct nf_element *e, struct nf_args *a)
{
	struct pad_conf *c = e->conf;

	c->zero = true;
	c->by_anno = !nf_args_u32(a, "LENGTH", NF_ARGS_POS, &c->length);
	nf_args_bool(a, "ZERO", 0, &c->zero);
	return nf_args_end(a);
}

static inline int pad_each(struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct pad_conf *c = conf;
	uint32_t n;

	if (c->by_anno)
		n = nf_packet_anno_u32(p, NF_ANNO_EXTRA_LENGTH);
	else
		n = p->len < c->length ? c->length - p->len : 0;
	if (n > 0) {
		if (UK_UNLIKELY(!nf_packet_put(p, n)))
			return NF_DROP(PAD_NO_ROOM);
		if (c->zero)
			memset(p->data + p->len - n, 0, n);
	}
	nf_packet_set_anno_u32(p, NF_ANNO_EXTRA_LENGTH, 0);
	return 0;
}

NF_EACH_DEFINE(pad)

const struct nf_class nf_pad = {
	.name = "Pad",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct pad_conf),
	.configure = pad_configure,
	.drops = (const char *const[]){ "no room", NULL },
	.flags = NF_CLASS_ANNO,
	NF_EACH(pad),
};
