/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between the files of FlowFilter: its flows, and how a packet names one. A flow has one key for
 * both directions: the lower endpoint comes first, so that half as many keys are to be kept.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_FLOWFILTER_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_FLOWFILTER_H

#include "nf-apps/click/element.h"
#include "nf-apps/element/rewrite/flowage.h"
#include "nf-apps/element/rewrite/rwaddr.h"
#include "nf-apps/element/rewrite/tcptrack.h"

/* Reasons for drops. */
enum nf_flowfilter_reason {
	NF_FLOWFILTER_NO_FLOW,
	NF_FLOWFILTER_NOT_IP,
	NF_FLOWFILTER_FRAGMENT,
	NF_FLOWFILTER_BAD_FLAGS,
	NF_FLOWFILTER_WINDOW,
	NF_FLOWFILTER_WRONG_SIDE,
	NF_FLOWFILTER_FULL,
};

enum nf_flowfilter_class {
	NF_FLOWFILTER_TRANSITORY, /* TCP that opens or closes */
	NF_FLOWFILTER_OPEN,
	NF_FLOWFILTER_DONE,
	NF_FLOWFILTER_UDP,
	NF_FLOWFILTER_STREAM,
	NF_FLOWFILTER_ICMP,
	NF_FLOWFILTER_OTHER,
	NF_FLOWFILTER_CLASSES,
};

struct nf_flowfilter_key {
	nf_be32 low, high;
	nf_be16 low_port, high_port;
	uint8_t proto, zero[2];
	uint8_t one; /* no key is all zero */
};

_Static_assert(sizeof(struct nf_flowfilter_key) == 16, "two words");

struct nf_flowfilter_flow {
	struct nf_flowfilter_key key;
	struct nf_flowage_mark age; /* user[0]: UDP's state */
	uint8_t begun_high;         /* 1: the higher endpoint began it */
	uint8_t begun_outside;      /* 1: it began on input 2 */
	uint8_t pad[2];
	struct nf_tcptrack tcp;
};

_Static_assert(sizeof(struct nf_flowfilter_flow) == UK_CACHE_LINE, "one line");

struct nf_flowfilter {
	struct nf_flowtable flows;
	struct nf_flowage age;
	uint32_t capacity, work;
	uint64_t nb_opened, nb_blocked, nb_evicted, nb_expired, nb_refused;
	struct nf_timer reap;
	uint64_t reap_ns;
	uint64_t timeout_ns[NF_FLOWFILTER_CLASSES], guarantee_ns;
};

void nf_flowfilter_end_flow(struct nf_flowfilter *s, uint32_t entry);
/* Removes flows that have timed out or are too many. True: there may be more. */
bool nf_flowfilter_reap(struct nf_flowfilter *s, uint32_t now, uint32_t most);

extern const struct nf_handler nf_flowfilter_handlers[];

UK_INLINE struct nf_flowfilter_flow *nf_flowfilter_flow(
	const struct nf_flowfilter *s, uint32_t entry)
{
	return nf_steparray_item(
		&s->flows.entries, entry, NF_FLOWTABLE_SHIFT, sizeof(struct nf_flowfilter_flow));
}

/* The key of both directions. Returns 1 if the source is the higher endpoint. */
UK_INLINE unsigned nf_flowfilter_name(struct nf_flowfilter_key *k, nf_be32 src, nf_be32 dst,
	nf_be16 sport, nf_be16 dport, uint8_t proto)
{
	uint64_t from = (uint64_t)src << 16 | sport, to = (uint64_t)dst << 16 | dport;
	uint64_t low = from < to ? from : to, high = from < to ? to : from;

	*k = (struct nf_flowfilter_key){ .low = (nf_be32)(low >> 16),
		.high = (nf_be32)(high >> 16),
		.low_port = (nf_be16)low,
		.high_port = (nf_be16)high,
		.proto = proto,
		.one = 1 };
	return from > to;
}

#endif
