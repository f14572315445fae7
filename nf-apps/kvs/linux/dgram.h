/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams of a Linux socket: one at a time, or 32 by one call each way.
 */
#ifndef SLUICE_NF_APPS_KVS_LINUX_DGRAM_H
#define SLUICE_NF_APPS_KVS_LINUX_DGRAM_H

#include "nf-apps/kvs/kvs.h"

struct nf_dgram;

struct nf_dgram *nf_dgram_create(struct nf_kvs *k, bool batch); /* NULL: no memory */
void nf_dgram_destroy(struct nf_dgram *d);
/* Answers what waits at the socket, up to some hundred datagrams. `tick` is called now and then. */
void nf_dgram_run(struct nf_dgram *d, int fd, void (*tick)(struct nf_kvs *k));

#endif
