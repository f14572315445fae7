/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMPError(SRC, TYPE [, CODE, BADADDRS, keywords MTU, PMTU, USE_FIX_ANNO])
 *
 * Turns each packet into an ICMP error message about it (RFC 792, RFC 1812, 4.3): new IP and ICMP
 * headers, then as much of the packet as fits. The destination annotation becomes the packet's
 * source, all other annotations are cleared but FIX_IP_SRC, which is set. A source route goes back
 * the way it came. No message is made (RFC 1812, 4.3.2.7) about an ICMP error message; a fragment
 * that is not the first; a packet to a broadcast or multicast address, of IP or of the link, or
 * from an address that is not a host's.
 *
 *	SRC           source address of the messages
 *	TYPE          unreachable, sourcequench, redirect, timeexceeded, parameterproblem, or
 *	              their numbers
 *	CODE          0 to 255, or a name: net, host, protocol, port, needfrag, ... of
 *	              unreachable; net, host of redirect; transit, reassembly of timeexceeded;
 *	              erroratptr, missingopt, length of parameterproblem. Default 0
 *	BADADDRS      addresses to and from which packets get no message (the subnets' broadcast
 *	              addresses)
 *	MTU           longest message, 68 to 65535 bytes; default 576
 *	PMTU          0 to 65535: told with needfrag (RFC 1191); default 0
 *	USE_FIX_ANNO  boolean: set FIX_IP_SRC. Default true. SET_FIX_ANNO is the same
 *
 * parameterproblem takes its pointer from annotation ICMP_PARAMPROB, redirect its gateway from
 * DST_IP.
 *
 * Ports: 1 input, 1 output. Packets have their IP header marked.
 * Handlers: src, mtu, pmtu (rw).
 * Drops: why there is no message: no IP header, ICMP error, destination is no host, link
 * broadcast, source is no host, not the first fragment, redirect of a source route, no room.
 *
 *	dt[1] -> ICMPError(10.0.0.1, timeexceeded) -> RatedSplitter(10) -> [0]rt
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/icmp4.h"
#include "nf-apps/element/ip/ipfield.h"
#include "nf-apps/element/ip/ipopt.h"

enum {
	ICMPERROR_NO_IP,
	ICMPERROR_ERROR,
	ICMPERROR_DST,
	ICMPERROR_LINK,
	ICMPERROR_SRC,
	ICMPERROR_FRAGMENT,
	ICMPERROR_REDIRECT,
	ICMPERROR_NO_ROOM,
};

#define ICMPERROR_MTU     576u /* RFC 1812, 4.3.2.3 */
#define ICMPERROR_MTU_MIN 68u  /* headers and options */
#define ICMPERROR_TTL     200

struct icmperror_conf {
	uint8_t type, code;
	bool fix_anno;
};

struct icmperror_state {
	uint32_t src, mtu, pmtu;
	struct nf_iplist bad;
	uint16_t id;
};

static void icmperror_args_type(struct icmperror_conf *c, struct nf_args *a)
{
	const char *type, *code = "0";

	if (nf_args_word(a, "TYPE", NF_ARGS_POS | NF_ARGS_MUST, &type)) {
		if (nf_icmp4_type(type, &c->type) < 0)
			nf_args_error(a, "TYPE: '%s' is not an ICMP type", type);
		else if (!nf_icmp4_is_error(c->type))
			nf_args_error(a, "TYPE: ICMP type %u is not an error type", c->type);
	}
	nf_args_word(a, "CODE", NF_ARGS_POS, &code);
	if (nf_icmp4_code(code, c->type, &c->code) < 0)
		nf_args_error(a, "CODE: '%s' is not a code of ICMP type %u", code, c->type);
}

static int icmperror_configure(struct nf_element *e, struct nf_args *a)
{
	struct icmperror_conf *c = e->conf;
	struct icmperror_state *s = e->state;

	c->fix_anno = true;
	s->mtu = ICMPERROR_MTU;
	s->id = 1;
	nf_args_ip4(a, "SRC", NF_ARGS_POS | NF_ARGS_MUST, &s->src);
	icmperror_args_type(c, a);
	nf_iplist_args(&s->bad, a, "BADADDRS", NF_ARGS_POS);
	nf_args_u32(a, "MTU", 0, &s->mtu);
	nf_args_u32(a, "PMTU", 0, &s->pmtu);
	nf_args_bool(a, "USE_FIX_ANNO", 0, &c->fix_anno);
	nf_args_bool(a, "SET_FIX_ANNO", 0, &c->fix_anno);
	if (s->mtu < ICMPERROR_MTU_MIN || s->mtu > NF_IP4_LEN_MAX)
		nf_args_error(a, "MTU: %u to %u", ICMPERROR_MTU_MIN, NF_IP4_LEN_MAX);
	if (s->pmtu > NF_IP4_LEN_MAX)
		nf_args_error(a, "PMTU: at most %u", NF_IP4_LEN_MAX);
	return nf_args_end(a);
}

