/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts DPDK's environment the way the harness wants it: one core, no PCI, nothing shared. */
#ifndef SLUICE_PKTGEN_BENCH_HOST_EAL_H
#define SLUICE_PKTGEN_BENCH_HOST_EAL_H

#include <stdbool.h>

struct pg_eal_conf {
	unsigned int core;
	unsigned int mem_mib;
	bool no_huge; /* else hugepages are used if enough are free */
	bool verbose; /* show DPDK's own log */
};

/*
 * Returns 0, or -1 after one sentence. Says on stderr when it runs without hugepages.
 * The calling thread is the polling one afterwards, pinned to the core.
 */
int pg_eal_start(const struct pg_eal_conf *c);
void pg_eal_stop(void);

#endif
