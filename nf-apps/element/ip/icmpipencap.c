/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMPIPEncap(SRC, DST, TYPE [, CODE, keyword IDENTIFIER])
 *
 * Makes each packet the payload of an ICMP message: puts an ICMP and an IP header in front and
 * marks them; the destination annotation becomes DST. Sequence number and IP identification count
 * up together from 1, without 0. Both the sequence number and IDENTIFIER are in network order. The
 * time to live is 255.
 *
 *	SRC, DST    addresses
 *	TYPE, CODE  0 to 255 or names, as for ICMPError; CODE by default 0
 *	IDENTIFIER  0 to 65535; default 0
 *
 * Ports: 1 input, 1 output.
 * Handlers: src, dst (rw).
 * Drops: too long for IP, no room for headers.
 *
 *	... -> ICMPIPEncap(10.0.0.1, 10.0.0.2, timestamp) -> ...
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/icmp4.h"
#include "nf-apps/element/ip/ip4encap.h"
#include "nf-apps/element/ip/ipfield.h"

#define ICMPIPENCAP_TTL 255

struct icmpipencap_conf {
	uint16_t identifier;
	uint8_t type, code;
};

struct icmpipencap_state {
	uint32_t src, dst;
	uint16_t id;
};

static int icmpipencap_configure(struct nf_element *e, struct nf_args *a)
{
	struct icmpipencap_conf *c = e->conf;
	struct icmpipencap_state *s = e->state;
	const char *type, *code = "0";

	s->id = 1;
	nf_args_ip4(a, "SRC", NF_ARGS_POS | NF_ARGS_MUST, &s->src);
	nf_args_ip4(a, "DST", NF_ARGS_POS | NF_ARGS_MUST, &s->dst);
	if (nf_args_word(a, "TYPE", NF_ARGS_POS | NF_ARGS_MUST, &type) &&
		nf_icmp4_type(type, &c->type) < 0)
		nf_args_error(a, "TYPE: '%s' is not an ICMP type", type);
	nf_args_word(a, "CODE", NF_ARGS_POS, &code);
	if (nf_icmp4_code(code, c->type, &c->code) < 0)
		nf_args_error(a, "CODE: '%s' is not a code of ICMP type %u", code, c->type);
	nf_args_u16(a, "IDENTIFIER", 0, &c->identifier);
	return nf_args_end(a);
}

static void icmpipencap_take_state(struct nf_element *e, struct nf_element *old)
{
	struct icmpipencap_state *s = e->state, *was = old->state;

	s->id = was->id;
}

static inline int icmpipencap_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct icmpipencap_conf *c = conf;
	struct icmpipencap_state *s = e->state;
	struct nf_ip4encap h = { .src = s->src,
		.dst = s->dst,
		.id = s->id,
		.proto = NF_IP_ICMP,
		.ttl = ICMPIPENCAP_TTL };
	int rc = nf_ip4encap_room(p, NF_IP4_HLEN + sizeof(struct nf_icmp));

	if (UK_UNLIKELY(rc >= 0))
		return NF_DROP(rc);
	nf_ip4encap_icmp(p, &h, c->type, c->code, c->identifier);
	nf_packet_set_dst_ip(p, h.dst);
	s->id = s->id == UINT16_MAX ? 1 : (uint16_t)(s->id + 1);
	return 0;
}

NF_EACH_DEFINE(icmpipencap)

const struct nf_class nf_icmpipencap = {
	.name = "ICMPIPEncap",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct icmpipencap_conf),
	.state_size = sizeof(struct icmpipencap_state),
	.configure = icmpipencap_configure,
	NF_EACH(icmpipencap),
	.drops = (const char *const[]){ NF_IP4ENCAP_DROPS },
	.handlers =
		(const struct nf_handler[]){ NF_IPFIELD_IP4("src", struct icmpipencap_state, src),
			NF_IPFIELD_IP4("dst", struct icmpipencap_state, dst), { .name = NULL } },
	.take_state = icmpipencap_take_state,
	.flags = NF_CLASS_ANNO,
};
