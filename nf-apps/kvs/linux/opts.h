/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kvs-linux's command line: memcached's letters where they mean something here.
 */
#ifndef SLUICE_NF_APPS_KVS_LINUX_OPTS_H
#define SLUICE_NF_APPS_KVS_LINUX_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "nf-apps/kvs/kvs.h"

struct nf_opts {
	uint16_t tcp_port, udp_port; /* 0: off */
	const char *listen;          /* addresses, comma-separated; NULL: all */
	const char *unix_path;       /* instead of ports */
	unsigned unix_mask;          /* access bits of the path */
	size_t bytes;                /* of the store */
	uint32_t item_max;           /* bytes of a value */
	uint32_t nb_items;           /* expected; 0: any */
	unsigned max_conns, backlog, verbosity;
	enum nf_kvs_protocol protocol;
	uint32_t idle_s; /* a connection without a byte for so long is closed; 0: never */
	bool no_evict, no_flush, daemon;
	bool batch; /* datagrams by recvmmsg and sendmmsg */
	const char *pid_file;
};

/* false: the program is to end with *status; everything has been said. */
bool nf_opts_parse(struct nf_opts *o, int argc, char **argv, int *status);

#endif
