/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets made from fields: each value goes to its place.
 */
#include <string.h>
#include "nf-apps/element/trace/summary_build.h"

static void sum_put_anno(struct nf_summary_build *b, unsigned id, uint64_t v)
{
	struct nf_anno *a = &b->anno;
	uint32_t v32 = (uint32_t)v;

	switch (id) {
	case NF_SUMMARY_TIME:
		a->time_ns = v;
		break;
	case NF_SUMMARY_TIME_SEC:
		a->time_ns = v * 1000000000 + a->time_ns % 1000000000;
		break;
	case NF_SUMMARY_TIME_USEC:
		a->time_ns = a->time_ns / 1000000000 * 1000000000 + v % 1000000 * 1000;
		break;
	case NF_SUMMARY_TIME_USEC1:
		a->time_ns = v * 1000;
		break;
	case NF_SUMMARY_FIRST_TIME:
		memcpy(a->user + NF_ANNO_FIRST_TIME, &v, sizeof(v));
		break;
	case NF_SUMMARY_COUNT:
		v32 = v > 0 ? v32 - 1 : 0;
		memcpy(a->user + NF_ANNO_EXTRA_PACKETS, &v32, sizeof(v32));
		break;
	case NF_SUMMARY_PAINT:
		a->user[NF_ANNO_PAINT] = (uint8_t)v;
		break;
	case NF_SUMMARY_AGGREGATE:
		memcpy(a->user + NF_ANNO_AGGREGATE, &v32, sizeof(v32));
		break;
	default:
		b->want_end = NF_SUMMARY_NET + v32;
		break;
	}
}

static void sum_put_link(struct nf_summary_build *b, unsigned id, const struct nf_summary_value *v)
{
	struct nf_ether *e = (struct nf_ether *)(b->buf + NF_SUMMARY_NET - NF_ETHER_LEN);

	if (!b->has_link) {
		b->has_link = true;
		e->type = nf_inet_hton16(NF_ETHERTYPE_IP);
		/* only wire_len has said anything of lengths by now, and it counts this header */
		if (b->want_end > NF_SUMMARY_NET + NF_ETHER_LEN)
			b->want_end -= NF_ETHER_LEN;
	}
	if (id == NF_SUMMARY_ETH_TYPE) {
		e->type = nf_inet_hton16((uint16_t)v->v);
		b->not_ip = v->v != NF_ETHERTYPE_IP && v->v != NF_ETHERTYPE_IP6;
	} else {
		memcpy(id == NF_SUMMARY_ETH_SRC ? e->src : e->dst, v->bytes, 6);
	}
}

/* The IP header gets this many bytes; new ones are zero, which ends a list of options. */
static void sum_grow_ip(struct nf_summary_build *b, uint32_t hlen)
{
	struct nf_ip4 *ip = nf_summary_build_ip(b);
	uint32_t has = nf_inet_ip4_hlen(ip);

	if (hlen > has && hlen <= 60 &&
		nf_summary_build_insert(b, NF_SUMMARY_NET + has, hlen - has))
		ip->vhl = (uint8_t)(0x40 | hlen / 4);
}

static void sum_put_ip_opt(struct nf_summary_build *b, const struct nf_summary_value *v)
{
	b->has_ip_hl = true;
	if (v->len == 0)
		return;
	sum_grow_ip(b, UK_ALIGN_UP((uint32_t)sizeof(struct nf_ip4) + v->len, 4u));
	if (v->len <= nf_inet_ip4_hlen(nf_summary_build_ip(b)) - sizeof(struct nf_ip4))
		memcpy(b->buf + NF_SUMMARY_NET + sizeof(struct nf_ip4), v->bytes, v->len);
}

static void sum_put_ip(struct nf_summary_build *b, unsigned id, const struct nf_summary_value *v)
{
	struct nf_ip4 *ip = nf_summary_build_ip(b);
	uint16_t v16 = (uint16_t)v->v;

	if (!nf_summary_build_make_ip(b, 0))
		return;
	switch (id) {
	case NF_SUMMARY_IP_SRC:
		ip->src = (uint32_t)v->v;
		break;
	case NF_SUMMARY_IP_DST:
		ip->dst = (uint32_t)v->v;
		break;
	case NF_SUMMARY_IP_TOS:
		ip->tos = (uint8_t)v16;
		break;
	case NF_SUMMARY_IP_DSCP:
		ip->tos = (uint8_t)((ip->tos & 3) | v16 << 2);
		break;
	case NF_SUMMARY_IP_ECN:
		ip->tos = (uint8_t)((ip->tos & ~3) | (v16 & 3));
		break;
	case NF_SUMMARY_IP_TTL:
		ip->ttl = (uint8_t)v16;
		break;
	case NF_SUMMARY_IP_FRAG:
	case NF_SUMMARY_IP_FRAGOFF:
		ip->off = nf_inet_hton16(v16);
		break;
	case NF_SUMMARY_IP_ID:
		ip->id = nf_inet_hton16(v16);
		break;
	case NF_SUMMARY_IP_SUM:
		ip->csum = nf_inet_hton16(v16);
		break;
	case NF_SUMMARY_IP_PROTO:
		ip->proto = (uint8_t)v16;
		break;
	case NF_SUMMARY_IP_OPT:
		sum_put_ip_opt(b, v);
		break;
	case NF_SUMMARY_IP_HL:
		b->has_ip_hl = true;
		sum_grow_ip(b, UK_ALIGN_UP(v16, 4u));
		ip->vhl = (uint8_t)(0x40 | (UK_ALIGN_UP(v16, 4u) / 4 & 15));
		break;
	case NF_SUMMARY_IP_LEN:
		b->want_end = NF_SUMMARY_NET + (uint32_t)v->v;
		break;
	default:
		break; /* a capture's length says nothing about the packet */
	}
}

