/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frames that a run sends, built once per queue pair and sent again and
 * again: sending copies, so a frame may be renewed (number, stamp) as soon as
 * the call returns. The table repeats its start at its end, so that a burst is
 * always one contiguous slice.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_GEN_H
#define SLUICE_PKTGEN_BENCH_HOST_GEN_H

#include <stdint.h>

#include "pktgen-bench/host/opts.h"
#include "pktgen-bench/host/pcapfile.h"
#include "pktgen-bench/host/port.h"

struct pg_gen {
	struct pg_port_frame *frame;
	uint32_t *part;    /* checksum parts for pg_frames_stamp */
	uint32_t *ip_part; /* and for pg_frames_readdress */
	const struct pg_frames_nets
		*nets; /* not NULL: frames get their flow's addresses as they are sent */
	uint32_t flows;
	unsigned int nb; /* distinct frames */
	unsigned int at; /* the next to send */
	uint32_t seq;    /* its number */
};

/* Builds the frames of queue pair @q, or takes those of @pcap if that is not NULL. Returns 0 or -1
 * after one sentence. */
int pg_gen_build(struct pg_gen *g, struct pg_port *p, const struct pg_opts *o, unsigned int q,
	const struct pg_pcapfile *pcap);
void pg_gen_free(struct pg_gen *g);

/*
 * Numbers the next @n frames, stamps them as @stamp says, sends them and moves on by what was
 * taken. Adds their bytes to *@bytes. Returns how many were taken.
 */
unsigned int pg_gen_send(struct pg_gen *g, struct pg_port *p, unsigned int q, unsigned int n,
	enum pg_opts_stamp stamp, uint64_t now_ns, uint64_t *bytes);

#endif
