/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The words of the programs that have the store on raw frames: NAME=VALUE, each once. The image and the program on DPDK take
 * the same ones; only the latter takes addresses here (an image has them from the boot options netdev0.ip and netdev0.ip6).
 */
#ifndef SLUICE_NF_APPS_KVS_NET_OPTS_H
#define SLUICE_NF_APPS_KVS_NET_OPTS_H

#include "nf-apps/kvs/net.h"

struct nf_net_opts {
	uint64_t port;
	uint64_t mem;      /* bytes for the store; 0: not said */
	uint64_t items;    /* expected number; 0: not said */
	uint64_t item_max; /* bytes of the largest value */
	uint64_t evict;    /* 0: a full store refuses */
	uint64_t intr;     /* sleep when idle */
	uint64_t burst, ring;
	uint64_t
		bufs; /* packet buffers per card beside those in the rings; 0: by the memory there is */
	uint64_t offload; /* checksums of UDP are the device's work, if it can */
	uint64_t stats;   /* seconds between reports; 0: none */
};

extern const struct nf_net_opts nf_net_opts_default;

/* Takes one word; -EINVAL after a sentence that begins with `who`, and says what is allowed. */
int nf_net_opts_word(struct nf_net_opts *o, const char *who, const char *word) UK_MUST_USE;

/* "1234", "64K", "2M", "1G": powers of 1024. */
int nf_net_opts_size(const char *text, uint64_t *v) UK_MUST_USE;

/*
 * Addresses of a card as text: "ADDRESS/BITS[:GATEWAY[:DNS]]" (what follows the first colon is not needed here) and
 * "ADDRESS[/BITS][,GATEWAY]"; "none" is none. -EINVAL: it is something else.
 */
int nf_net_opts_ip4(const char *text, struct nf_net_conf *conf) UK_MUST_USE;
int nf_net_opts_ip6(const char *text, struct nf_net_conf *conf) UK_MUST_USE;

/* What the store is to be made with. `random`: 16 bytes that nobody can guess. */
struct nf_kvs_conf nf_net_opts_kvs(const struct nf_net_opts *o, const uint64_t random[2]);

#endif
