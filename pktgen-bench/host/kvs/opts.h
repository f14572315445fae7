/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of pgbench-host's mode kvs. Everything a user types is checked here; the mode relies on it. */
#ifndef SLUICE_PKTGEN_BENCH_HOST_KVS_OPTS_H
#define SLUICE_PKTGEN_BENCH_HOST_KVS_OPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "pktgen-bench/host/kvs/frame.h"
#include "pktgen-bench/host/kvs/proto.h"

#define PG_KVS_LOADS_MAX  32u
#define PG_KVS_WINDOW_MAX 8192u

enum pg_kvs_load_kind {
	PG_KVS_CLOSED, /* so many requests under way at all times */
	PG_KVS_RATE,   /* so many a second, whatever comes back */
	PG_KVS_SHARE,  /* a rate that is this multiple of the best closed loop so far */
	PG_KVS_DRAIN,  /* nothing is sent */
};

struct pg_kvs_load {
	enum pg_kvs_load_kind kind;
	double value;
	char name[24];
};

struct pg_kvs_opts {
	const char *socket; /* one of these three, or none of both: UDP to server_ip */
	const char *iface;
	bool udp;
	unsigned int core, queues;
	bool client, no_mergeable, no_packed, no_huge, json, verbose;
	double wait_s;
	struct pg_kvs_ends ends;
	const struct pg_kvs_proto *proto;
	uint32_t keys, key_len, value_min, value_max;
	double zipf;      /* exponent, 0: uniform */
	double get_share; /* gets of all requests, 0..1 */
	uint64_t seed;
	unsigned int burst;
	bool preload, verify, any_order;
	struct pg_kvs_load load[PG_KVS_LOADS_MAX];
	unsigned int nb_loads;
	double duration_s, warmup_s, timeout_s, pause_s;
	uint64_t rest_ns;
};

/* 0, 1 if help was printed (exit code 0), or -1 after one sentence on stderr (exit code 2). @argv[0]: the mode's name. */
int pg_kvs_opts_parse(struct pg_kvs_opts *o, int argc, char **argv);

extern const char pg_kvs_opts_help[]; /* opts_help.c */

#endif
