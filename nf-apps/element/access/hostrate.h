/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Token buckets by IPv4 address, two for each (up and down), for policers. A host that was silent
 * for long enough has a full bucket, which is what a new one gets: forgetting it changes nothing,
 * so that the table can be bounded. Hosts for which there is no place share one pair of buckets.
 * Life: init -> police, set ... -> free. Thread: the element's core.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_ACCESS_HOSTRATE_H
#define SLUICE_NF_APPS_ELEMENT_ACCESS_HOSTRATE_H

#include "nf-apps/click/handler.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/element/queue/tokenbucket.h"
#include "nf-apps/element/rewrite/flowtable.h"

#define NF_HOSTRATE_CAPACITY_MAX (1u << 24)

enum { NF_HOSTRATE_UP, NF_HOSTRATE_DOWN, NF_HOSTRATE_WAYS };

struct nf_hostrate_key {
	uint32_t addr_be;
	uint32_t used; /* 1: no key is all zero */
	uint64_t zero;
};

struct nf_hostrate_host {
	struct nf_hostrate_key key;
	uint64_t last_ns;
	uint64_t dropped[NF_HOSTRATE_WAYS];
	uint64_t fixed; /* somebody set its rates: it stays */
	uint64_t passed[NF_HOSTRATE_WAYS];
	struct nf_tokenbucket bucket[NF_HOSTRATE_WAYS];
};

_Static_assert(sizeof(struct nf_hostrate_host) == 128, "two lines");

struct nf_hostrate {
	struct nf_flowtable flows;
	struct nf_hostrate_host shared;  /* of those without a place */
	uint64_t rate[NF_HOSTRATE_WAYS]; /* per second, of hosts that are not fixed */
	uint64_t burst_ns;
	uint64_t timeout_ns;
	uint32_t capacity, hand;
	bool packets;       /* tokens are packets, not bytes */
	uint64_t nb_shared; /* packets that the shared buckets took or refused */
};

/* rate, burst_ns, timeout_ns, capacity and packets are set. -ENOMEM */
int nf_hostrate_init(struct nf_hostrate *h, struct nf_core *core) UK_MUST_USE;
void nf_hostrate_free(struct nf_hostrate *h);

/*
 * For each of n packets: true if it may pass. Hosts are their sources (up, `by_dst` false) or
 * destinations; packets without an IPv4 header are told in not_ip[] and may not.
 */
void nf_hostrate_police(struct nf_hostrate *h, struct nf_core *core, unsigned way, bool by_dst,
	struct uk_netbuf *const v[], uint16_t n, bool pass[], bool not_ip[]);

/* Rates of a host, which then stays. -ENOSPC */
int nf_hostrate_set(struct nf_hostrate *h, struct nf_core *core, uint32_t addr_be,
	const uint64_t rate[NF_HOSTRATE_WAYS]) UK_MUST_USE;
/* -ENOENT */
int nf_hostrate_remove(struct nf_hostrate *h, uint32_t addr_be) UK_MUST_USE;
/* "ADDRESS PASSED DROPPED" for each host, of both ways if `ways` is 2 (then also the rates). */
void nf_hostrate_print(struct nf_hostrate *h, unsigned ways, struct nf_text *out);
/* Takes over hosts, their tokens and counts; rates of hosts that are not fixed are the new ones. */
void nf_hostrate_take(struct nf_hostrate *h, struct nf_hostrate *was);

/* CAPACITY, TIMEOUT and BURST. */
void nf_hostrate_args(struct nf_hostrate *h, struct nf_args *a);

#endif
