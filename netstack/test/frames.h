/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames of the peer of fake_card.h, 10.0.0.1 at 02:00:00:00:00:02, to the card, 10.0.0.2 at 02:00:00:00:00:01. */
#ifndef SLUICE_NETSTACK_TEST_FRAMES_H
#define SLUICE_NETSTACK_TEST_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#define FRAMES_CARD_IP 0x0a000002u
#define FRAMES_PEER_IP 0x0a000001u

#define FRAMES_FIN 0x01
#define FRAMES_SYN 0x02
#define FRAMES_RST 0x04
#define FRAMES_PSH 0x08
#define FRAMES_ACK 0x10

uint16_t frames_get16(const uint8_t *p);
uint32_t frames_get32(const uint8_t *p);
void frames_set16(uint8_t *p, uint16_t v);
void frames_set32(uint8_t *p, uint32_t v);

/* RFC 1071, straight from its text: complemented, of len bytes at p plus `sum`. */
uint16_t frames_sum(const uint8_t *p, uint32_t len, uint32_t sum);
/* The pseudo header's part of a sum: 10.0.0.x, both ways alike. */
uint32_t frames_pseudo(const uint8_t *ip, uint32_t l4_len);

/* Each writes a whole frame and returns its length. */
uint32_t frames_arp(uint8_t *f, bool reply);
uint32_t frames_ping(uint8_t *f, uint16_t seq, uint32_t payload_len);
uint32_t frames_udp(uint8_t *f, uint16_t from, uint16_t to, const void *payload, uint32_t len);
uint32_t frames_tcp(uint8_t *f, uint16_t from, uint16_t to, uint32_t seq, uint32_t ack,
	uint8_t flags, const void *payload, uint32_t len);
/* IPv4 around `len` bytes at f + 34 that are there already; off_field: fragment offset and flags. */
uint32_t frames_ip(uint8_t *f, uint8_t proto, uint32_t len, uint16_t id, uint16_t off_field);

#endif
