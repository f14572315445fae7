/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frames a generator sends: Ethernet, IPv4, UDP and a probe (pktgen-bench/probe.h), over
 * ranges of addresses and ports and a profile of sizes. The headers are laid out once in
 * each buffer; per frame only what differs is written, and check sums are made from the
 * sum of the constant part and what differs (the idea of RFC 1624, without its subtraction,
 * so without its corner case of zero).
 *
 * The source port changes fastest, then the destination port, the source address and the
 * destination address; so the number of flows is the product of the ranges. Sizes go
 * through their profile at the same time, one step a frame.
 *
 * Life cycle: check a configuration, start, prepare each buffer once, fill before each send.
 * A buffer may be filled as often as needed and in any order, as long as nobody else writes it.
 * Units: sizes in a configuration include the 4 bytes of CRC, as RFC 2544 counts; lengths of
 * frames do not. Thread: single-queue.
 */
#ifndef SLUICE_PKTGEN_BENCH_GUEST_FLOW_H
#define SLUICE_PKTGEN_BENCH_GUEST_FLOW_H

#include <endian.h>
#include <stdbool.h>
#include "pktgen-bench/probe.h"
#include "plat-kvm/defs.h"

#define PG_FLOW_CRC_BYTES 4u
#define PG_FLOW_SIZE_MIN  64u
#define PG_FLOW_SIZE_MAX  9018u /* 9000 bytes of IP */
#define PG_FLOW_SIZES     32u   /* entries in a list */
#define PG_FLOW_ERROR_MAX 160

struct pg_flow_frame {
	uint8_t dst_mac[6], src_mac[6];
	uint16_t ether_type;
	uint8_t version_ihl, tos;
	uint16_t ip_len, ip_id, ip_fragment;
	uint8_t ttl, protocol;
	uint16_t ip_csum;
	uint32_t src_ip, dst_ip;
	uint16_t src_port, dst_port, udp_len, udp_csum;
	struct pg_probe probe;
} UK_PACKED;

_Static_assert(sizeof(struct pg_flow_frame) == PG_FLOW_SIZE_MIN - PG_FLOW_CRC_BYTES,
	"the smallest frame holds a probe");

/* Both ends included; host order. */
struct pg_flow_range {
	uint32_t first, last;
};

/* A list is gone through in turn; without a list, the range is, by one from first to last. */
struct pg_flow_sizes {
	uint16_t nb; /* entries of list; 0: the range */
	uint16_t list[PG_FLOW_SIZES];
	struct pg_flow_range range;
};

/* 7 : 4 : 1 of 64, 594 and 1518 bytes, spread out. */
extern const struct pg_flow_sizes pg_flow_imix;

struct pg_flow_conf {
	uint8_t src_mac[6], dst_mac[6];
	struct pg_flow_range src_ip, dst_ip, src_port, dst_port;
	struct pg_flow_sizes sizes;
	uint16_t stream;
	uint8_t ttl;
	bool udp_csum; /* else the field is 0: not computed (RFC 768) */
};

/* A counter that goes round a range. */
struct pg_flow_counter {
	uint32_t now, first, last;
};

struct pg_flow {
	/* What each frame needs. */
	uint32_t seq; /* of the next frame */
	uint16_t len; /* of the next frame; of the last one while sizes vary */
	bool varies;  /* anything but sequence number and stamp */
	bool udp_csum;
	uint64_t udp_sum; /* of pseudo header, UDP header and probe, without number and stamp */
	/* What a frame that varies needs. */
	struct pg_flow_counter src_port, dst_port, src_ip, dst_ip, size;
	uint64_t ip_base, udp_base; /* sums of what is constant */
	uint16_t longest;           /* frame */
	struct pg_flow_sizes sizes;
	struct pg_flow_frame head; /* what pg_flow_prepare copies */
};

/*
 * Whether frames can be made of it, none larger than size_max bytes with CRC.
 * Returns: 0, or -EINVAL and one sentence in error (PG_FLOW_ERROR_MAX bytes).
 */
UK_MUST_USE int pg_flow_check(const struct pg_flow_conf *conf, uint32_t size_max, char *error);

/* The configuration has to have passed pg_flow_check. Numbers start at 0. */
void pg_flow_start(struct pg_flow *f, UK_LENDS const struct pg_flow_conf *conf);

/* Different combinations of addresses and ports; saturates. */
UK_MUST_USE uint64_t pg_flow_count(const struct pg_flow_conf *conf);

/*
 * Lays out headers and an empty payload in a buffer of at least f->longest bytes.
 * Cost: writes all of f->longest.
 */
void pg_flow_prepare(const struct pg_flow *f, void *buffer);

/* For pg_flow_fill: sizes, addresses and ports of the next frame. */
void pg_flow_vary(struct pg_flow *f, struct pg_flow_frame *h);

/* One's complement sum of any number of halves, in whatever byte order, made a check sum (RFC
 * 1071). */
UK_INLINE uint16_t pg_flow_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16); /* at most 0x1fffe before: no carry is left */
	return (uint16_t)~sum;
}

/*
 * Makes the next frame in a prepared buffer. stamp_ns 0: not stamped.
 * Returns: its length.
 * Cost: two stores; about 10 more for a UDP check sum, about 25 where flows or sizes vary.
 */
UK_INLINE UK_MUST_USE uint16_t pg_flow_fill(struct pg_flow *f, void *buffer, uint64_t stamp_ns)
{
	struct pg_flow_frame *h = buffer;
	uint32_t seq = htobe32(f->seq++);
	uint64_t stamp = htobe64(stamp_ns);

	if (f->varies)
		pg_flow_vary(f, h);
	h->probe.seq = seq;
	h->probe.stamp_ns = stamp;
	if (f->udp_csum) {
		uint16_t csum = pg_flow_fold(f->udp_sum + seq + (uint32_t)stamp + (stamp >> 32));

		h->udp_csum = csum ? csum : 0xffff; /* RFC 768: 0 would mean none */
	}
	return f->len;
}

/*
 * The probe in a received frame, whoever forwarded it; NULL if there is none.
 * Nothing is trusted; check sums are not looked at. The probe may be at an odd address.
 */
UK_INLINE UK_MUST_USE const struct pg_probe *pg_flow_probe(const void *frame, size_t len)
{
	const struct pg_flow_frame *h = frame;

	if (UK_UNLIKELY(len < sizeof(*h)))
		return NULL;
	if (UK_UNLIKELY(h->ether_type != htobe16(0x0800) || h->version_ihl != 0x45 ||
			h->protocol != 17 || h->probe.magic != htobe32(PG_PROBE_MAGIC)))
		return NULL;
	return &h->probe;
}

#endif
