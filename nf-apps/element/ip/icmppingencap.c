/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMPPingEncap(SRC, DST [, keyword IDENTIFIER])
 *
 * Makes each packet the payload of an ICMP echo request: puts an ICMP and an IP header in front
 * and marks them; the destination annotation becomes DST. Sequence number and IP identification
 * count up together from 1, without 0. Both the sequence number and IDENTIFIER are in network
 * order. The time to live is 255.
 *
 *	SRC, DST    addresses
 *	IDENTIFIER  0 to 65535; default 0
 *
 * Ports: 1 input, 1 output.
 * Handlers: src, dst (rw).
 * Drops: too long for IP, no room for headers.
 *
 *	RatedSource(RATE 1) -> ICMPPingEncap(10.0.0.1, 10.0.0.2) -> ...
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/icmp4.h"
#include "nf-apps/element/ip/ip4encap.h"
#include "nf-apps/element/ip/ipfield.h"

#define ICMPPINGENCAP_TTL 255

struct icmppingencap_conf {
	uint16_t identifier;
};

struct icmppingencap_state {
	uint32_t src, dst;
	uint16_t id;
};

static int icmppingencap_configure(struct nf_element *e, struct nf_args *a)
{
	struct icmppingencap_conf *c = e->conf;
	struct icmppingencap_state *s = e->state;

	s->id = 1;
	nf_args_ip4(a, "SRC", NF_ARGS_POS | NF_ARGS_MUST, &s->src);
	nf_args_ip4(a, "DST", NF_ARGS_POS | NF_ARGS_MUST, &s->dst);
	nf_args_u16(a, "IDENTIFIER", 0, &c->identifier);
	return nf_args_end(a);
}

static void icmppingencap_take_state(struct nf_element *e, struct nf_element *old)
{
	struct icmppingencap_state *s = e->state, *was = old->state;

	s->id = was->id;
}

static inline int icmppingencap_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct icmppingencap_conf *c = conf;
	struct icmppingencap_state *s = e->state;
	struct nf_ip4encap h = { .src = s->src,
		.dst = s->dst,
		.id = s->id,
		.proto = NF_IP_ICMP,
		.ttl = ICMPPINGENCAP_TTL };
	int rc = nf_ip4encap_room(p, NF_IP4_HLEN + sizeof(struct nf_icmp));

	if (UK_UNLIKELY(rc >= 0))
		return NF_DROP(rc);
	nf_ip4encap_icmp(p, &h, NF_ICMP4_ECHO, 0, c->identifier);
	nf_packet_set_dst_ip(p, h.dst);
	s->id = s->id == UINT16_MAX ? 1 : (uint16_t)(s->id + 1);
	return 0;
}

NF_EACH_DEFINE(icmppingencap)

const struct nf_class nf_icmppingencap = {
	.name = "ICMPPingEncap",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct icmppingencap_conf),
	.state_size = sizeof(struct icmppingencap_state),
	.configure = icmppingencap_configure,
	NF_EACH(icmppingencap),
	.drops = (const char *const[]){ NF_IP4ENCAP_DROPS },
	.handlers =
		(const struct nf_handler[]){ NF_IPFIELD_IP4("src", struct icmppingencap_state, src),
			NF_IPFIELD_IP4("dst", struct icmppingencap_state, dst), { .name = NULL } },
	.take_state = icmppingencap_take_state,
	.flags = NF_CLASS_ANNO,
};
