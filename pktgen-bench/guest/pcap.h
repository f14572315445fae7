/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads frames out of a capture file that lies in memory, without copying. Takes
 * the classic format with micro- or nanosecond stamps, in either byte order, link
 * type Ethernet. Nothing in the file is trusted: every length is checked before use.
 *
 * Life cycle: open, then next until it returns 0 or an error; rewind starts over.
 * Source: draft-ietf-opsawg-pcap, sections 4 and 5.
 */
#ifndef SLUICE_PKTGEN_BENCH_GUEST_PCAP_H
#define SLUICE_PKTGEN_BENCH_GUEST_PCAP_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

#define PG_PCAP_ERROR_MAX 160
#define PG_PCAP_FRAME_MAX 262144u /* bytes; what tcpdump writes at most */

struct pg_pcap {
	const uint8_t *data;
	size_t len, at; /* at: offset of the next record */
	uint32_t nb_read;
	uint32_t fcs_bytes; /* at the end of each whole frame in the file */
	bool swapped, nanoseconds;
	char error[PG_PCAP_ERROR_MAX]; /* one sentence, after a call that failed */
};

struct pg_pcap_frame {
	const uint8_t *data; /* in the file; valid as long as that is */
	uint32_t len;        /* bytes at data, without frame check sequence */
	uint32_t wire_len;   /* what the frame had; more than len if it was cut short */
	uint64_t stamp_ns;   /* since 1970 */
};

/* What a file holds, as pg_pcap_check found it. */
struct pg_pcap_totals {
	uint32_t nb_frames;
	uint32_t shortest, longest; /* bytes */
	uint64_t bytes;
};

/* Returns: 0, or -EINVAL with p->error set. The file's memory is lent as long as p is used. */
UK_MUST_USE int pg_pcap_open(struct pg_pcap *p, UK_LENDS const void *data, size_t len);

/* Returns: 1 with the next frame, 0 at the end, -EINVAL with p->error naming the record. */
UK_MUST_USE int pg_pcap_next(struct pg_pcap *p, UK_GIVES struct pg_pcap_frame *frame);

void pg_pcap_rewind(struct pg_pcap *p);

/*
 * Reads the whole file ahead of a replay: each frame must be there in full and have
 * min to max bytes, and there must be at least one. Leaves p rewound.
 * Returns: 0, or -EINVAL with p->error set.
 */
UK_MUST_USE int pg_pcap_check(
	struct pg_pcap *p, uint32_t min, uint32_t max, UK_GIVES struct pg_pcap_totals *totals);

#endif
