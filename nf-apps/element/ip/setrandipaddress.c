/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SetRandIPAddress(PREFIX [, LIMIT])
 *
 * Sets each packet's destination annotation to an address drawn at random from PREFIX.
 *
 *	PREFIX  address and prefix
 *	LIMIT   draw from so many addresses at most, which are chosen at the start. 0 to 1048576;
 *	        default: no limit
 *
 * Ports: 1 input, 1 output.
 *
 *	InfiniteSource -> SetRandIPAddress(10.0.0.0/8, 1000) -> ...
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/element.h"

#define SETRANDIPADDRESS_LIMIT_MAX (1u << 20)

struct setrandipaddress_conf {
	uint32_t addr, mask;
	uint32_t limit; /* 0: none */
};

struct setrandipaddress_state {
	uint32_t *addrs; /* limit */
};

static int setrandipaddress_configure(struct nf_element *e, struct nf_args *a)
{
	struct setrandipaddress_conf *c = e->conf;
	int32_t limit = -1;

	nf_args_ip4_prefix(a, "PREFIX", NF_ARGS_POS | NF_ARGS_MUST, &c->addr, &c->mask);
	nf_args_i32(a, "LIMIT", NF_ARGS_POS, &limit);
	if (limit > (int32_t)SETRANDIPADDRESS_LIMIT_MAX)
		nf_args_error(a, "LIMIT: at most %u", SETRANDIPADDRESS_LIMIT_MAX);
	c->limit = limit > 0 ? (uint32_t)limit : 0;
	return nf_args_end(a);
}

static inline uint32_t setrandipaddress_pick(
	struct nf_element *e, const struct setrandipaddress_conf *c)
{
	return (nf_core_random(e->core) & ~c->mask) | (c->addr & c->mask);
}

static int setrandipaddress_initialize(struct nf_element *e, struct nf_errors *errs)
{
	const struct setrandipaddress_conf *c = e->conf;
	struct setrandipaddress_state *s = e->state;

	if (c->limit == 0)
		return 0;
	s->addrs = malloc(c->limit * sizeof(*s->addrs));
	if (s->addrs == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->limit; i++)
		s->addrs[i] = setrandipaddress_pick(e, c);
	return 0;
}

static void setrandipaddress_cleanup(struct nf_element *e)
{
	struct setrandipaddress_state *s = e->state;

	free(s->addrs);
	s->addrs = NULL;
}

static inline int setrandipaddress_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct setrandipaddress_conf *c = conf;
	const struct setrandipaddress_state *s = e->state;

	if (c->limit == 0)
		nf_packet_set_dst_ip(p, setrandipaddress_pick(e, c));
	else
		nf_packet_set_dst_ip(p, s->addrs[nf_core_random(e->core) % c->limit]);
	return 0;
}

NF_EACH_DEFINE(setrandipaddress)

const struct nf_class nf_setrandipaddress = {
	.name = "SetRandIPAddress",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct setrandipaddress_conf),
	.state_size = sizeof(struct setrandipaddress_state),
	.configure = setrandipaddress_configure,
	.initialize = setrandipaddress_initialize,
	.cleanup = setrandipaddress_cleanup,
	NF_EACH(setrandipaddress),
	.flags = NF_CLASS_ANNO,
};
