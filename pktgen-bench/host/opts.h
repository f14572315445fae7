/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line of pgbench-host. Everything a user types is checked here;
 * the modes rely on it.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_OPTS_H
#define SLUICE_PKTGEN_BENCH_HOST_OPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "pktgen-bench/host/frames.h"

#define PG_OPTS_SIZES_MAX 256u /* frame sizes in one mix */

enum pg_opts_mode {
	PG_OPTS_SINK,
	PG_OPTS_GEN,
	PG_OPTS_FWD,
	PG_OPTS_REFLECT,
	PG_OPTS_REPLAY,
	PG_OPTS_RANDOM,
	PG_OPTS_RFC2544,
};

enum pg_opts_stamp {
	PG_OPTS_STAMP_NONE,  /* frames stay as built: no sequence numbers either */
	PG_OPTS_STAMP_SEQ,   /* sequence numbers only */
	PG_OPTS_STAMP_BURST, /* and the first frame of each burst carries the time */
	PG_OPTS_STAMP_ALL,   /* and every frame carries the time */
};

enum pg_opts_expect {
	PG_OPTS_EXPECT_SWAP, /* frames come back with the two MAC addresses swapped */
	PG_OPTS_EXPECT_SAME,
};

struct pg_opts {
	enum pg_opts_mode mode;
	const char *mode_name;
	const char *socket;
	const char *back; /* socket of the port where frames come back; NULL: the same */
	unsigned int core;
	unsigned int queues;
	bool lean;
	bool client;
	bool offloads;
	bool no_mergeable;
	bool no_packed;
	bool json;
	bool verbose;
	bool no_huge;
	bool check;
	bool until_gone;
	uint16_t size[PG_OPTS_SIZES_MAX]; /* bytes on the ring, without CRC */
	unsigned int nb_sizes;
	uint32_t flows;
	struct pg_frames_nets nets; /* of the flows' addresses, if `spread` */
	bool spread;
	uint8_t dst_mac[6]; /* if has_mac */
	bool has_mac;
	unsigned int burst;
	double rate_pps; /* 0 = as fast as possible */
	enum pg_opts_stamp stamp;
	unsigned int window; /* most frames in flight, 0 = no bound */
	double duration_s;   /* 0 = until a signal */
	double warmup_s;
	double wait_s; /* for a guest; 0 = for ever */
	double drain_s;
	double linger_s;
	uint64_t rest_ns; /* at full speed, after a short burst */
	const char *capture;
	uint64_t limit;
	const char *pcap;
	unsigned int loops;
	bool pace;
	enum pg_opts_expect expect;
	uint64_t count;
	uint32_t min_len;
	uint32_t max_len;
	uint64_t seed;
	double trial_s;
	double loss;
	double resolution;
	double max_rate_pps;
	unsigned int max_trials;
	unsigned int retries; /* of a trial that failed */
};

/*
 * Parses the command line. Returns 0, 1 if help was printed (exit code 0), or -1 after one
 * sentence on stderr (exit code 2).
 */
int pg_opts_parse(struct pg_opts *o, int argc, char **argv);

extern const char pg_opts_help[]; /* opts_help.c */

/* opts_sizes.c: parses "64", "64,128", "64-1518", "64-1518/64" or "imix" (sizes with CRC). 0 or -1.
 */
int pg_opts_sizes(struct pg_opts *o, const char *text);

#endif
