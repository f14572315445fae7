/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "pktgen-bench/host/frames.h"
#include "pktgen-bench/host/kvs/frame.h"

#define IP_AT  14u
#define UDP_AT 34u

static inline uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

void pg_kvs_frame_build(uint8_t *p, const struct pg_kvs_ends *e, uint32_t len)
{
	uint16_t sum;

	memset(p, 0, PG_KVS_HEADERS);
	memcpy(p, e->server_mac, 6);
	memcpy(p + 6, e->mac, 6);
	put16(p + 12, 0x0800);
	p[IP_AT] = 0x45;
	put16(p + IP_AT + 2, (uint16_t)(len + 28));
	p[IP_AT + 6] = 0x40; /* not to be fragmented */
	p[IP_AT + 8] = 64;
	p[IP_AT + 9] = 17;
	put32(p + IP_AT + 12, e->ip);
	put32(p + IP_AT + 16, e->server_ip);
	sum = (uint16_t)~pg_frames_sum(p + IP_AT, 20, 0);
	memcpy(p + IP_AT + 10, &sum, 2);
	put16(p + UDP_AT, e->port);
	put16(p + UDP_AT + 2, e->server_port);
	put16(p + UDP_AT + 4, (uint16_t)(len + 8));
}

/* Sum over pseudo header and datagram of @udp bytes, the checksum's field included. */
static uint16_t frame_udp_sum(const uint8_t *p, uint32_t udp)
{
	uint8_t rest[4] = { 0, 17, (uint8_t)(udp >> 8), (uint8_t)udp };

	return pg_frames_sum(p + UDP_AT, udp,
		(uint32_t)pg_frames_sum(p + IP_AT + 12, 8, 0) + pg_frames_sum(rest, 4, 0));
}

void pg_kvs_frame_sum(uint8_t *p, uint32_t len)
{
	uint16_t sum;

	memset(p + UDP_AT + 6, 0, 2);
	sum = (uint16_t)~frame_udp_sum(p, len - UDP_AT);
	/* 0 would mean "not computed" (RFC 768). */
	if (!sum)
		sum = 0xffff;
	memcpy(p + UDP_AT + 6, &sum, 2);
}

/* An ARP request over Ethernet for our IPv4 address (RFC 826). */
static bool frame_asks(const struct pg_kvs_ends *e, const uint8_t *p, uint32_t len)
{
	return len >= PG_KVS_ARP_LEN && !memcmp(p + 14, "\0\1\10\0\6\4\0\1", 8) &&
	       get32(p + 38) == e->ip;
}

enum pg_kvs_frame pg_kvs_frame_look(const struct pg_kvs_ends *e, const uint8_t *p, uint32_t len,
	bool partial, uint32_t *port, const uint8_t **payload, uint32_t *bytes)
{
	uint32_t ip_len, udp_len, index;

	if (len < PG_KVS_HEADERS)
		return PG_KVS_FRAME_OTHER;
	if (get16(p + 12) == 0x0806)
		return frame_asks(e, p, len) ? PG_KVS_FRAME_ARP : PG_KVS_FRAME_OTHER;
	index = (uint32_t)get16(p + UDP_AT + 2) - e->port;
	if (get16(p + 12) != 0x0800 || p[IP_AT] != 0x45 || p[IP_AT + 9] != 17 ||
		memcmp(p, e->mac, 6) != 0 || get32(p + IP_AT + 12) != e->server_ip ||
		get32(p + IP_AT + 16) != e->ip || get16(p + UDP_AT) != e->server_port ||
		index >= e->nb_ports)
		return PG_KVS_FRAME_OTHER;
	ip_len = get16(p + IP_AT + 2);
	udp_len = get16(p + UDP_AT + 4);
	/* A fragment would need to be put together; answers of one datagram have none. */
	if (ip_len > len - IP_AT || udp_len < 8 || udp_len != ip_len - 20 ||
		(get16(p + IP_AT + 6) & 0x3fff) || pg_frames_sum(p + IP_AT, 20, 0) != 0xffff)
		return PG_KVS_FRAME_BAD;
	if (e->checksum && !partial && get16(p + UDP_AT + 6) && frame_udp_sum(p, udp_len) != 0xffff)
		return PG_KVS_FRAME_BAD;
	*port = index;
	*payload = p + PG_KVS_HEADERS;
	*bytes = udp_len - 8;
	return PG_KVS_FRAME_ANSWER;
}

void pg_kvs_frame_arp(const struct pg_kvs_ends *e, const uint8_t *p, uint8_t *answer)
{
	memcpy(answer, p + 6, 6);
	memcpy(answer + 6, e->mac, 6);
	memcpy(answer + 12, "\10\6\0\1\10\0\6\4\0\2", 10);
	memcpy(answer + 22, e->mac, 6);
	put32(answer + 28, e->ip);
	memcpy(answer + 32, p + 22, 10);
}
