/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DynamicUDPIPEncap(SRC, SPORT, DST, DPORT [, CHECKSUM, INTERVAL])
 *
 * UDPIPEncap with ports that change: after every INTERVAL packets, SPORT and DPORT grow by 1.
 *
 *	SRC, SPORT, DST, DPORT, CHECKSUM  as for UDPIPEncap, but DST is an address
 *	INTERVAL  packets; default 0: the ports stay
 *
 * Ports: 1 input, 1 output.
 * Drops: too long for IP, no room for headers.
 *
 *	InfiniteSource -> DynamicUDPIPEncap(10.0.0.1, 1234, 10.0.0.2, 5678, true, 10) -> ...
 */
#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ip4encap.h"

#define DYNAMICUDPIPENCAP_TTL 250

struct dynamicudpipencap_conf {
	uint32_t src, dst;
	uint32_t interval;
	bool checksum;
};

struct dynamicudpipencap_state {
	uint32_t count; /* since the ports changed */
	uint16_t sport, dport;
	uint16_t id;
};

static int dynamicudpipencap_configure(struct nf_element *e, struct nf_args *a)
{
	struct dynamicudpipencap_conf *c = e->conf;
	struct dynamicudpipencap_state *s = e->state;

	c->checksum = true;
	nf_args_ip4(a, "SRC", NF_ARGS_POS | NF_ARGS_MUST, &c->src);
	nf_args_port(a, "SPORT", NF_ARGS_POS | NF_ARGS_MUST, NF_IP_UDP, &s->sport);
	nf_args_ip4(a, "DST", NF_ARGS_POS | NF_ARGS_MUST, &c->dst);
	nf_args_port(a, "DPORT", NF_ARGS_POS | NF_ARGS_MUST, NF_IP_UDP, &s->dport);
	nf_args_bool(a, "CHECKSUM", NF_ARGS_POS, &c->checksum);
	nf_args_u32(a, "INTERVAL", NF_ARGS_POS, &c->interval);
	return nf_args_end(a);
}

static inline int dynamicudpipencap_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct dynamicudpipencap_conf *c = conf;
	struct dynamicudpipencap_state *s = e->state;
	struct nf_ip4encap h = {
		.src = c->src, .dst = c->dst, .proto = NF_IP_UDP, .ttl = DYNAMICUDPIPENCAP_TTL
	};
	int rc = nf_ip4encap_room(p, NF_IP4_HLEN + sizeof(struct nf_udp));

	if (UK_UNLIKELY(rc >= 0))
		return NF_DROP(rc);
	h.id = s->id++;
	nf_ip4encap_udp(p, &h, s->sport, s->dport, c->checksum);
	nf_packet_set_dst_ip(p, h.dst);
	if (c->interval != 0 && ++s->count == c->interval) {
		s->count = 0;
		s->sport++;
		s->dport++;
	}
	return 0;
}

NF_EACH_DEFINE(dynamicudpipencap)

const struct nf_class nf_dynamicudpipencap = {
	.name = "DynamicUDPIPEncap",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct dynamicudpipencap_conf),
	.state_size = sizeof(struct dynamicudpipencap_state),
	.configure = dynamicudpipencap_configure,
	NF_EACH(dynamicudpipencap),
	.drops = (const char *const[]){ NF_IP4ENCAP_DROPS },
	.flags = NF_CLASS_ANNO,
};
