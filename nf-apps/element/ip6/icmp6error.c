/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP6Error(SRC, TYPE, CODE [, keywords MTU])
 *
 * Makes an ICMPv6 error (RFC 4443, 3) or redirect (RFC 4861, 4.5) out of each packet that caused
 * it, to the packet's source. It holds as much of the packet as fits into 1280 bytes. Sets the
 * destination address annotation and the annotation that FixIPSrc looks at. None is made, as RFC
 * 4443, 2.4 (e) asks, of an ICMPv6 error or redirect, of a packet whose source is no single
 * host, and of one to a group or that came as a broadcast or multicast of the link (of these
 * only "packet too big", and "parameter problem" with code 2).
 *
 *	SRC   source address of the errors
 *	TYPE  number, or unreachable (1), pkttoobig (2), timeexceeded (3), parameterproblem (4),
 *	      redirect (137)
 *	CODE  number
 *	MTU   that "packet too big" tells. Default 1280
 *
 * A redirect's target is the packet's destination annotation; the pointer of a parameter problem
 * with code 0 is the ICMP_PARAMPROB annotation. Put a RatedSplitter behind it (RFC 4443, 2.4
 * (f)).
 *
 * Ports: 1 input, 1 output; push or pull. Packets have their IPv6 header marked.
 * Drops: no error for such a packet, no IPv6 header, no room.
 *
 *	dh :: DecIP6HLIM; dh[1] -> ICMP6Error(2001:db8::1, timeexceeded, 0) -> ...
 */
#include "nf-apps/element/ip6/icmp6.h"

#define ICMP6ERROR_MTU      1280
#define ICMP6ERROR_HLIM     255
#define ICMP6ERROR_REDIRECT 40 /* bytes of a redirect before the packet */

enum { ICMP6ERROR_NONE, ICMP6ERROR_NO_IP6, ICMP6ERROR_NO_ROOM };

struct icmp6error_conf {
	struct nf_ip6 src;
	uint8_t type, code;
	uint32_t mtu;
};

static void icmp6error_type(struct nf_args *a, const char *word, uint8_t *type)
{
	static const struct {
		const char *name;
		uint8_t type;
	} names[] = { { "unreachable", NF_ICMP6_UNREACH }, { "pkttoobig", NF_ICMP6_TOO_BIG },
		{ "timeexceeded", NF_ICMP6_TIME }, { "parameterproblem", NF_ICMP6_PARAM },
		{ "redirect", NF_ICMP6_REDIRECT } };
	uint64_t v;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(names); i++) {
		if (strcmp(word, names[i].name) == 0 ||
			(nf_addr_u64(word, &v) == 0 && v == names[i].type)) {
			*type = names[i].type;
			return;
		}
	}
	nf_args_error(a, "ICMP6 type %.40s is not an error or redirect type", word);
}

static int icmp6error_configure(struct nf_element *e, struct nf_args *a)
{
	struct icmp6error_conf *c = e->conf;
	const char *type;

	c->mtu = ICMP6ERROR_MTU;
	nf_args_ip6(a, "SRC", NF_ARGS_POS | NF_ARGS_MUST, &c->src);
	if (nf_args_word(a, "TYPE", NF_ARGS_POS | NF_ARGS_MUST, &type))
		icmp6error_type(a, type, &c->type);
	nf_args_u8(a, "CODE", NF_ARGS_POS | NF_ARGS_MUST, &c->code);
	nf_args_u32(a, "MTU", 0, &c->mtu);
	return nf_args_end(a);
}

static bool icmp6error_is_error(const struct nf_ip6_hdr *h, uint32_t left)
{
	bool is_later;
	uint8_t proto;
	uint32_t at = nf_ip6hdr_upper(h, left, &proto, &is_later);
	uint8_t type;

	if (at == 0 || is_later || proto != NF_IP_ICMP6 || at >= left)
		return false;
	type = ((const uint8_t *)h)[at];
	return type < NF_ICMP6_INFO || type == NF_ICMP6_REDIRECT;
}

