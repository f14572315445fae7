/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDPIPEncap(SRC, SPORT, DST, DPORT [, CHECKSUM])
 *
 * Puts a UDP and an IP header in front of each packet and marks them; the destination annotation
 * becomes DST. The identification counts up from 0, the time to live is 250.
 *
 *	SRC       source address
 *	SPORT     source port, number or name
 *	DST       destination address; DST_ANNO: the packet's destination annotation
 *	DPORT     destination port, number or name
 *	CHECKSUM  boolean: compute the UDP checksum. Default true
 *
 * Ports: 1 input, 1 output.
 * Handlers: src, sport, dst, dport (rw).
 * Drops: too long for IP, no room for headers.
 *
 *	InfiniteSource -> UDPIPEncap(10.0.0.1, 1234, 10.0.0.2, 5678) -> ...
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/ip4encap.h"
#include "nf-apps/element/ip/ipfield.h"

#define UDPIPENCAP_TTL 250

struct udpipencap_conf {
	bool checksum, dst_anno;
};

struct udpipencap_state {
	uint32_t src, dst;
	uint16_t sport, dport;
	uint16_t id;
};

static int udpipencap_configure(struct nf_element *e, struct nf_args *a)
{
	struct udpipencap_conf *c = e->conf;
	struct udpipencap_state *s = e->state;

	c->checksum = true;
	nf_args_ip4(a, "SRC", NF_ARGS_POS | NF_ARGS_MUST, &s->src);
	nf_args_port(a, "SPORT", NF_ARGS_POS | NF_ARGS_MUST, NF_IP_UDP, &s->sport);
	nf_ipfield_args_dst(a, "DST", &s->dst, &c->dst_anno);
	nf_args_port(a, "DPORT", NF_ARGS_POS | NF_ARGS_MUST, NF_IP_UDP, &s->dport);
	nf_args_bool(a, "CHECKSUM", NF_ARGS_POS, &c->checksum);
	return nf_args_end(a);
}

static void udpipencap_take_state(struct nf_element *e, struct nf_element *old)
{
	struct udpipencap_state *s = e->state, *was = old->state;

	s->id = was->id;
}

static inline int udpipencap_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct udpipencap_conf *c = conf;
	struct udpipencap_state *s = e->state;
	struct nf_ip4encap h = { .src = s->src, .proto = NF_IP_UDP, .ttl = UDPIPENCAP_TTL };
	int rc = nf_ip4encap_room(p, NF_IP4_HLEN + sizeof(struct nf_udp));

	if (UK_UNLIKELY(rc >= 0))
		return NF_DROP(rc);
	h.dst = c->dst_anno ? nf_packet_dst_ip(p) : s->dst;
	h.id = s->id++;
	nf_ip4encap_udp(p, &h, s->sport, s->dport, c->checksum);
	nf_packet_set_dst_ip(p, h.dst);
	return 0;
}

NF_EACH_DEFINE(udpipencap)

const struct nf_class nf_udpipencap = {
	.name = "UDPIPEncap",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct udpipencap_conf),
	.state_size = sizeof(struct udpipencap_state),
	.configure = udpipencap_configure,
	NF_EACH(udpipencap),
	.drops = (const char *const[]){ NF_IP4ENCAP_DROPS },
	.handlers = (const struct nf_handler[]){ NF_IPFIELD_IP4(
							 "src", struct udpipencap_state, src),
		NF_IPFIELD_PORT("sport", struct udpipencap_state, sport),
		NF_IPFIELD_IP4("dst", struct udpipencap_state, dst),
		NF_IPFIELD_PORT("dport", struct udpipencap_state, dport), { .name = NULL } },
	.take_state = udpipencap_take_state,
	.flags = NF_CLASS_ANNO,
};
