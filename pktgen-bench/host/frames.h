/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Builds the frames that the harness sends: Ethernet, IPv4, UDP and a probe
 * (pktgen-bench/probe.h), with right checksums. Sizes here are bytes on the
 * ring, without CRC. The sequence number and the stamp of a built frame are
 * renewed in place by pg_frames_stamp, which also renews the UDP checksum from
 * a partial sum made once, at the cost of two stores and a few adds.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_FRAMES_H
#define SLUICE_PKTGEN_BENCH_HOST_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pktgen-bench/probe.h"

#define PG_FRAMES_CRC      4u    /* RFC 2544 sizes include it, the ring does not */
#define PG_FRAMES_GAP      20u   /* preamble 8 + inter-frame gap 12 */
#define PG_FRAMES_UDP_AT   34u   /* Ethernet 14 + IPv4 20 */
#define PG_FRAMES_PROBE_AT 42u   /* + UDP 8 */
#define PG_FRAMES_MIN      60u   /* smallest probe frame on the ring */
#define PG_FRAMES_MAX      9216u /* largest frame on the ring that the harness handles */

struct pg_frames_spec {
	uint32_t len; /* bytes on the ring, PG_FRAMES_MIN..PG_FRAMES_MAX */
	uint8_t dst[6];
	uint8_t src[6];
	uint32_t ip_src; /* host order */
	uint32_t ip_dst;
	uint16_t port_src;
	uint16_t port_dst;
	uint16_t stream;
};

/* Where the flows' addresses come from: networks in host order, masks of 1 to 32 bits. */
struct pg_frames_nets {
	uint32_t src, src_mask, dst, dst_mask;
};

/*
 * Source and destination address and source port of flow @flow: sources count up within their
 * network, then ports from 1024 on; destinations are spread over theirs. In network order; two
 * flows below 2^32 differ as long as network and ports have room.
 */
static inline void pg_frames_spread(const struct pg_frames_nets *n, uint32_t flow, uint32_t *src_be,
	uint32_t *dst_be, uint16_t *port_be)
{
	uint32_t hosts = ~n->src_mask > 1 ? ~n->src_mask - 1 : 1;
	uint32_t mix = flow * 0x9e3779b1u;

	mix ^= mix >> 15;
	*src_be = __builtin_bswap32(n->src | (hosts > 1 ? 1 + flow % hosts : 0));
	*dst_be = __builtin_bswap32(n->dst | (mix & ~n->dst_mask));
	*port_be = __builtin_bswap16((uint16_t)(1024 + flow / hosts % 64512));
}

/* Spec of flow @flow: addresses count up from 10.0.0.1 / 10.1.0.1, ports from 1024. */
void pg_frames_flow(struct pg_frames_spec *s, uint32_t flow);

/*
 * Writes the frame of @s to @buf (s->len bytes) with sequence number and stamp 0.
 * Returns the partial sum that pg_frames_stamp wants.
 */
uint32_t pg_frames_build(uint8_t *buf, const struct pg_frames_spec *s);

/* Ones' complement sum of @len bytes (RFC 1071), folded to 16 bits, not inverted. */
uint16_t pg_frames_sum(const uint8_t *p, size_t len, uint32_t start);

/*
 * The probe in @buf, or NULL if this is no whole IPv4/UDP probe frame. Looks at headers
 * only: a frame whose length disagrees with its headers is no probe.
 */
const struct pg_probe *pg_frames_probe(const uint8_t *buf, uint32_t len);

/* True if the IPv4 header sum and the UDP sum of a probe frame are both right. */
bool pg_frames_intact(const uint8_t *buf, uint32_t len);

/* Swaps source and destination address of an Ethernet header, as a reflector does. */
static inline void pg_frames_swap(uint8_t *buf)
{
	uint8_t dst[6];

	memcpy(dst, buf, 6);
	memcpy(buf, buf + 6, 6);
	memcpy(buf + 6, dst, 6);
}

static inline void pg_frames_stamp(uint8_t *buf, uint32_t part, uint32_t seq, uint64_t stamp_ns)
{
	uint32_t seq_be = __builtin_bswap32(seq);
	uint64_t stamp_be = __builtin_bswap64(stamp_ns);
	uint64_t sum = (uint64_t)part + seq_be + (uint32_t)stamp_be + (stamp_be >> 32);
	uint16_t check;

	memcpy(buf + PG_FRAMES_PROBE_AT + offsetof(struct pg_probe, seq), &seq_be, 4);
	memcpy(buf + PG_FRAMES_PROBE_AT + offsetof(struct pg_probe, stamp_ns), &stamp_be, 8);
	sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	check = (uint16_t)~sum;
	/* 0 would mean "not computed" (RFC 768). */
	if (!check)
		check = 0xffff;
	memcpy(buf + PG_FRAMES_UDP_AT + 6, &check, 2);
}

/*
 * Gives a built frame other addresses and another source port. @ip_part and @part: the sums of its
 * IPv4 header and of UDP (pg_frames_build) with those fields 0. Returns the partial sum for
 * pg_frames_stamp, which has to follow.
 */
static inline uint32_t pg_frames_readdress(uint8_t *buf, uint32_t ip_part, uint32_t part,
	uint32_t src_be, uint32_t dst_be, uint16_t port_be)
{
	uint64_t ends = (uint64_t)src_be + dst_be, sum = ip_part + ends;
	uint16_t check;

	memcpy(buf + 26, &src_be, 4);
	memcpy(buf + 30, &dst_be, 4);
	memcpy(buf + PG_FRAMES_UDP_AT, &port_be, 2);
	sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	check = (uint16_t)~sum;
	memcpy(buf + 24, &check, 2);
	ends = (ends & 0xffff) + ((ends >> 16) & 0xffff) + (ends >> 32);
	return part + (uint32_t)ends + port_be;
}

#endif
