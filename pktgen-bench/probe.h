/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The probe: what generators (guest and host) put at the start of the UDP
 * payload, so that whoever receives a frame can tell loss, reordering and
 * latency. It fills the payload of the smallest frame exactly: 60 bytes on the
 * ring (64 with CRC) - 14 Ethernet - 20 IPv4 - 8 UDP = 18.
 *
 * All fields are in network byte order. A stamp means something only to the
 * machine that wrote it: latency is measured on round trips.
 */
#ifndef SLUICE_PKTGEN_BENCH_PROBE_H
#define SLUICE_PKTGEN_BENCH_PROBE_H

#include <stdint.h>

#define PG_PROBE_MAGIC 0x534c5047u /* "SLPG" */

struct pg_probe {
	uint32_t magic;    /* PG_PROBE_MAGIC */
	uint32_t seq;      /* +1 per frame within a stream, wraps */
	uint64_t stamp_ns; /* sender's monotonic clock, 0 = not stamped */
	uint16_t stream;   /* which sender (queue or direction) counts in seq */
} __attribute__((packed));

_Static_assert(sizeof(struct pg_probe) == 18, "fills a 64-byte frame's UDP payload");

#endif
