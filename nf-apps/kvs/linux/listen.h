/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sockets that kvs-linux waits on.
 */
#ifndef SLUICE_NF_APPS_KVS_LINUX_LISTEN_H
#define SLUICE_NF_APPS_KVS_LINUX_LISTEN_H

#include "nf-apps/kvs/linux/opts.h"

#define NF_LISTEN_MAX 32

struct nf_listen {
	int fd[NF_LISTEN_MAX];
	bool udp[NF_LISTEN_MAX];
	unsigned n;
};

/* Opens all that the options name. false: the reason has been said. */
bool nf_listen_open(struct nf_listen *l, const struct nf_opts *o);
void nf_listen_close(struct nf_listen *l, const struct nf_opts *o);

#endif
