/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AggregateLength([keyword IP])
 *
 * Sets the aggregate annotation to the packet's length, with what the extra length annotation says
 * was cut off.
 *
 *	IP bool  from the network header on. Default false
 *
 * Ports: 1 input, 1 or 2 outputs, the second is push: with IP, packets without a network header;
 * without it they are dropped. Push or pull.
 * Drops: no network header.
 *
 *	... -> AggregateLength(IP true) -> AggregateCounter -> ...
 */
#include "nf-apps/click/element.h"

enum { AGGREGATELENGTH_NO_HEADER };

struct aggregatelength_conf {
	bool ip;
};

static int aggregatelength_configure(struct nf_element *e, struct nf_args *a)
{
	nf_args_bool(a, "IP", 0, &((struct aggregatelength_conf *)e->conf)->ip);
	return nf_args_end(a);
}

static inline int aggregatelength_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct aggregatelength_conf *c = conf;
	uint32_t len = p->len;

	if (c->ip) {
		const uint8_t *ip = nf_packet_l3(p);

		if (ip == NULL || nf_packet_left(p, ip) == 0)
			return e->nb_out > 1 ? 1 : NF_DROP(AGGREGATELENGTH_NO_HEADER);
		len = nf_packet_left(p, ip);
	}
	nf_packet_set_anno_u32(
		p, NF_ANNO_AGGREGATE, len + nf_packet_anno_u32(p, NF_ANNO_EXTRA_LENGTH));
	return 0;
}

NF_EACH_DEFINE(aggregatelength)

const struct nf_class nf_aggregatelength = {
	.name = "AggregateLength",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct aggregatelength_conf),
	.configure = aggregatelength_configure,
	.drops = (const char *const[]){ "no network header", NULL },
	.flags = NF_CLASS_ANNO,
	NF_EACH(aggregatelength),
};
