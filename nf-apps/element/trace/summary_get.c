/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a packet to values. Headers are looked at where the packet's offsets say they are, even if
 * they were stripped; no byte behind the packet's end or outside its buffer is read.
 */
#include <stdio.h>
#include <string.h>
#include "nf-apps/element/trace/md5.h"
#include "nf-apps/element/trace/summary.h"

#define SUM_TCP_OPT_TIME                                                                           \
	0x0101080au /* nop, nop, time stamp of 10 bytes: what a usual segment has */

static void sum_bad(struct nf_summary_packet *d, const char *what, uint32_t v, bool has_number)
{
	if (d->bad == NULL || d->bad->len > 0)
		return;
	if (has_number)
		nf_text_printf(d->bad, "!bad %s%u\n", what, v);
	else
		nf_text_printf(d->bad, "!bad %s\n", what);
}

/* Bytes from a header on to the packet's end. */
static uint32_t sum_behind(const struct uk_netbuf *p, const uint8_t *at)
{
	const uint8_t *end = p->data + p->len;

	return at != NULL && at < end ? (uint32_t)(end - at) : 0;
}

/* Sets d->ip if it is a header of IPv4. */
static void sum_open_ip(struct nf_summary_packet *d, const uint8_t *l3, bool careful)
{
	const struct nf_ip4 *ip = (const struct nf_ip4 *)l3;
	uint32_t ip_len;

	d->net_len = sum_behind(d->p, l3);
	if (d->net_len < offsetof(struct nf_ip4, id)) {
		sum_bad(d, "truncated IP header", 0, false);
	} else if (ip->vhl >> 4 != 4) {
		sum_bad(d, "IP version ", ip->vhl >> 4, true);
	} else if ((ip->vhl & 15) < 5) {
		sum_bad(d, "IP header length ", ip->vhl & 15, true);
	} else if (nf_inet_ntoh16(ip->len) < nf_inet_ip4_hlen(ip)) {
		sum_bad(d, "IP length ", nf_inet_ntoh16(ip->len), true);
	} else {
		d->ip = ip;
		ip_len = nf_inet_ntoh16(ip->len);
		if (d->net_len > ip_len) {
			d->extra += d->net_len - ip_len;
			d->len -= d->net_len - ip_len;
			d->net_len = ip_len;
		} else if (careful && d->net_len + d->extra < ip_len) {
			sum_bad(d, "truncated IP missing ", ip_len - d->net_len - d->extra, true);
		}
	}
}

static void sum_open_transport(struct nf_summary_packet *d)
{
	uint32_t hlen = nf_inet_ip4_hlen(d->ip);

	if (d->net_len <= hlen)
		return;
	d->transport = (const uint8_t *)d->ip + hlen;
	d->transport_len = d->net_len - hlen;
	if (nf_inet_ip4_is_first(d->ip))
		d->proto = d->ip->proto;
	if (d->proto == NF_IP_TCP && d->transport_len > 12 && d->transport[12] >> 4 < 5) {
		sum_bad(d, "TCP header length ", d->transport[12] >> 4, true);
		d->proto = 0;
	}
}

void nf_summary_open(struct nf_summary_packet *d, const struct uk_netbuf *p, struct nf_text *bad,
	bool careful, bool use_extra)
{
	const uint8_t *l3 = nf_packet_l3(p);
	uint32_t full;

	*d = (struct nf_summary_packet){ .p = p, .len = p->len, .bad = bad };
	d->extra = use_extra ? nf_packet_anno_u32(p, NF_ANNO_EXTRA_LENGTH) : 0;
	if (l3 != NULL)
		sum_open_ip(d, l3, careful);
	if (d->ip == NULL)
		return;
	sum_open_transport(d);
	/* lengths come from the IP header; only what it cannot say is extra */
	full = d->net_len + d->extra;
	d->extra = d->ip->len != 0xffff || full <= 0xffff ? 0 : full - 0xffff;
	if (!use_extra)
		d->extra = 0;
}

/* Tells why a header is missing; always false. `need`: bytes of it that were wanted. */
static bool sum_missing(struct nf_summary_packet *d, uint8_t proto, uint32_t need)
{
	const char *name = proto == NF_IP_TCP    ? "TCP"
			   : proto == NF_IP_UDP  ? "UDP"
			   : proto == NF_IP_ICMP ? "ICMP"
						 : "TCP/UDP";
	char what[48] = "";
	uint8_t is;

	if (d->bad == NULL || d->bad->len > 0)
		return false;
	if (d->ip == NULL) {
		sum_bad(d, "no IP header", 0, false);
		return false;
	}
	is = d->net_len >= 10 ? d->ip->proto : 0;
	if (is != 0 && is != proto && (proto != 0 || (is != NF_IP_TCP && is != NF_IP_UDP)))
		return false; /* another protocol: nothing is wrong with it */
	if (!nf_inet_ip4_is_first(d->ip))
		snprintf(what, sizeof(what), "fragmented %s header", name);
	else
		snprintf(what, sizeof(what), "truncated %s header%s", name,
			d->transport_len + nf_packet_anno_u32(d->p, NF_ANNO_EXTRA_LENGTH) >= need
				? " capture"
				: "");
	sum_bad(d, what, 0, false);
	return false;
}

