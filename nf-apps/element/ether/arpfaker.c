/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARPFaker(DSTIP, DSTETH, SRCIP, SRCETH)
 *
 * Every ten seconds sends an ARP reply (RFC 826) to DSTIP at DSTETH that says that SRCIP is at
 * SRCETH.
 *
 * Ports: no input, 1 output; push.
 * Handlers: count (r): replies sent.
 * Drops: no buffer.
 *
 *	ARPFaker(10.0.0.2, 2:2:2:2:2:2, 10.0.0.99, 1:1:1:1:1:1) -> ToDevice(0);
 */
#include "nf-apps/element/ether/arpframe.h"

#define ARPFAKER_PERIOD_NS 10000000000ull

enum { ARPFAKER_NO_BUFFER };

struct arpfaker_conf {
	uint32_t be_dst, be_src;
	uint8_t dst[6], src[6];
};

struct arpfaker_state {
	struct nf_timer timer;
	uint64_t nb;
};

static int arpfaker_configure(struct nf_element *e, struct nf_args *a)
{
	struct arpfaker_conf *c = e->conf;

	nf_args_ip4(a, "DSTIP", NF_ARGS_POS | NF_ARGS_MUST, &c->be_dst);
	nf_args_ether(a, "DSTETH", NF_ARGS_POS | NF_ARGS_MUST, c->dst);
	nf_args_ip4(a, "SRCIP", NF_ARGS_POS | NF_ARGS_MUST, &c->be_src);
	nf_args_ether(a, "SRCETH", NF_ARGS_POS | NF_ARGS_MUST, c->src);
	return nf_args_end(a);
}

static void arpfaker_run(struct nf_element *e, void *arg)
{
	const struct arpfaker_conf *c = e->conf;
	struct arpfaker_state *s = e->state;
	struct uk_netbuf *p = nf_packet_alloc(&e->core->pools, UK_NETBUF_HEADROOM, NF_ARPFRAME_LEN);

	(void)!nf_timer_after_ns(&s->timer, ARPFAKER_PERIOD_NS);
	if (p == NULL) {
		e->drops[NF_ELEMENT_DROPS_OWN + ARPFAKER_NO_BUFFER]++;
		return;
	}
	nf_arpframe_write(p->data, NF_ARPFRAME_REPLY, c->src, c->be_src, c->dst, c->dst, c->be_dst);
	nf_etherfield_mark(p, NF_ETHER_LEN);
	s->nb++;
	nf_element_emit_one(e, 0, p);
}

static int arpfaker_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct arpfaker_state *s = e->state;

	nf_timer_init(&s->timer, e, arpfaker_run, NULL);
	return nf_timer_after_ns(&s->timer, 0);
}

const struct nf_class nf_arpfaker = {
	.name = "ARPFaker",
	.ports = "0/1",
	.processing = "h/h",
	.conf_size = sizeof(struct arpfaker_conf),
	.state_size = sizeof(struct arpfaker_state),
	.configure = arpfaker_configure,
	.initialize = arpfaker_initialize,
	.drops = (const char *const[]){ "no buffer", NULL },
	.handlers = (const struct nf_handler[]){ NF_HANDLER_U64("count", struct arpfaker_state, nb),
		{ .name = NULL } },
};
