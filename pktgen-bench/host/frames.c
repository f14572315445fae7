/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>

#include "pktgen-bench/host/frames.h"

#define ETHERTYPE_IPV4 0x0800
#define IP_PROTO_UDP   17
#define FLOW_ADDRS     16384u /* then the source port counts up */

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* Sums words as they lie in memory, so the result can be stored without a swap. */
uint16_t pg_frames_sum(const uint8_t *p, size_t len, uint32_t start)
{
	uint64_t sum = start;
	uint16_t w;

	for (; len >= 2; p += 2, len -= 2) {
		memcpy(&w, p, 2);
		sum += w;
	}
	if (len)
		sum += htons((uint16_t)(*p << 8));
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

void pg_frames_flow(struct pg_frames_spec *s, uint32_t flow)
{
	static const uint8_t dst[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
	static const uint8_t src[6] = { 0x02, 0x53, 0x4c, 0x00, 0x00, 0x01 };

	memcpy(s->dst, dst, 6);
	memcpy(s->src, src, 6);
	s->ip_src = 0x0a000001u + flow % FLOW_ADDRS;
	s->ip_dst = 0x0a010001u;
	s->port_src = (uint16_t)(1024 + flow / FLOW_ADDRS);
	s->port_dst = (uint16_t)(4096 + flow % 1024);
	s->stream = 0;
}

/* Sum of the pseudo header (RFC 768) of the IPv4/UDP frame at @buf. */
static uint32_t frames_pseudo(const uint8_t *buf, uint16_t udp_len)
{
	return (uint32_t)pg_frames_sum(buf + 26, 8, 0) + htons(IP_PROTO_UDP) + htons(udp_len);
}

uint32_t pg_frames_build(uint8_t *buf, const struct pg_frames_spec *s)
{
	uint8_t *ip = buf + 14, *udp = buf + PG_FRAMES_UDP_AT, *probe = buf + PG_FRAMES_PROBE_AT;
	uint16_t udp_len = (uint16_t)(s->len - PG_FRAMES_UDP_AT);
	uint16_t check;
	uint32_t part;

	memcpy(buf, s->dst, 6);
	memcpy(buf + 6, s->src, 6);
	put16(buf + 12, ETHERTYPE_IPV4);
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, (uint16_t)(s->len - 14));
	ip[8] = 64;
	ip[9] = IP_PROTO_UDP;
	put32(ip + 12, s->ip_src);
	put32(ip + 16, s->ip_dst);
	check = (uint16_t)~pg_frames_sum(ip, 20, 0);
	memcpy(ip + 10, &check, 2);
	put16(udp, s->port_src);
	put16(udp + 2, s->port_dst);
	put16(udp + 4, udp_len);
	put16(udp + 6, 0);
	memset(probe, 0, sizeof(struct pg_probe));
	put32(probe + offsetof(struct pg_probe, magic), PG_PROBE_MAGIC);
	put16(probe + offsetof(struct pg_probe, stream), s->stream);
	for (uint32_t i = PG_FRAMES_PROBE_AT + sizeof(struct pg_probe); i < s->len; i++)
		buf[i] = (uint8_t)(i * 31 + s->stream);
	part = pg_frames_sum(udp, udp_len, frames_pseudo(buf, udp_len));
	pg_frames_stamp(buf, part, 0, 0);
	return part;
}

const struct pg_probe *pg_frames_probe(const uint8_t *buf, uint32_t len)
{
	const struct pg_probe *p;

	if (len < PG_FRAMES_MIN || get16(buf + 12) != ETHERTYPE_IPV4 || buf[14] != 0x45 ||
		buf[23] != IP_PROTO_UDP)
		return NULL;
	if (get16(buf + 16) != len - 14 ||
		get16(buf + PG_FRAMES_UDP_AT + 4) != len - PG_FRAMES_UDP_AT)
		return NULL;
	p = (const struct pg_probe *)(const void *)(buf + PG_FRAMES_PROBE_AT);
	return ntohl(p->magic) == PG_PROBE_MAGIC ? p : NULL;
}

bool pg_frames_intact(const uint8_t *buf, uint32_t len)
{
	uint16_t udp_len = (uint16_t)(len - PG_FRAMES_UDP_AT);

	if (!pg_frames_probe(buf, len) || pg_frames_sum(buf + 14, 20, 0) != 0xffff)
		return false;
	return pg_frames_sum(buf + PG_FRAMES_UDP_AT, udp_len, frames_pseudo(buf, udp_len)) ==
	       0xffff;
}