static void icmperror_cleanup(struct nf_element *e)
{
	struct icmperror_state *s = e->state;

	nf_iplist_free(&s->bad);
}

static int icmperror_write_mtu(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	uint32_t min = off == offsetof(struct icmperror_state, mtu) ? ICMPERROR_MTU_MIN : 0;
	uint64_t v;

	if (nf_addr_u64(value, &v) < 0 || v < min || v > NF_IP4_LEN_MAX)
		return nf_errors_add(
			errs, NULL, "'%s' is no number from %u to %u", value, min, NF_IP4_LEN_MAX);
	*(uint32_t *)(void *)((uint8_t *)e->state + off) = (uint32_t)v;
	return 0;
}

static bool icmperror_is_host(const struct icmperror_state *s, nf_be32 addr)
{
	return addr != UINT32_MAX && !nf_ip4_is_multicast(addr) && !nf_iplist_has(&s->bad, addr);
}

/* RFC 1812, 5.3.7 */
static bool icmperror_is_source(const struct icmperror_state *s, nf_be32 addr)
{
	uint8_t net = (uint8_t)addr;

	return icmperror_is_host(s, addr) && net != 0 && net != 127 && net < 0xf0;
}

/* RFC 1812, 4.3.2.7. -1, or why there is to be no message. */
static int icmperror_forbidden(const struct icmperror_state *s, const struct uk_netbuf *p,
	const struct nf_ip4 *ip, uint32_t hlen)
{
	uint8_t type = nf_packet_anno(p)->type;

	if (ip->proto == NF_IP_ICMP && nf_inet_ip4_is_first(ip) &&
		(nf_ip4_left(p) < hlen + 4 || nf_icmp4_is_error(((const uint8_t *)ip)[hlen])))
		return ICMPERROR_ERROR;
	if (!icmperror_is_host(s, ip->dst))
		return ICMPERROR_DST;
	if (type == NF_PACKET_BROADCAST || type == NF_PACKET_MULTICAST)
		return ICMPERROR_LINK;
	if (!icmperror_is_source(s, ip->src))
		return ICMPERROR_SRC;
	return nf_inet_ip4_is_first(ip) ? -1 : ICMPERROR_FRAGMENT;
}

/* The part of the message that depends on its type, from the annotations of the packet. */
static void icmperror_particulars(const struct icmperror_conf *c, const struct icmperror_state *s,
	const struct uk_netbuf *p, struct nf_icmp *icmp)
{
	uint8_t *rest = (uint8_t *)&icmp->id;
	uint32_t gateway = nf_packet_dst_ip(p);

	*icmp = (struct nf_icmp){ .type = c->type, .code = c->code };
	if (c->type == NF_ICMP4_PARAM_PROBLEM && c->code == NF_ICMP4_CODE_ERROR_AT_PTR)
		rest[0] = nf_packet_anno_u8(p, NF_ANNO_ICMP_PARAMPROB);
	else if (c->type == NF_ICMP4_REDIRECT)
		memcpy(rest, &gateway, sizeof(gateway));
	else if (c->type == NF_ICMP4_UNREACHABLE && c->code == NF_ICMP4_CODE_NEEDFRAG)
		icmp->seq = nf_inet_hton16((uint16_t)s->pmtu);
}