static bool sum_get_anno(struct nf_summary_packet *d, unsigned id, struct nf_summary_value *v)
{
	const struct nf_anno *a = nf_packet_anno(d->p);

	switch (id) {
	case NF_SUMMARY_TIME:
		v->v = a->time_ns;
		return true;
	case NF_SUMMARY_TIME_SEC:
		v->v = a->time_ns / 1000000000;
		return true;
	case NF_SUMMARY_TIME_USEC:
		v->v = a->time_ns % 1000000000 / 1000;
		return true;
	case NF_SUMMARY_TIME_USEC1:
		v->v = a->time_ns / 1000;
		return true;
	case NF_SUMMARY_FIRST_TIME:
		memcpy(&v->v, a->user + NF_ANNO_FIRST_TIME, sizeof(v->v));
		return true;
	case NF_SUMMARY_COUNT:
		v->v = 1 + (uint64_t)nf_packet_anno_u32(d->p, NF_ANNO_EXTRA_PACKETS);
		return true;
	case NF_SUMMARY_PAINT:
		v->v = a->user[NF_ANNO_PAINT];
		return true;
	case NF_SUMMARY_AGGREGATE:
		v->v = nf_packet_anno_u32(d->p, NF_ANNO_AGGREGATE);
		return true;
	default:
		v->v = d->p->len;
		return true;
	}
}

/* There is one if 14 bytes of it end where the network header begins (or the packet ends). */
static bool sum_get_link(struct nf_summary_packet *d, unsigned id, struct nf_summary_value *v)
{
	const uint8_t *l3 = nf_packet_l3(d->p), *mac = nf_packet_l2(d->p);
	const uint8_t *net = l3 != NULL ? l3 : d->p->data + d->p->len;

	if (mac == NULL && (l3 == NULL || d->p->data < l3))
		mac = d->p->data;
	if (mac == NULL || mac + NF_ETHER_LEN != net) {
		sum_bad(d, "Ethernet header", 0, false);
		return false;
	}
	v->bytes = id == NF_SUMMARY_ETH_SRC ? mac + 6 : mac;
	v->len = 6;
	v->v = nf_inet_get16(mac + 12);
	return true;
}

/* Bytes of the IP header that a field needs. */
static unsigned sum_ip_need(unsigned id)
{
	static const uint8_t need[] = {
		[NF_SUMMARY_IP_SRC] = 16,
		[NF_SUMMARY_IP_DST] = 20,
		[NF_SUMMARY_IP_TOS] = 2,
		[NF_SUMMARY_IP_DSCP] = 2,
		[NF_SUMMARY_IP_ECN] = 2,
		[NF_SUMMARY_IP_TTL] = 9,
		[NF_SUMMARY_IP_FRAG] = 8,
		[NF_SUMMARY_IP_FRAGOFF] = 8,
		[NF_SUMMARY_IP_ID] = 6,
		[NF_SUMMARY_IP_SUM] = 12,
		[NF_SUMMARY_IP_PROTO] = 10,
		[NF_SUMMARY_IP_HL] = 1,
		[NF_SUMMARY_IP_OPT] = 1,
	};

	return need[id];
}

static bool sum_get_ip_len(struct nf_summary_packet *d, unsigned id, struct nf_summary_value *v)
{
	uint32_t here = d->ip != NULL ? d->net_len : d->len;
	uint32_t len = d->ip != NULL ? nf_inet_ntoh16(d->ip->len) : here;

	if (id == NF_SUMMARY_IP_LEN)
		v->v = (uint64_t)len + d->extra;
	else
		v->v = len < here ? len : here;
	return true;
}

