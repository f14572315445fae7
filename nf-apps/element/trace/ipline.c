/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/click/addr.h"
#include "nf-apps/element/trace/ipline.h"
#include "nf-apps/element/trace/summary.h"

/* A transport header, and how many bytes of it and behind it there are. */
struct ipline {
	const struct uk_netbuf *p;
	const struct nf_ip4 *ip;
	const uint8_t *t;
	uint32_t len;
	bool swap;
	struct nf_text *out;
};

static uint32_t ipline_left(const struct uk_netbuf *p, const struct nf_ip4 *ip)
{
	return (uint32_t)(p->data + p->len - (const uint8_t *)ip);
}

uint32_t nf_ipline_payload(const struct uk_netbuf *p, const struct nf_ip4 *ip)
{
	uint32_t hlen = nf_inet_ip4_hlen(ip);

	if (!nf_inet_ip4_is_first(ip))
		return hlen;
	if (ip->proto == NF_IP_UDP)
		return hlen + (uint32_t)sizeof(struct nf_udp);
	if (ip->proto != NF_IP_TCP || ipline_left(p, ip) < hlen + 13)
		return hlen;
	return hlen + (((const uint8_t *)ip)[hlen + 12] >> 4) * 4u;
}

static void ipline_addr(struct nf_text *out, nf_be32 addr)
{
	char buf[NF_ADDR_IP4_LEN];

	nf_text_printf(out, "%s", nf_addr_print_ip4(addr, buf));
}

static void ipline_pair(const struct ipline *l)
{
	ipline_addr(l->out, l->ip->src);
	nf_text_printf(l->out, " > ");
	ipline_addr(l->out, l->ip->dst);
	nf_text_printf(l->out, ": ");
}

/* Addresses with ports; false: there are none, and the line is done. */
static bool ipline_ports(const struct ipline *l, const char *name)
{
	bool first = nf_inet_ip4_is_first(l->ip);

	if (l->len < 4 || !first) {
		ipline_pair(l);
		nf_text_printf(l->out, "%s%s", first ? "truncated-" : "", name);
		return false;
	}
	ipline_addr(l->out, l->ip->src);
	nf_text_printf(l->out, ".%u > ", nf_inet_get16(l->t));
	ipline_addr(l->out, l->ip->dst);
	nf_text_printf(l->out, ".%u: ", nf_inet_get16(l->t + 2));
	return true;
}

static void ipline_tcp(const struct ipline *l)
{
	uint32_t ip_len = nf_inet_ntoh16(l->ip->len), seq, n;
	uint8_t flags;

	if (!ipline_ports(l, "tcp"))
		return;
	if (l->len < 14) {
		nf_text_printf(l->out, "truncated-tcp");
		return;
	}
	flags = l->t[13];
	seq = nf_inet_get32(l->t + 4);
	n = ip_len - nf_inet_ip4_hlen(l->ip) - (l->t[12] >> 4) * 4u;
	n += (flags & NF_TCP_SYN ? 1 : 0) + (flags & NF_TCP_FIN ? 1 : 0);
	nf_text_printf(l->out, "%s%s%s%s%s", flags & NF_TCP_SYN ? "S" : "",
		flags & NF_TCP_FIN ? "F" : "", flags & NF_TCP_RST ? "R" : "",
		flags & NF_TCP_PSH ? "P" : "",
		flags & (NF_TCP_SYN | NF_TCP_FIN | NF_TCP_RST | NF_TCP_PSH) ? "" : ".");
	nf_text_printf(l->out, " %u:%u(%d,%u,%u)", seq, seq + n, (int)n, l->p->len, ip_len);
	if (flags & NF_TCP_ACK)
		nf_text_printf(l->out, " ack %u", nf_inet_get32(l->t + 8));
	if (l->len < 16)
		nf_text_printf(l->out, "truncated-tcp");
	else
		nf_text_printf(l->out, " win %u", nf_inet_get16(l->t + 14));
}

static void ipline_udp(const struct ipline *l)
{
	if (!ipline_ports(l, "udp"))
		return;
	if (l->len < 8)
		nf_text_printf(l->out, "truncated-udp");
	else
		nf_text_printf(l->out, "udp %u", nf_inet_get16(l->t + 4));
}

static uint16_t ipline_swap(const struct ipline *l, const uint8_t *at)
{
	uint16_t v = nf_inet_get16(at);

	return l->swap ? v : __builtin_bswap16(v);
}

