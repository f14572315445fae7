/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the harness prints on stdout: one line per event and per second for
 * people, or one JSON object per line for scripts, and the result at the end.
 *
 * Rates: Mpps count frames. gbps counts the frame with its 4 bytes of CRC;
 * gbps_wire adds the 20 bytes of preamble and gap, so that it compares with a
 * link's line rate.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_REPORT_H
#define SLUICE_PKTGEN_BENCH_HOST_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "pktgen-bench/host/hist.h"

struct pg_report_counts {
	uint64_t tx_pkts;
	uint64_t tx_bytes; /* on the ring, without CRC */
	uint64_t rx_pkts;
	uint64_t rx_bytes;
	uint64_t refused; /* frames the guest's ring had no room for when they were due */
	uint64_t lost;    /* probes that never came back, or gaps in what the guest sent */
	uint64_t reordered;
	uint64_t duplicate;
	uint64_t corrupt;    /* probes with a wrong checksum, frames that came back altered */
	uint64_t foreign;    /* received frames that are no probes of ours */
	uint64_t needs_csum; /* received with the checksum left to the device */
	uint64_t gso;        /* received unsegmented */
};

struct pg_report {
	bool json;
	bool tx, rx, checked; /* which columns mean something */
	double last_s;
	struct pg_report_counts last;
};

void pg_report_start(struct pg_report *r, bool json, bool tx, bool rx, bool checked);

/* @text: JSON members for the event, "" or starting with a comma; @line: the same for people. */
void pg_report_event(
	const struct pg_report *r, const char *what, const char *text, const char *line);

/* One second (or so) has passed; @now counts since the start, @lat since the last tick. */
void pg_report_tick(struct pg_report *r, double t, const struct pg_report_counts *now,
	const struct pg_hist *lat);

/* Rate of one direction over @seconds. */
struct pg_report_rate {
	double mpps;
	double gbps;
	double gbps_wire;
};
struct pg_report_rate pg_report_rate_of(uint64_t pkts, uint64_t bytes, double seconds);

/*
 * The result of @mode over @seconds. @extra: further JSON members, "" or starting with a comma.
 * @verdict: "ok" or what was wrong, for both outputs.
 */
void pg_report_result(const struct pg_report *r, const char *mode, const char *verdict,
	double seconds, const struct pg_report_counts *c, const struct pg_hist *lat,
	const char *extra);

/* @text as the inside of a JSON string, cut to fit @size. Returns @out. */
char *pg_report_quote(char *out, unsigned int size, const char *text);

#endif