static bool icmp6error_is_due(
	const struct icmp6error_conf *c, const struct uk_netbuf *p, const struct nf_ip6_hdr *h)
{
	uint8_t type = nf_packet_anno(p)->type;
	bool group = nf_ip6hdr_is_multicast(h->dst) || type == NF_PACKET_BROADCAST ||
		     type == NF_PACKET_MULTICAST;
	bool always = c->type == NF_ICMP6_TOO_BIG || (c->type == NF_ICMP6_PARAM && c->code == 2);
	static const uint8_t loopback[16] = { [15] = 1 };

	return (!group || always) && !nf_ip6hdr_is_multicast(h->src) &&
	       !nf_ip6hdr_is_zero(h->src) && memcmp(h->src, loopback, 16) != 0 &&
	       !icmp6error_is_error(h, nf_packet_left(p, (const uint8_t *)h));
}

/* The second word of the message. */
static uint32_t icmp6error_info(const struct icmp6error_conf *c, const struct uk_netbuf *p)
{
	if (c->type == NF_ICMP6_TOO_BIG)
		return c->mtu;
	if (c->type == NF_ICMP6_PARAM && c->code == 0)
		return nf_packet_anno_u8(p, NF_ANNO_ICMP_PARAMPROB);
	return 0;
}

/* The packet's own buffer becomes the error's: headers go in front of it. */
static inline int icmp6error_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct icmp6error_conf *c = conf;
	const struct nf_ip6_hdr *h = nf_ip6hdr_of(p);
	uint32_t nb = c->type == NF_ICMP6_REDIRECT ? ICMP6ERROR_REDIRECT : sizeof(struct nf_icmp6);
	struct nf_ip6_hdr was, *ip;
	struct nf_icmp6 *icmp;

	if (h == NULL)
		return NF_DROP(ICMP6ERROR_NO_IP6);
	if (!icmp6error_is_due(c, p, h))
		return NF_DROP(ICMP6ERROR_NONE);
	was = *h;
	nf_packet_pull(p, (uint32_t)((const uint8_t *)h - p->data));
	if (p->len > ICMP6ERROR_MTU - NF_IP6HDR_LEN - nb)
		p->len = ICMP6ERROR_MTU - NF_IP6HDR_LEN - nb;
	if (!nf_packet_push(p, NF_IP6HDR_LEN + nb))
		return NF_DROP(ICMP6ERROR_NO_ROOM);
	p->flags = 0;
	ip = (struct nf_ip6_hdr *)(void *)p->data;
	*ip = (struct nf_ip6_hdr){ .vtf = nf_ip6hdr_vtf(0),
		.len = nf_inet_hton16((uint16_t)(p->len - NF_IP6HDR_LEN)),
		.next = NF_IP_ICMP6,
		.hlim = ICMP6ERROR_HLIM };
	memcpy(ip->src, &c->src, 16);
	memcpy(ip->dst, was.src, 16);
	icmp = (struct nf_icmp6 *)(ip + 1);
	*icmp = (struct nf_icmp6){
		.type = c->type, .code = c->code, .info = nf_inet_hton32(icmp6error_info(c, p))
	};
	if (c->type == NF_ICMP6_REDIRECT) {
		memcpy((uint8_t *)(icmp + 1), nf_ip6hdr_dst_anno(p), 16);
		memcpy((uint8_t *)(icmp + 1) + 16, was.dst, 16);
	}
	icmp->csum = nf_ip6hdr_csum(ip, NF_IP_ICMP6, icmp, p->len - NF_IP6HDR_LEN);
	nf_packet_anno_clear(p);
	memcpy(nf_ip6hdr_dst_anno(p), was.src, 16);
	nf_packet_set_anno_u8(p, NF_ANNO_FIX_IP_SRC, 1);
	nf_ip6hdr_mark(p, p->data);
	return 0;
}

NF_EACH_DEFINE(icmp6error)

const struct nf_class nf_icmp6error = {
	.name = "ICMP6Error",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct icmp6error_conf),
	.configure = icmp6error_configure,
	NF_EACH(icmp6error),
	.drops = (const char *const[]){ "no error for such a packet", "no IPv6 header", "no room",
		NULL },
	.flags = NF_CLASS_ANNO,
};
