/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SetTimestamp([TIMESTAMP] [, keywords FIRST, DELTA])
 *
 * Sets each packet's time stamp annotation.
 *
 *	TIMESTAMP  seconds since 1970, with units if wanted. Default: now
 *	FIRST      boolean: sets the annotation "first timestamp" instead. Default false
 *	DELTA      boolean: sets the time stamp to the time between the first timestamp and it;
 *	           not with the other arguments. Default false
 *
 * Ports: 1 input, 1 output; push or pull.
 *
 *	... -> SetTimestamp -> Queue -> ...
 */
#include "nf-apps/click/element.h"

struct settimestamp_conf {
	uint64_t time_ns;
	bool given, first, delta;
};

static int settimestamp_configure(struct nf_element *e, struct nf_args *a)
{
	struct settimestamp_conf *c = e->conf;

	c->given = nf_args_time_ns(a, "TIMESTAMP", NF_ARGS_POS, &c->time_ns);
	nf_args_bool(a, "FIRST", 0, &c->first);
	nf_args_bool(a, "DELTA", 0, &c->delta);
	if (c->delta && (c->given || c->first))
		nf_args_error(a, "DELTA: stands alone; no TIMESTAMP or FIRST with it");
	return nf_args_end(a);
}

static inline int settimestamp_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct settimestamp_conf *c = conf;
	struct nf_anno *anno = nf_packet_anno(p);
	uint64_t ns;

	if (c->delta) {
		memcpy(&ns, anno->user + NF_ANNO_FIRST_TIME, sizeof(ns));
		anno->time_ns = anno->time_ns > ns ? anno->time_ns - ns : 0;
		return 0;
	}
	ns = c->given ? c->time_ns : nf_core_wall_ns();
	if (c->first)
		memcpy(anno->user + NF_ANNO_FIRST_TIME, &ns, sizeof(ns));
	else
		anno->time_ns = ns;
	return 0;
}

NF_EACH_DEFINE(settimestamp)

const struct nf_class nf_settimestamp = {
	.name = "SetTimestamp",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct settimestamp_conf),
	.configure = settimestamp_configure,
	.flags = NF_CLASS_ANNO,
	NF_EACH(settimestamp),
};
