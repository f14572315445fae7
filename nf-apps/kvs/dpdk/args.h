/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of kvs-dpdk: options of its own, and the words that the image takes. */
#ifndef SLUICE_NF_APPS_KVS_DPDK_ARGS_H
#define SLUICE_NF_APPS_KVS_DPDK_ARGS_H

#include "nf-apps/kvs/net_opts.h"

struct nf_args {
	const char *socket;
	const char *devargs; /* of the virtio-user driver: what ring */
	const char *mac;     /* NULL: a usual one */
	unsigned core;
	bool vectorised, verbose;
	struct nf_net_opts opts;
	struct nf_net_conf net; /* ip4, ip6 */
};

/* 0: go on; else the exit code + 1, after what was to be said. */
int nf_args_parse(struct nf_args *a, int argc, char **argv) UK_MUST_USE;

#endif
