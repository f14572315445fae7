/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What kvs-linux adds to "stats": process, limits, sockets, connections.
 */
#ifndef SLUICE_NF_APPS_KVS_LINUX_REPORT_H
#define SLUICE_NF_APPS_KVS_LINUX_REPORT_H

#include "nf-apps/kvs/linux/listen.h"
#include "nf-apps/kvs/linux/stream.h"

struct nf_report {
	const struct nf_opts *opts;
	const struct nf_listen *listen;
	const struct nf_streams *streams;
};

/* nf_kvs_conf.stats; the argument is a struct nf_report. */
void nf_report_stats(void *arg, const char *group,
	void (*put)(void *to, const char *name, const char *value), void *to);

#endif
