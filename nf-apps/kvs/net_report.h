/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports as JSON on the console, for the programs around the front end. */
#ifndef SLUICE_NF_APPS_KVS_NET_REPORT_H
#define SLUICE_NF_APPS_KVS_NET_REPORT_H

#include "nf-apps/kvs/net.h"

/* What the program counts by itself, all cards together. */
struct nf_net_report {
	double t; /* seconds */
	uint64_t rx_pkts, tx_pkts, resets;
	uint64_t busy_cycles, busy_pkts, rounds;
	uint64_t bufs_free,
		bufs; /* an idle program lacks those in the receive rings, and no others, or they leak */
	uint64_t unsent; /* answers dropped */
	uint64_t parts;  /* requests dropped: several parts, and no large buffer */
};

/* One line, "@{...}": r, the store's figures, and the counts of all front ends together that are not 0. */
void nf_net_report(const struct nf_net_report *r, struct nf_kvs *kvs, struct nf_net *const nets[],
	unsigned nb);

#endif
