/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPEncap(PROTO, SRC, DST [, keywords TTL, DSCP, ECT, CE, TOS, DF])
 *
 * Puts an IP header in front of each packet (IP in IP: RFC 2003) and marks it; the destination
 * annotation becomes DST. The identification counts up from 0.
 *
 *	PROTO  protocol, number or name (4 or ipip for IP in IP)
 *	SRC    source address
 *	DST    destination address; DST_ANNO: the packet's destination annotation
 *	TTL    0 to 255; default 250
 *	DSCP   0 to 63; default 0
 *	ECT    boolean, or 2: the ECN bits say ECN-capable transport, as ECT(1), with 2 as ECT(0).
 *	       Default false
 *	CE     boolean: the ECN bits say congestion experienced. Default false
 *	TOS    0 to 255, in place of DSCP, ECT and CE. Default 0
 *	DF     boolean: don't fragment. Default false
 *
 * Ports: 1 input, 1 output.
 * Handlers: src, dst (rw).
 * Drops: too long for IP, no room for headers.
 *
 *	... -> IPEncap(ipip, 192.0.2.1, 198.51.100.1) -> ...
 */
#include <string.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/ip4encap.h"
#include "nf-apps/element/ip/ipfield.h"

#define IPENCAP_TTL      250
#define IPENCAP_DSCP_MAX 63u

struct ipencap_conf {
	uint8_t proto, ttl, tos;
	bool dst_anno, df;
};

struct ipencap_state {
	uint32_t src, dst;
	uint16_t id;
};

static void ipencap_args_tos(struct ipencap_conf *c, struct nf_args *a)
{
	uint32_t dscp = 0, ecn = 0;
	bool ect = false, ce = false, any;
	const char *text;

	any = nf_args_u32(a, "DSCP", 0, &dscp);
	if (nf_args_raw(a, "ECT", 0, &text)) {
		any = true;
		if (strcmp(text, "2") == 0)
			ecn = 2;
		else if (nf_addr_bool(text, &ect) < 0)
			nf_args_error(a, "ECT: '%s' is neither boolean nor 2", text);
		ecn = ect ? 1 : ecn;
	}
	any |= nf_args_bool(a, "CE", 0, &ce);
	if (dscp > IPENCAP_DSCP_MAX)
		nf_args_error(a, "DSCP: at most %u", IPENCAP_DSCP_MAX);
	if (ecn != 0 && ce)
		nf_args_error(a, "give one of ECT, CE");
	if (nf_args_u8(a, "TOS", 0, &c->tos)) {
		if (any)
			nf_args_error(a, "TOS excludes DSCP, ECT and CE");
		return;
	}
	c->tos = (uint8_t)(dscp << 2 | (ce ? 3 : ecn));
}

static int ipencap_configure(struct nf_element *e, struct nf_args *a)
{
	struct ipencap_conf *c = e->conf;
	struct ipencap_state *s = e->state;

	c->ttl = IPENCAP_TTL;
	nf_args_ip_proto(a, "PROTO", NF_ARGS_POS | NF_ARGS_MUST, &c->proto);
	nf_args_ip4(a, "SRC", NF_ARGS_POS | NF_ARGS_MUST, &s->src);
	nf_ipfield_args_dst(a, "DST", &s->dst, &c->dst_anno);
	nf_args_u8(a, "TTL", 0, &c->ttl);
	nf_args_bool(a, "DF", 0, &c->df);
	ipencap_args_tos(c, a);
	return nf_args_end(a);
}

static void ipencap_take_state(struct nf_element *e, struct nf_element *old)
{
	struct ipencap_state *s = e->state, *was = old->state;

	s->id = was->id;
}

static inline int ipencap_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct ipencap_conf *c = conf;
	struct ipencap_state *s = e->state;
	nf_be32 dst = c->dst_anno ? nf_packet_dst_ip(p) : s->dst;
	int rc = nf_ip4encap_room(p, NF_IP4_HLEN);
	struct nf_ip4 *ip;

	if (UK_UNLIKELY(rc >= 0))
		return NF_DROP(rc);
	ip = (struct nf_ip4 *)(void *)p->data;
	*ip = (struct nf_ip4){
		.vhl = NF_IP4_VHL,
		.tos = c->tos,
		.len = nf_inet_hton16((uint16_t)p->len),
		.id = nf_inet_hton16(s->id++),
		.off = c->df ? nf_inet_hton16(NF_IP_DF) : 0,
		.ttl = c->ttl,
		.proto = c->proto,
		.src = s->src,
		.dst = dst,
	};
	nf_ip4_set_csum(ip, NF_IP4_HLEN);
	nf_ip4_mark(p, p->data, NF_IP4_HLEN);
	nf_packet_set_dst_ip(p, dst);
	return 0;
}

NF_EACH_DEFINE(ipencap)

const struct nf_class nf_ipencap = {
	.name = "IPEncap",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct ipencap_conf),
	.state_size = sizeof(struct ipencap_state),
	.configure = ipencap_configure,
	NF_EACH(ipencap),
	.drops = (const char *const[]){ NF_IP4ENCAP_DROPS },
	.handlers = (const struct nf_handler[]){ NF_IPFIELD_IP4("src", struct ipencap_state, src),
		NF_IPFIELD_IP4("dst", struct ipencap_state, dst), { .name = NULL } },
	.take_state = ipencap_take_state,
	.flags = NF_CLASS_ANNO,
};
