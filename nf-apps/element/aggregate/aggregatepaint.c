/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AggregatePaint([BITS, keyword INCREMENTAL])
 *
 * Sets the aggregate annotation to the packet's color (paint annotation).
 *
 *	BITS n            only its lowest n bits, 1 to 8. Default 8
 *	INCREMENTAL bool  the old annotation goes on in front: old * 2^BITS + color. Default false
 *
 * Ports: 1 input, 1 output; push or pull.
 *
 *	... -> AggregatePaint(1) -> AggregateCounter -> ...
 */
#include "nf-apps/click/element.h"

struct aggregatepaint_conf {
	uint32_t bits;
	bool incremental;
};

static int aggregatepaint_configure(struct nf_element *e, struct nf_args *a)
{
	struct aggregatepaint_conf *c = e->conf;

	c->bits = 8;
	if (nf_args_u32(a, "BITS", NF_ARGS_POS, &c->bits) && (c->bits < 1 || c->bits > 8))
		nf_args_error(a, "BITS is from 1 to 8");
	nf_args_bool(a, "INCREMENTAL", 0, &c->incremental);
	return nf_args_end(a);
}

static inline int aggregatepaint_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct aggregatepaint_conf *c = conf;
	uint32_t v = nf_packet_anno_u8(p, NF_ANNO_PAINT) & ((1u << c->bits) - 1);

	if (c->incremental)
		v += nf_packet_anno_u32(p, NF_ANNO_AGGREGATE) << c->bits;
	nf_packet_set_anno_u32(p, NF_ANNO_AGGREGATE, v);
	return 0;
}

NF_EACH_DEFINE(aggregatepaint)

const struct nf_class nf_aggregatepaint = {
	.name = "AggregatePaint",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct aggregatepaint_conf),
	.configure = aggregatepaint_configure,
	.flags = NF_CLASS_ANNO,
	NF_EACH(aggregatepaint),
};