static void sum_put_tcp_opt(
	struct nf_summary_build *b, uint32_t at, const struct nf_summary_value *v)
{
	uint32_t hlen = UK_ALIGN_UP(NF_SUMMARY_BUILD_TCP + v->len, 4u);
	uint32_t has = (b->buf[at + 12] >> 4) * 4u;

	b->has_tcp_hl = true;
	if (v->len == 0 || b->end < at + NF_SUMMARY_BUILD_TCP)
		return;
	if (hlen > has && nf_summary_build_insert(b, at + has, hlen - has))
		b->buf[at + 12] = (uint8_t)(hlen / 4 << 4 | (b->buf[at + 12] & 15));
	if (b->end < at + hlen)
		return;
	memcpy(b->buf + at + NF_SUMMARY_BUILD_TCP, v->bytes, v->len);
	memset(b->buf + at + NF_SUMMARY_BUILD_TCP + v->len, 0,
		hlen - NF_SUMMARY_BUILD_TCP - v->len);
}

static void sum_put_tcp(struct nf_summary_build *b, unsigned id, const struct nf_summary_value *v)
{
	uint8_t *t;
	uint32_t at, hlen;

	if (!nf_summary_build_make_ip(b, NF_IP_TCP))
		return;
	nf_summary_build_make_transport(b);
	at = nf_summary_build_at(b);
	t = b->buf + at; /* fields behind the packet's end are written, but do not count */
	switch (id) {
	case NF_SUMMARY_TCP_SEQ:
		nf_inet_put32(t + 4, (uint32_t)v->v);
		break;
	case NF_SUMMARY_TCP_ACK:
		nf_inet_put32(t + 8, (uint32_t)v->v);
		break;
	case NF_SUMMARY_TCP_OFF:
		hlen = UK_ALIGN_UP((uint32_t)v->v, 4u);
		if (hlen > NF_SUMMARY_BUILD_TCP && hlen <= 60)
			(void)nf_summary_build_insert(
				b, at + NF_SUMMARY_BUILD_TCP, hlen - NF_SUMMARY_BUILD_TCP);
		t[12] = (uint8_t)(hlen / 4 << 4);
		break;
	case NF_SUMMARY_TCP_FLAGS:
		t[12] = (uint8_t)((t[12] & 0xf0) | (v->v >> 8 & 15));
		t[13] = (uint8_t)v->v;
		break;
	case NF_SUMMARY_TCP_WINDOW:
		nf_inet_put16(t + 14, (uint16_t)v->v);
		break;
	case NF_SUMMARY_TCP_URP:
		nf_inet_put16(t + 18, (uint16_t)v->v);
		break;
	default:
		sum_put_tcp_opt(b, at, v);
		break;
	}
}

/* Bytes of an ICMP header of this type; RFC 792. */
static uint32_t sum_icmp_bytes(uint8_t type)
{
	return type == 13 || type == 14 ? 20 : type == 17 || type == 18 ? 12 : 8;
}

static void sum_put_icmp(struct nf_summary_build *b, unsigned id, const struct nf_summary_value *v)
{
	uint8_t *t;
	uint32_t at;
	bool has_flow;

	if (!nf_summary_build_make_ip(b, NF_IP_ICMP))
		return;
	nf_summary_build_make_transport(b);
	at = nf_summary_build_at(b);
	t = b->buf + at;
	has_flow = !b->has_icmp_type || t[0] == 0 || t[0] == 8 || (t[0] >= 13 && t[0] <= 16);
	if (id == NF_SUMMARY_ICMP_TYPE) {
		t[0] = (uint8_t)v->v;
		b->has_icmp_type = true;
		nf_summary_build_reach(b, at + sum_icmp_bytes(t[0]));
	} else if (id == NF_SUMMARY_ICMP_CODE) {
		t[1] = (uint8_t)v->v;
		b->has_icmp_code = true;
	} else if (id == NF_SUMMARY_ICMP_FLOWID && has_flow) {
		nf_inet_put16(t + 4, (uint16_t)v->v);
	} else if (id == NF_SUMMARY_ICMP_SEQ && has_flow) {
		nf_inet_put16(t + 6, (uint16_t)v->v);
	} else if (id == NF_SUMMARY_ICMP_NEXTMTU && (!b->has_icmp_type || t[0] == 3) &&
		   (!b->has_icmp_code || t[1] == 4)) {
		nf_inet_put16(t + 6, (uint16_t)v->v);
	}
}

