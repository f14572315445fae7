/* SPDX-License-Identifier: BSD-3-Clause */
/* The mode kvs of pgbench-host: loads a key-value server and checks every answer. */
#ifndef SLUICE_PKTGEN_BENCH_HOST_KVS_KVS_H
#define SLUICE_PKTGEN_BENCH_HOST_KVS_KVS_H

#include <signal.h>

/* @argv[0] is the mode's name. Returns the exit code. */
int pg_kvs_mode(int argc, char **argv, volatile sig_atomic_t *stop);

#endif