static bool sum_get_ip(struct nf_summary_packet *d, unsigned id, struct nf_summary_value *v)
{
	const struct nf_ip4 *ip = d->ip;
	unsigned need =
		ip != NULL && id == NF_SUMMARY_IP_OPT ? nf_inet_ip4_hlen(ip) : sum_ip_need(id);

	if (id == NF_SUMMARY_IP_OPT && ip != NULL && need <= sizeof(*ip))
		return true;
	if (ip == NULL || d->net_len < need) {
		sum_bad(d, ip == NULL ? "no IP header" : "truncated IP header capture", 0, false);
		return false;
	}
	switch (id) {
	case NF_SUMMARY_IP_SRC:
		v->v = ip->src;
		return true;
	case NF_SUMMARY_IP_DST:
		v->v = ip->dst;
		return true;
	case NF_SUMMARY_IP_TOS:
		v->v = ip->tos;
		return true;
	case NF_SUMMARY_IP_DSCP:
		v->v = ip->tos >> 2;
		return true;
	case NF_SUMMARY_IP_ECN:
		v->v = ip->tos & 3;
		return true;
	case NF_SUMMARY_IP_TTL:
		v->v = ip->ttl;
		return true;
	case NF_SUMMARY_IP_FRAG:
	case NF_SUMMARY_IP_FRAGOFF:
		v->v = nf_inet_ntoh16(ip->off);
		return true;
	case NF_SUMMARY_IP_ID:
		v->v = nf_inet_ntoh16(ip->id);
		return true;
	case NF_SUMMARY_IP_SUM:
		v->v = nf_inet_ntoh16(ip->csum);
		return true;
	case NF_SUMMARY_IP_PROTO:
		v->v = ip->proto;
		return true;
	case NF_SUMMARY_IP_HL:
		v->v = need = nf_inet_ip4_hlen(ip);
		return true;
	default:
		v->bytes = (const uint8_t *)(ip + 1);
		v->len = need - (unsigned)sizeof(*ip);
		return true;
	}
}

static bool sum_has_ports(uint8_t proto)
{
	return proto == NF_IP_TCP || proto == NF_IP_UDP || proto == 33 /* DCCP */ ||
	       proto == 136 /* UDP-Lite */;
}

static bool sum_get_port(struct nf_summary_packet *d, unsigned id, struct nf_summary_value *v)
{
	unsigned at = id == NF_SUMMARY_SPORT ? 0 : 2;

	if (!sum_has_ports(d->proto) || d->transport_len < at + 2) {
		/* a header that was judged bad still has its ports */
		if (d->ip == NULL || d->transport_len < at + 2 || !nf_inet_ip4_is_first(d->ip) ||
			!sum_has_ports(d->ip->proto))
			return sum_missing(d, 0, at + 2);
	}
	v->v = nf_inet_get16(d->transport + at);
	return true;
}

/* Options of TCP: none is something else than not known. */
static bool sum_get_tcp_opt(struct nf_summary_packet *d, unsigned id, struct nf_summary_value *v)
{
	unsigned off = d->transport[12] >> 4;

	if (off <= 5)
		return true;
	if (id != NF_SUMMARY_TCP_OPT && off == 8 && d->transport_len >= 24 &&
		nf_inet_get32(d->transport + 20) == SUM_TCP_OPT_TIME)
		return true;
	if (d->transport_len < off * 4)
		return sum_missing(d, NF_IP_TCP, d->transport_len + 1);
	v->bytes = d->transport + sizeof(struct nf_tcp);
	v->len = off * 4 - (unsigned)sizeof(struct nf_tcp);
	return true;
}

static bool sum_get_tcp(struct nf_summary_packet *d, unsigned id, struct nf_summary_value *v)
{
	static const uint8_t need[] = {
		[NF_SUMMARY_TCP_SEQ] = 8,
		[NF_SUMMARY_TCP_ACK] = 12,
		[NF_SUMMARY_TCP_OFF] = 13,
		[NF_SUMMARY_TCP_FLAGS] = 14,
		[NF_SUMMARY_TCP_WINDOW] = 16,
		[NF_SUMMARY_TCP_URP] = 20,
		[NF_SUMMARY_TCP_OPT] = 13,
		[NF_SUMMARY_TCP_NTOPT] = 13,
		[NF_SUMMARY_TCP_SACK] = 13,
	};
	const uint8_t *t = d->transport;

	if (d->proto != NF_IP_TCP || d->transport_len < need[id])
		return sum_missing(d, NF_IP_TCP, need[id]);
	switch (id) {
	case NF_SUMMARY_TCP_SEQ:
		v->v = nf_inet_get32(t + 4);
		return true;
	case NF_SUMMARY_TCP_ACK:
		v->v = nf_inet_get32(t + 8);
		return true;
	case NF_SUMMARY_TCP_OFF:
		v->v = (uint64_t)(t[12] >> 4) * 4;
		return true;
	case NF_SUMMARY_TCP_FLAGS:
		v->v = nf_inet_get16(t + 12) & 0xfff;
		return true;
	case NF_SUMMARY_TCP_WINDOW:
		v->v = nf_inet_get16(t + 14);
		return true;
	case NF_SUMMARY_TCP_URP:
		v->v = nf_inet_get16(t + 18);
		return true;
	default:
		return sum_get_tcp_opt(d, id, v);
	}
}