static void sum_put_ports(struct nf_summary_build *b, unsigned id, uint16_t v)
{
	uint8_t *t;

	if (!nf_summary_build_make_ip(b, 0))
		return;
	nf_summary_build_make_transport(b);
	t = b->buf + nf_summary_build_at(b);
	if (id == NF_SUMMARY_UDP_LEN && nf_summary_build_ip(b)->proto == NF_IP_UDP)
		nf_inet_put16(t + 4, v);
	else if (id != NF_SUMMARY_UDP_LEN &&
		 (nf_summary_build_ip(b)->proto == 0 ||
			 nf_summary_build_has_ports(nf_summary_build_ip(b)->proto)))
		nf_inet_put16(t + (id == NF_SUMMARY_SPORT ? 0 : 2), v);
}

/* Where payload begins. */
static uint32_t sum_payload_at(struct nf_summary_build *b)
{
	struct nf_ip4 *ip = nf_summary_build_ip(b);
	uint32_t at;

	if (!b->has_ip)
		return NF_SUMMARY_NET;
	at = nf_summary_build_at(b);
	if (!nf_inet_ip4_is_first(ip))
		return at;
	if (ip->proto == NF_IP_TCP)
		return at + (b->buf[at + 12] >> 4 >= 5 ? (b->buf[at + 12] >> 4) * 4u
						       : NF_SUMMARY_BUILD_TCP);
	return ip->proto == NF_IP_UDP || ip->proto == NF_SUMMARY_BUILD_UDPLITE ? at + 8 : at;
}

/*
 * The IP length was given and is longer than headers and payload: the difference is options of the
 * headers whose lengths nobody gave, first TCP's, then IP's.
 */
static void sum_account(struct nf_summary_build *b, uint32_t at, uint32_t len)
{
	uint32_t transport, gap, room = NF_SUMMARY_OPT_MAX;

	if (!b->has_ip || b->want_end == 0) {
		b->want_end = at + len;
		return;
	}
	gap = b->want_end > at + len ? (b->want_end - at - len) & ~3u : 0;
	transport = nf_summary_build_at(b);
	if (gap > 0 && nf_summary_build_ip(b)->proto == NF_IP_TCP &&
		nf_inet_ip4_is_first(nf_summary_build_ip(b)) && !b->has_tcp_hl &&
		b->buf[transport + 12] >> 4 == 5) {
		uint32_t n = gap < room ? gap : room;

		if (nf_summary_build_insert(b, transport + NF_SUMMARY_BUILD_TCP, n))
			b->buf[transport + 12] = (uint8_t)((NF_SUMMARY_BUILD_TCP + n) / 4 << 4);
		gap -= n;
	}
	if (gap > 0 && !b->has_ip_hl &&
		nf_inet_ip4_hlen(nf_summary_build_ip(b)) == sizeof(struct nf_ip4))
		sum_grow_ip(b, (uint32_t)sizeof(struct nf_ip4) + (gap < room ? gap : room));
}

static void sum_put_payload(
	struct nf_summary_build *b, unsigned id, const struct nf_summary_value *v)
{
	uint32_t at, len = id == NF_SUMMARY_PAYLOAD ? v->len : (uint32_t)v->v;

	if (nf_summary_build_make_ip(b, 0))
		nf_summary_build_make_transport(b);
	at = sum_payload_at(b);
	if (id == NF_SUMMARY_PAYLOAD && len == 0)
		return;
	if (len > NF_SUMMARY_LEN_MAX)
		len = NF_SUMMARY_LEN_MAX;
	sum_account(b, at, len);
	if (id == NF_SUMMARY_PAYLOAD) {
		at = sum_payload_at(b);
		if (len > sizeof(b->buf) - at)
			len = (uint32_t)sizeof(b->buf) - at;
		memcpy(b->buf + at, v->bytes, len);
		nf_summary_build_reach(b, at + len);
	}
}

void nf_summary_put(struct nf_summary_build *b, const struct nf_summary_field *f,
	const struct nf_summary_value *v)
{
	if (f->id == NF_SUMMARY_NONE)
		return;
	if (f->id <= NF_SUMMARY_WIRE_LEN)
		sum_put_anno(b, f->id, v->v);
	else if (f->id <= NF_SUMMARY_ETH_TYPE)
		sum_put_link(b, f->id, v);
	else if (f->id <= NF_SUMMARY_IP_OPT)
		sum_put_ip(b, f->id, v);
	else if (f->id <= NF_SUMMARY_DPORT || f->id == NF_SUMMARY_UDP_LEN)
		sum_put_ports(b, f->id, (uint16_t)v->v);
	else if (f->id <= NF_SUMMARY_TCP_SACK)
		sum_put_tcp(b, f->id, v);
	else if (f->id <= NF_SUMMARY_ICMP_NEXTMTU)
		sum_put_icmp(b, f->id, v);
	else if (f->id != NF_SUMMARY_PAYLOAD_MD5)
		sum_put_payload(b, f->id, v);
}
