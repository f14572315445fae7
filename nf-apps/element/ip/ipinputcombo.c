/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPInputCombo(COLOR [, BADSRC, keywords INTERFACES, BADSRC, GOODDST])
 *
 * The usual beginning of an IP router's input in one element: Paint(COLOR) -> Strip(14) ->
 * CheckIPHeader(...) -> GetIPAddress(16). Bad packets are dropped; the first one is reported.
 *
 *	COLOR                        0 to 255
 *	BADSRC                       by position: addresses that no packet may come from; 0.0.0.0
 *	                             and 255.255.255.255 belong to them
 *	INTERFACES, BADSRC, GOODDST  by keyword: as in CheckIPHeader
 *
 * Ports: 1 input, 1 output.
 * Handlers: drops (r): bad packets so far.
 * Drops: those of CheckIPHeader.
 *
 *	FromDevice(0) -> IPInputCombo(1, INTERFACES 10.0.0.1/24) -> LookupIPRoute(...) -> ...
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/ipcheck.h"
#include "nf-apps/element/ip/ipstat.h"

struct ipinputcombo_conf {
	struct nf_ipcheck_conf check;
	uint8_t color;
};

struct ipinputcombo_state {
	struct nf_ipcheck_lists lists;
	struct nf_ipstat stat;
};

static int ipinputcombo_configure(struct nf_element *e, struct nf_args *a)
{
	struct ipinputcombo_conf *c = e->conf;
	struct ipinputcombo_state *s = e->state;

	c->check.checksum = true;
	nf_args_u8(a, "COLOR", NF_ARGS_POS | NF_ARGS_MUST, &c->color);
	nf_ipcheck_args(&s->lists, a);
	if (nf_args_left(a) == 1)
		nf_ipcheck_args_old(&s->lists, a, nf_args_next(a));
	nf_ipcheck_args_end(&c->check, &s->lists);
	return nf_args_end(a);
}

static void ipinputcombo_cleanup(struct nf_element *e)
{
	struct ipinputcombo_state *s = e->state;

	nf_ipcheck_free(&s->lists);
}

static void ipinputcombo_take_state(struct nf_element *e, struct nf_element *old)
{
	struct ipinputcombo_state *s = e->state, *was = old->state;

	nf_ipstat_take(&s->stat, &was->stat);
}

/* Inlined whatever its size: the router runs it for every packet. */
UK_INLINE int ipinputcombo_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct ipinputcombo_conf *c = conf;
	struct ipinputcombo_state *s = e->state;
	int bad = NF_IPCHECK_TINY;

	if (UK_LIKELY(p->len >= NF_ETHER_LEN)) {
		nf_packet_set_anno_u8(p, NF_ANNO_PAINT, c->color);
		nf_packet_pull(p, NF_ETHER_LEN);
		bad = nf_ipcheck(&c->check, &s->lists, p);
		if (UK_LIKELY(bad < 0))
			return 0;
	}
	return nf_ipstat_bad(e, &s->stat, "IP", (unsigned)bad);
}

NF_EACH_DEFINE(ipinputcombo)

const struct nf_class nf_ipinputcombo = {
	.name = "IPInputCombo",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct ipinputcombo_conf),
	.state_size = sizeof(struct ipinputcombo_state),
	.configure = ipinputcombo_configure,
	.cleanup = ipinputcombo_cleanup,
	NF_EACH(ipinputcombo),
	.drops = (const char *const[]){ NF_IPCHECK_DROPS },
	.handlers = (const struct nf_handler[]){ NF_HANDLER_U64("drops", struct ipinputcombo_state,
							 stat.nb_bad),
		{ .name = NULL } },
	.take_state = ipinputcombo_take_state,
	.flags = NF_CLASS_ANNO,
};
