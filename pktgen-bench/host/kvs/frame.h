/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The load's Ethernet frames: Ethernet 14, IPv4 20, UDP 8, then the payload. The UDP checksum of requests is left out,
 * which IPv4 allows (RFC 768), unless it is asked for. Whoever asks for the load's own address by ARP gets an answer.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_KVS_FRAME_H
#define SLUICE_PKTGEN_BENCH_HOST_KVS_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#define PG_KVS_HEADERS 42u /* bytes in front of the payload */
#define PG_KVS_ARP_LEN 42u

struct pg_kvs_ends {
	uint8_t mac[6], server_mac[6];
	uint32_t ip, server_ip;     /* host order */
	uint16_t port, server_port; /* the first of ours */
	uint16_t nb_ports;          /* a power of two */
	bool checksum;              /* send with, and check, UDP checksums */
};

/* Writes the headers for @len bytes of payload, from source port 0 of ours, without UDP checksum. */
void pg_kvs_frame_build(uint8_t *p, const struct pg_kvs_ends *e, uint32_t len);

/* Fills in the UDP checksum of a whole frame. */
void pg_kvs_frame_sum(uint8_t *p, uint32_t len);

/* What a received frame is. */
enum pg_kvs_frame {
	PG_KVS_FRAME_ANSWER, /* a datagram of the server to one of our ports */
	PG_KVS_FRAME_ARP,    /* a question for our address */
	PG_KVS_FRAME_BAD,    /* for us, but with a wrong checksum or length */
	PG_KVS_FRAME_OTHER,
};

/*
 * Looks at @len bytes. An answer: *@port is the index of our port, *@payload and *@bytes the payload. @partial: the sender
 * left the UDP checksum to the device.
 */
enum pg_kvs_frame pg_kvs_frame_look(const struct pg_kvs_ends *e, const uint8_t *p, uint32_t len,
	bool partial, uint32_t *port, const uint8_t **payload, uint32_t *bytes);

/* Writes the answer, PG_KVS_ARP_LEN bytes, to the ARP question @p. */
void pg_kvs_frame_arp(const struct pg_kvs_ends *e, const uint8_t *p, uint8_t *answer);

static inline void pg_kvs_frame_port(uint8_t *p, uint16_t port)
{
	p[34] = (uint8_t)(port >> 8);
	p[35] = (uint8_t)port;
}

#endif
