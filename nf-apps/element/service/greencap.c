/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * GREEncap(SRC, DST [, keywords TYPE, KEY, SEQUENCE, CHECKSUM, TTL, DSCP, DF, MTU])
 *
 * Puts each packet into a GRE packet (RFC 2784, RFC 2890): GRE and IPv4 headers in front of it. The
 * inner congestion field (ECN) is copied (RFC 6040). Marks the outer header; the destination
 * annotation becomes DST.
 *
 *	SRC       own address
 *	DST       address of the other end; DST_ANNO: the packet's destination annotation
 *	TYPE      what packets are: ip (IPv4 or IPv6, by their version), or ether: Ethernet frames.
 *	          Default ip
 *	KEY       a key, 32 bits. Default: none
 *	SEQUENCE  boolean: sequence numbers, from 0. Default false
 *	CHECKSUM  boolean: a checksum of GRE header and packet. Default false
 *	TTL       1 to 255, or inherit: the inner packet's. Default 64
 *	DSCP      0 to 63, or inherit. Default 0
 *	DF        boolean: outer packets are not to be fragmented. Default false
 *	MTU       longest outer IP packet. Default 0: 65535
 *
 * Ports: 1 input; output 0: packets; output 1 (optional): packets that are too long, as they came,
 * for ICMPError.
 * Drops: too long, not of that type, no room for headers.
 *
 *	rt[1] -> g :: GREEncap(10.0.0.1, 10.0.0.2, KEY 7, MTU 1500) -> rt;
 *	g[1] -> ICMPError(192.168.0.1, unreachable, needfrag, PMTU 1472) -> rt
 */
#include "nf-apps/element/service/gre.h"
#include "nf-apps/element/service/tunnel.h"

enum { GREENCAP_LONG, GREENCAP_TYPE, GREENCAP_NO_ROOM };

struct greencap_conf {
	struct nf_tunnel t;
	uint32_t key;
	uint16_t flags;
	uint8_t type, hlen;
};

struct greencap_state {
	uint32_t sequence;
	uint16_t id;
};

static int greencap_configure(struct nf_element *e, struct nf_args *a)
{
	struct greencap_conf *c = e->conf;
	bool sequence = false, checksum = false;
	unsigned type = NF_GRE_IP;

	nf_tunnel_args(&c->t, a);
	nf_args_enum(a, "TYPE", 0, NF_GRE_TYPES, &type);
	if (nf_args_u32(a, "KEY", 0, &c->key))
		c->flags |= NF_GRE_KEY;
	nf_args_bool(a, "SEQUENCE", 0, &sequence);
	nf_args_bool(a, "CHECKSUM", 0, &checksum);
	c->flags |= (sequence ? NF_GRE_SEQUENCE : 0) | (checksum ? NF_GRE_CHECKSUM : 0);
	c->type = (uint8_t)type;
	c->hlen = (uint8_t)nf_gre_hlen(c->flags);
	nf_tunnel_prepare(&c->t, NF_IP_GRE);
	return nf_args_end(a);
}

/* The protocol type, or 0: it is not what the tunnel carries. */
static inline uint16_t greencap_look(
	const struct greencap_conf *c, const struct uk_netbuf *p, struct nf_tunnel_inner *inner)
{
	if (c->type == NF_GRE_ETHER) {
		if (UK_UNLIKELY(p->len < NF_ETHER_LEN))
			return 0;
		*inner = nf_tunnel_look_ether(p->data, p->len);
		return NF_GRE_TEB;
	}
	*inner = nf_tunnel_look_ip(p->data, p->len, 0);
	if (p->len >= NF_IP4_HLEN && p->data[0] >> 4 == 4)
		return NF_ETHERTYPE_IP;
	return p->len >= sizeof(struct nf_ip6_hdr) && p->data[0] >> 4 == 6 ? NF_ETHERTYPE_IP6 : 0;
}

/* GRE's header and what may follow it, at `at`; `left`: bytes from there on. */
static inline void greencap_header(const struct greencap_conf *c, struct greencap_state *s,
	uint8_t *at, uint32_t left, uint16_t type)
{
	uint8_t *option = at + NF_GRE_HLEN;
	nf_be16 sum;

	nf_inet_put16(at, c->flags);
	nf_inet_put16(at + 2, type);
	if (c->flags & NF_GRE_CHECKSUM) {
		nf_inet_put32(option, 0);
		option += 4;
	}
	if (c->flags & NF_GRE_KEY) {
		nf_inet_put32(option, c->key);
		option += 4;
	}
	if (c->flags & NF_GRE_SEQUENCE)
		nf_inet_put32(option, s->sequence++);
	if (c->flags & NF_GRE_CHECKSUM) {
		sum = nf_inet_csum(at, left);
		memcpy(at + NF_GRE_HLEN, &sum, sizeof(sum));
	}
}

static inline int greencap_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct greencap_conf *c = conf;
	struct greencap_state *s = e->state;
	struct nf_tunnel_inner inner;
	uint16_t type = greencap_look(c, p, &inner);

	if (UK_UNLIKELY(type == 0))
		return NF_DROP(GREENCAP_TYPE);
	if (UK_UNLIKELY(!nf_tunnel_fits(&c->t, p->len + NF_IP4_HLEN + c->hlen)))
		return e->nb_out > 1 ? 1 : NF_DROP(GREENCAP_LONG);
	if (UK_UNLIKELY(!nf_packet_push(p, NF_IP4_HLEN + c->hlen)))
		return NF_DROP(GREENCAP_NO_ROOM);
	greencap_header(c, s, p->data + NF_IP4_HLEN, p->len - NF_IP4_HLEN, type);
	nf_tunnel_header(p, &c->t, NF_IP_GRE, &inner, c->t.df ? 0 : s->id++);
	return 0;
}

static void greencap_take_state(struct nf_element *e, struct nf_element *old)
{
	*(struct greencap_state *)e->state = *(const struct greencap_state *)old->state;
}

NF_EACH_DEFINE(greencap)

const struct nf_class nf_greencap = {
	.name = "GREEncap",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct greencap_conf),
	.state_size = sizeof(struct greencap_state),
	.configure = greencap_configure,
	NF_EACH(greencap),
	.drops = (const char *const[]){ "too long", "not of that type", "no room for headers",
		NULL },
	.take_state = greencap_take_state,
	.flags = NF_CLASS_ANNO,
};