/* The headers in front of the quoted packet, which is all that p holds now. */
static bool icmperror_encap(struct icmperror_state *s, struct uk_netbuf *p, nf_be32 dst,
	const struct nf_icmp *icmp, const uint8_t *opt, uint32_t optlen)
{
	uint32_t hlen = NF_IP4_HLEN + optlen, most = s->mtu - hlen - (uint32_t)sizeof(*icmp);
	struct nf_icmp *to;
	struct nf_ip4 *ip;

	if (p->len > most)
		p->len = most;
	if (!nf_packet_push(p, hlen + (uint32_t)sizeof(*icmp)))
		return false;
	ip = (struct nf_ip4 *)(void *)p->data;
	to = (struct nf_icmp *)(void *)(p->data + hlen);
	*to = *icmp;
	to->csum = nf_inet_csum(to, p->len - hlen);
	*ip = (struct nf_ip4){
		.vhl = (uint8_t)(0x40 | hlen / 4),
		.len = nf_inet_hton16((uint16_t)p->len),
		.id = nf_inet_hton16(s->id++),
		.ttl = ICMPERROR_TTL,
		.proto = NF_IP_ICMP,
		.src = s->src,
		.dst = dst,
	};
	memcpy(ip + 1, opt, optlen);
	nf_ip4_set_csum(ip, hlen);
	nf_ip4_mark(p, p->data, hlen);
	p->l2_off = UK_NETBUF_NO_OFF;
	return true;
}

/* The source route on the way back, unless the message is about that option (RFC 1812, 4.3.2.6).
 * Returns bytes in `opt`, or -1: no message. */
static int icmperror_route(const struct icmperror_conf *c, const struct uk_netbuf *p,
	const struct nf_ip4 *ip, uint32_t hlen, uint8_t opt[NF_IPOPT_MAX])
{
	const uint8_t *route = hlen > NF_IP4_HLEN ? nf_ipopt_source_route(ip, hlen) : NULL;
	uint32_t at, fault = nf_packet_anno_u8(p, NF_ANNO_ICMP_PARAMPROB);

	if (route == NULL)
		return 0;
	if (c->type == NF_ICMP4_REDIRECT) /* RFC 1812, 5.2.7.2 */
		return -1;
	at = (uint32_t)(route - (const uint8_t *)ip);
	if (c->type == NF_ICMP4_PARAM_PROBLEM && c->code == NF_ICMP4_CODE_ERROR_AT_PTR &&
		fault >= at && fault < at + route[1])
		return 0;
	return (int)nf_ipopt_reverse(route, opt);
}

static int icmperror_each(struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct icmperror_conf *c = conf;
	struct icmperror_state *s = e->state;
	uint32_t hlen = 0, end = nf_ip4_end(p);
	struct nf_ip4 *ip = nf_ip4_hdr_whole(p, &hlen);
	uint8_t opt[NF_IPOPT_MAX] = { 0 };
	struct nf_icmp icmp;
	int rc, optlen;
	nf_be32 dst;

	if (ip == NULL)
		return NF_DROP(ICMPERROR_NO_IP);
	rc = icmperror_forbidden(s, p, ip, hlen);
	if (rc >= 0)
		return NF_DROP(rc);
	optlen = icmperror_route(c, p, ip, hlen, opt);
	if (optlen < 0)
		return NF_DROP(ICMPERROR_REDIRECT);
	icmperror_particulars(c, s, p, &icmp);
	dst = ip->src;
	p->data = (uint8_t *)ip;
	p->len = end - p->l3_off;
	if (!icmperror_encap(s, p, dst, &icmp, opt, (uint32_t)optlen))
		return NF_DROP(ICMPERROR_NO_ROOM);
	nf_packet_anno_clear(p);
	nf_packet_set_dst_ip(p, dst);
	nf_packet_set_anno_u8(p, NF_ANNO_FIX_IP_SRC, c->fix_anno);
	nf_packet_anno(p)->time_ns = nf_core_wall_ns();
	return 0;
}

NF_EACH_DEFINE(icmperror)

const struct nf_class nf_icmperror = {
	.name = "ICMPError",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct icmperror_conf),
	.state_size = sizeof(struct icmperror_state),
	.configure = icmperror_configure,
	.cleanup = icmperror_cleanup,
	NF_EACH(icmperror),
	.drops = (const char *const[]){ "no IP header", "ICMP error", "destination is no host",
		"link broadcast", "source is no host", "not the first fragment",
		"redirect of a source route", "no room", NULL },
	.handlers = (const struct nf_handler[]){ NF_IPFIELD_IP4("src", struct icmperror_state, src),
		{ .name = "mtu",
			.read = nf_handler_read_u32,
			.write = icmperror_write_mtu,
			.arg = offsetof(struct icmperror_state, mtu) },
		{ .name = "pmtu",
			.read = nf_handler_read_u32,
			.write = icmperror_write_mtu,
			.arg = offsetof(struct icmperror_state, pmtu) },
		{ .name = NULL } },
	.flags = NF_CLASS_ANNO,
};