static const char *ipline_proto(uint8_t proto)
{
	return proto == NF_IP_ICMP   ? "icmp"
	       : proto == 2          ? "igmp"
	       : proto == NF_IP_IPIP ? "ipip"
	       : proto == NF_IP_TCP  ? "tcp"
	       : proto == NF_IP_UDP  ? "udp"
				     : NULL;
}

static void ipline_print_proto(const struct ipline *l, uint8_t proto, const char *word)
{
	if (ipline_proto(proto) != NULL)
		nf_text_printf(l->out, " %s", ipline_proto(proto));
	else
		nf_text_printf(l->out, " %s%u", word, proto);
}

static void ipline_unreachable(const struct ipline *l)
{
	const char *code = nf_summary_icmp_code(3, l->t[1]);
	const struct nf_ip4 *in = (const struct nf_ip4 *)(l->t + 8);
	uint32_t hlen;

	nf_text_printf(l->out, "icmp ");
	if (l->len >= 8 + sizeof(*in)) {
		ipline_addr(l->out, in->dst);
		nf_text_printf(l->out, " ");
	}
	nf_text_printf(l->out, "unreachable ");
	if (code != NULL)
		nf_text_printf(l->out, "%s", code);
	else
		nf_text_printf(l->out, "code %u", l->t[1]);
	if (l->len < 8 + sizeof(*in)) {
		nf_text_printf(l->out, " truncated-icmp");
		return;
	}
	hlen = nf_inet_ip4_hlen(in);
	if (l->t[1] == 2) {
		ipline_print_proto(l, in->proto, "");
	} else if (l->t[1] == 3) {
		ipline_print_proto(l, in->proto, "protocol ");
		if (l->len < 8 + hlen + 4)
			nf_text_printf(l->out, "truncated-icmp");
		else
			nf_text_printf(l->out, "/%u", nf_inet_get16(l->t + 8 + hlen + 2));
	} else if (l->t[1] == 4 && nf_inet_get16(l->t + 6) != 0) {
		nf_text_printf(l->out, " (mtu %u)", nf_inet_get16(l->t + 6));
	}
}

static void ipline_icmp(const struct ipline *l)
{
	const char *type, *code;

	ipline_pair(l);
	if (!nf_inet_ip4_is_first(l->ip) || l->len < 2) {
		nf_text_printf(l->out, "%sicmp", nf_inet_ip4_is_first(l->ip) ? "truncated-" : "");
		return;
	}
	type = nf_summary_icmp_type(l->t[0]);
	code = nf_summary_icmp_code(l->t[0], l->t[1]);
	if (l->t[0] == 3) {
		ipline_unreachable(l);
		return;
	}
	if (type != NULL)
		nf_text_printf(l->out, "icmp %s", type);
	else
		nf_text_printf(l->out, "icmp type %u", l->t[0]);
	if (l->t[0] == 0 || l->t[0] == 8) {
		if (l->len < 8)
			nf_text_printf(l->out, " truncated-icmp");
		else
			nf_text_printf(l->out, " (%u, %u)", ipline_swap(l, l->t + 4),
				ipline_swap(l, l->t + 6));
	} else if (code != NULL) {
		nf_text_printf(l->out, " %s", code);
	} else if (l->t[1] != 0) {
		nf_text_printf(l->out, " code %u", l->t[1]);
	}
}

void nf_ipline_print(
	const struct uk_netbuf *p, const struct nf_ip4 *ip, bool swap, struct nf_text *t)
{
	uint32_t hlen = nf_inet_ip4_hlen(ip), ip_len = nf_inet_ntoh16(ip->len);
	uint32_t left = ipline_left(p, ip), body = ip_len > hlen ? ip_len - hlen : 0;
	struct ipline l = { .p = p,
		.ip = ip,
		.t = (const uint8_t *)ip + hlen,
		.len = left > hlen ? left - hlen : 0,
		.swap = swap,
		.out = t };

	if (l.len > body)
		l.len = body;
	if (ip->proto == NF_IP_TCP) {
		ipline_tcp(&l);
	} else if (ip->proto == NF_IP_UDP) {
		ipline_udp(&l);
	} else if (ip->proto == NF_IP_ICMP) {
		ipline_icmp(&l);
	} else {
		ipline_pair(&l);
		nf_text_printf(t, "ip-proto-%u", ip->proto);
	}
	if (nf_inet_ip4_is_fragment(ip))
		nf_text_printf(t, " (frag %u:%u@%u%s)", nf_inet_ntoh16(ip->id), body,
			(unsigned)(nf_inet_ntoh16(ip->off) & NF_IP_OFFSET) * 8,
			nf_inet_ntoh16(ip->off) & NF_IP_MF ? "+" : "");
}