static bool sum_icmp_has_flow(uint8_t type)
{
	return type == 0 || type == 8 || (type >= 13 && type <= 16);
}

static bool sum_get_icmp(struct nf_summary_packet *d, unsigned id, struct nf_summary_value *v)
{
	unsigned need = id == NF_SUMMARY_ICMP_TYPE ? 1 : 2;
	const uint8_t *t = d->transport;

	if (d->proto != NF_IP_ICMP || d->transport_len < need)
		return sum_missing(d, NF_IP_ICMP, need);
	v->icmp_type = t[0];
	if (id == NF_SUMMARY_ICMP_TYPE || id == NF_SUMMARY_ICMP_CODE) {
		v->v = t[id == NF_SUMMARY_ICMP_CODE];
		return true;
	}
	if (id == NF_SUMMARY_ICMP_NEXTMTU ? t[0] != 3 || t[1] != 4 : !sum_icmp_has_flow(t[0]))
		return false;
	need = id == NF_SUMMARY_ICMP_FLOWID ? 6 : 8;
	if (d->transport_len < need)
		return sum_missing(d, NF_IP_ICMP, need);
	v->v = nf_inet_get16(t + need - 2);
	return true;
}

/* Where the payload begins in the packet, and its length as the headers have it. */
static void sum_payload(struct nf_summary_packet *d, const uint8_t **at, uint32_t *len)
{
	uint32_t hlen, ip_len;

	if (d->ip == NULL) {
		*at = d->p->data;
		*len = d->len;
		return;
	}
	hlen = nf_inet_ip4_hlen(d->ip);
	if (nf_inet_ip4_is_first(d->ip) && d->net_len >= 10) {
		if (d->ip->proto == NF_IP_TCP)
			hlen += d->transport_len >= 13 && d->transport[12] >> 4 >= 5
					? (d->transport[12] >> 4) * 4u
					: (uint32_t)sizeof(struct nf_tcp);
		else if (d->ip->proto == NF_IP_UDP || d->ip->proto == 136)
			hlen += sizeof(struct nf_udp);
	}
	ip_len = nf_inet_ntoh16(d->ip->len);
	*at = (const uint8_t *)d->ip + hlen;
	*len = ip_len > hlen ? ip_len - hlen : 0;
}

static bool sum_get_payload(struct nf_summary_packet *d, unsigned id, struct nf_summary_value *v)
{
	const uint8_t *at, *end = d->p->data + d->len;
	uint32_t len;

	sum_payload(d, &at, &len);
	if (id == NF_SUMMARY_PAYLOAD_LEN) {
		v->v = (uint64_t)len + d->extra;
		return true;
	}
	if (len > 0 && at >= end)
		return false;
	v->bytes = at;
	v->len = len == 0 || len <= (uint32_t)(end - at) ? len : (uint32_t)(end - at);
	if (id == NF_SUMMARY_PAYLOAD_MD5) {
		nf_md5(v->bytes, v->len, v->room);
		v->bytes = v->room;
		v->len = NF_MD5_BYTES;
	}
	return true;
}

bool nf_summary_get(
	struct nf_summary_packet *d, const struct nf_summary_field *f, struct nf_summary_value *v)
{
	*v = (struct nf_summary_value){ 0 };
	if (f->id <= NF_SUMMARY_WIRE_LEN)
		return f->id != NF_SUMMARY_NONE && sum_get_anno(d, f->id, v);
	if (f->id <= NF_SUMMARY_ETH_TYPE)
		return sum_get_link(d, f->id, v);
	if (f->id == NF_SUMMARY_IP_LEN || f->id == NF_SUMMARY_IP_CAPTURE_LEN)
		return sum_get_ip_len(d, f->id, v);
	if (f->id <= NF_SUMMARY_IP_OPT)
		return sum_get_ip(d, f->id, v);
	if (f->id <= NF_SUMMARY_DPORT)
		return sum_get_port(d, f->id, v);
	if (f->id <= NF_SUMMARY_TCP_SACK)
		return sum_get_tcp(d, f->id, v);
	if (f->id == NF_SUMMARY_UDP_LEN) {
		if (d->proto != NF_IP_UDP || d->transport_len < 6)
			return sum_missing(d, NF_IP_UDP, 6);
		v->v = nf_inet_get16(d->transport + 4);
		return true;
	}
	return f->id <= NF_SUMMARY_ICMP_NEXTMTU ? sum_get_icmp(d, f->id, v)
						: sum_get_payload(d, f->id, v);
}
