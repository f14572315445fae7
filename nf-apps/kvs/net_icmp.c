/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP and ICMPv6 (RFC 792, RFC 4443): echo, and errors about what is not served here. */
#include "nf-apps/kvs/net_part.h"

#define ICMP4_ECHO_REPLY 0
#define ICMP4_UNREACH    3
#define ICMP4_ECHO       8
#define ICMP6_UNREACH    1
#define ICMP6_PARAM      4
#define ICMP6_INFO       128 /* from here on: no errors */
#define ICMP6_ECHO       128
#define ICMP6_ECHO_REPLY 129
#define ICMP6_MLD_QUERY  130
#define ICMP6_SOLICIT    135
#define ICMP6_ADVERT     136

#define UNREACH4_PROTOCOL 2
#define UNREACH4_PORT     3
#define UNREACH6_PORT     4
#define PARAM6_NEXT       1 /* unknown next header */

#define ERROR_HEAD 8
/* The longest error: RFC 1812, 4.3.2.3; RFC 4443, 2.4 (c), both with their headers. */
#define ERROR4_MAX 576u
#define ERROR6_MAX 1280u

/* MLD queries are answered within this: RFC 9777 lets the querier say, we are quicker than any of them asks. */
#define MLD_DELAY_NS 500000000ull

/* Turns an echo request round. */
static enum nf_net_count icmp_echo(
	struct nf_net *n, struct nf_net_pkt *p, uint8_t type, uint8_t proto)
{
	struct nf_icmp *h = (void *)p->l4;
	struct nf_net_back b;

	nf_net_back(n, p, &b);
	if (p->is6 && !p->unicast) /* sent to a group: from an address of ours */
		memcpy(b.src, n->addrs6[0].addr, sizeof(b.src));
	h->type = type;
	h->csum = 0;
	h->csum = p->is6 ? nf_net_back_csum(&b, p->l4, p->l4_len, proto)
			 : nf_inet_csum(p->l4, p->l4_len);
	nf_net_back_put(p->f, &b, p->l4, p->l4_len, proto);
	p->f->flags = 0;
	return NF_NET_ECHO;
}

enum nf_net_count nf_net_icmp4(struct nf_net *n, struct nf_net_pkt *p)
{
	const struct nf_icmp *h = (const void *)p->l4;

	if (p->l4_len < sizeof(*h))
		return NF_NET_MALFORMED;
	if (!(p->f->flags & NF_NET_F_CHECKED) && nf_inet_csum(p->l4, p->l4_len) != 0)
		return NF_NET_BAD_CSUM;
	if (h->type != ICMP4_ECHO || h->code != 0)
		return NF_NET_QUIET;
	return icmp_echo(n, p, ICMP4_ECHO_REPLY, NF_IP_ICMP);
}

static enum nf_net_count icmp6_query(struct nf_net *n)
{
	uint64_t at = n->now_ns + MLD_DELAY_NS;

	n->report_ns = n->report_ns < at ? n->report_ns : at;
	return NF_NET_HEARD;
}

enum nf_net_count nf_net_icmp6(struct nf_net *n, struct nf_net_pkt *p, uint8_t hlim)
{
	const struct nf_icmp *h = (const void *)p->l4;

	if (p->l4_len < sizeof(*h))
		return NF_NET_MALFORMED;
	if (!(p->f->flags & NF_NET_F_CHECKED) && nf_net_l4_csum(p, NF_IP_ICMP6, p->l4_len) != 0)
		return NF_NET_BAD_CSUM;
	if (h->type == ICMP6_MLD_QUERY && hlim == 1)
		return icmp6_query(n);
	if (h->type == ICMP6_SOLICIT || h->type == ICMP6_ADVERT) {
		if (hlim != NF_NET_ND_HLIM ||
			h->code != 0) /* RFC 4861, 7.1: from the link itself */
			return NF_NET_MALFORMED;
		return h->type == ICMP6_SOLICIT ? nf_net_nd_solicit(n, p) : nf_net_nd_advert(n, p);
	}
	if (h->type != ICMP6_ECHO || h->code != 0)
		return NF_NET_QUIET;
	if (nf_net_is_zero16(((const struct nf_ip6_hdr *)(const void *)p->l3)->src))
		return NF_NET_BAD_SOURCE;
	if (!p->unicast && n->addrs6[0].state != NF_NET_ADDR_VALID)
		return NF_NET_QUIET;
	return icmp_echo(n, p, ICMP6_ECHO_REPLY, NF_IP_ICMP6);
}

/* Makes the frame an error that quotes as much of the packet as fits. `info`: the word behind the checksum. */
static enum nf_net_count icmp_error(
	struct nf_net *n, struct nf_net_pkt *p, uint8_t type, uint8_t code, uint32_t info)
{
	uint32_t l3_len = p->is6 ? NF_NET_IP6_LEN : NF_NET_IP4_LEN;
	uint32_t head = l3_len + ERROR_HEAD, most = p->is6 ? ERROR6_MAX : ERROR4_MAX;
	uint32_t room = p->f->room - p->l2_len;
	uint8_t proto = p->is6 ? NF_IP_ICMP6 : NF_IP_ICMP, *at = p->l3 + l3_len;
	struct nf_icmp *h = (void *)at;
	struct nf_net_back b;
	uint32_t quote;

	most = most < room ? most : room;
	if (!p->unicast || most < head + NF_NET_UDP_LEN)
		return NF_NET_QUIET;
	if (!nf_net_limit_take(&n->errors, n->now_ns))
		return NF_NET_LIMITED;
	nf_net_back(n, p, &b);
	quote = p->l3_len < most - head ? p->l3_len : most - head;
	memmove(p->l3 + head, p->l3, quote);
	*h = (struct nf_icmp){ .type = type, .code = code };
	memcpy(at + 4, &info, sizeof(info));
	h->csum = p->is6 ? nf_net_back_csum(&b, at, ERROR_HEAD + quote, proto)
			 : nf_inet_csum(at, ERROR_HEAD + quote);
	nf_net_back_put(p->f, &b, at, ERROR_HEAD + quote, proto);
	p->f->flags = 0;
	return NF_NET_UNREACH;
}

enum nf_net_count nf_net_icmp_port(struct nf_net *n, struct nf_net_pkt *p)
{
	return p->is6 ? icmp_error(n, p, ICMP6_UNREACH, UNREACH6_PORT, 0)
		      : icmp_error(n, p, ICMP4_UNREACH, UNREACH4_PORT, 0);
}

enum nf_net_count nf_net_icmp_protocol(struct nf_net *n, struct nf_net_pkt *p, uint32_t at)
{
	return p->is6 ? icmp_error(n, p, ICMP6_PARAM, PARAM6_NEXT, nf_inet_hton32(at))
		      : icmp_error(n, p, ICMP4_UNREACH, UNREACH4_PROTOCOL, 0);
}
