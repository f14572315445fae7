/* SPDX-License-Identifier: BSD-3-Clause */
#include "netstack/test/frames.h"

#include <string.h>

#define L3 14u
#define L4 34u

static const uint8_t card_mac[6] = { 2, 0, 0, 0, 0, 1 }, peer_mac[6] = { 2, 0, 0, 0, 0, 2 };

uint16_t frames_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t frames_get32(const uint8_t *p)
{
	return (uint32_t)frames_get16(p) << 16 | frames_get16(p + 2);
}

void frames_set16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void frames_set32(uint8_t *p, uint32_t v)
{
	frames_set16(p, (uint16_t)(v >> 16));
	frames_set16(p + 2, (uint16_t)v);
}

uint16_t frames_sum(const uint8_t *p, uint32_t len, uint32_t sum)
{
	for (uint32_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint32_t frames_pseudo(const uint8_t *ip, uint32_t l4_len)
{
	return (uint16_t)~frames_sum(ip + 12, 8, ip[9] + l4_len);
}

static void frames_eth(uint8_t *f, uint16_t type)
{
	memcpy(f, card_mac, 6);
	memcpy(f + 6, peer_mac, 6);
	frames_set16(f + 12, type);
}

uint32_t frames_arp(uint8_t *f, bool reply)
{
	static const uint8_t head[6] = { 0, 1, 8, 0, 6, 4 };

	memset(f, 0, 42);
	frames_eth(f, 0x0806);
	memcpy(f + L3, head, 6);
	frames_set16(f + 20, reply ? 2 : 1);
	memcpy(f + 22, peer_mac, 6);
	frames_set32(f + 28, FRAMES_PEER_IP);
	memcpy(f + 32, card_mac, 6);
	frames_set32(f + 38, FRAMES_CARD_IP);
	return 42;
}

uint32_t frames_ip(uint8_t *f, uint8_t proto, uint32_t len, uint16_t id, uint16_t off_field)
{
	uint8_t *ip = f + L3;

	frames_eth(f, 0x0800);
	memset(ip, 0, 20);
	ip[0] = 0x45;
	frames_set16(ip + 2, (uint16_t)(20 + len));
	frames_set16(ip + 4, id);
	frames_set16(ip + 6, off_field);
	ip[8] = 64;
	ip[9] = proto;
	frames_set32(ip + 12, FRAMES_PEER_IP);
	frames_set32(ip + 16, FRAMES_CARD_IP);
	frames_set16(ip + 10, frames_sum(ip, 20, 0));
	return L4 + len;
}

uint32_t frames_ping(uint8_t *f, uint16_t seq, uint32_t payload_len)
{
	uint8_t *icmp = f + L4;

	memset(icmp, 0, 8);
	icmp[0] = 8;
	frames_set16(icmp + 4, 77);
	frames_set16(icmp + 6, seq);
	for (uint32_t i = 0; i < payload_len; i++)
		icmp[8 + i] = (uint8_t)(seq + i * 7);
	frames_set16(icmp + 2, frames_sum(icmp, 8 + payload_len, 0));
	return frames_ip(f, 1, 8 + payload_len, seq, 0);
}

uint32_t frames_udp(uint8_t *f, uint16_t from, uint16_t to, const void *payload, uint32_t len)
{
	uint8_t *udp = f + L4;
	uint32_t total;

	frames_set16(udp, from);
	frames_set16(udp + 2, to);
	frames_set16(udp + 4, (uint16_t)(8 + len));
	frames_set16(udp + 6, 0);
	memcpy(udp + 8, payload, len);
	total = frames_ip(f, 17, 8 + len, 1, 0);
	frames_set16(udp + 6, frames_sum(udp, 8 + len, frames_pseudo(f + L3, 8 + len)));
	return total;
}

uint32_t frames_tcp(uint8_t *f, uint16_t from, uint16_t to, uint32_t seq, uint32_t ack,
	uint8_t flags, const void *payload, uint32_t len)
{
	/* MSS 1460, and a window scale of 7 where there are options */
	static const uint8_t options[8] = { 2, 4, 0x05, 0xb4, 1, 3, 3, 7 };
	uint32_t head = flags & FRAMES_SYN ? 28 : 20, total;
	uint8_t *tcp = f + L4;

	memset(tcp, 0, head);
	frames_set16(tcp, from);
	frames_set16(tcp + 2, to);
	frames_set32(tcp + 4, seq);
	frames_set32(tcp + 8, ack);
	tcp[12] = (uint8_t)(head / 4 << 4);
	tcp[13] = flags;
	frames_set16(tcp + 14, 0xffff);
	if (flags & FRAMES_SYN)
		memcpy(tcp + 20, options, 8);
	if (len > 0)
		memcpy(tcp + head, payload, len);
	total = frames_ip(f, 6, head + len, 1, 0);
	frames_set16(tcp + 16, frames_sum(tcp, head + len, frames_pseudo(f + L3, head + len)));
	return total;
}
