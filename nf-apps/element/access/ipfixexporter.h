/* SPDX-License-Identifier: BSD-3-Clause */
/* IPFIXExporter's flows; ipfixexporter.c has the packets, ipfixflow.c the life of a flow. */
#ifndef SLUICE_NF_APPS_ELEMENT_ACCESS_IPFIXEXPORTER_H
#define SLUICE_NF_APPS_ELEMENT_ACCESS_IPFIXEXPORTER_H

#include "nf-apps/click/handler.h"
#include "nf-apps/element/access/ipfix.h"
#include "nf-apps/element/rewrite/flowage.h"

#define NF_IPFIXFLOW_KEY 24u

struct nf_ipfixflow_key {
	nf_be32 src, dst;
	nf_be16 sport, dport;
	uint8_t proto;
	uint8_t used; /* 1: no key is all zero */
	uint16_t zero;
	uint32_t ingress;
	uint32_t zero2;
};

struct nf_ipfixflow {
	struct nf_ipfixflow_key key;
	uint64_t octets, packets;  /* since the last record */
	uint64_t start_ms, end_ms; /* since 1970 */
	struct nf_flowage_mark age;
	uint8_t tos, tcp_flags;
	nf_be16 icmp;
	uint32_t since_ms; /* of the clock of ages: when the present record began */
	uint32_t pad;      /* the flow table's, of a free entry */
};

_Static_assert(sizeof(struct nf_ipfixflow_key) == NF_IPFIXFLOW_KEY, "no hole");

/* Classes of ages. */
enum { NF_IPFIXFLOW_LIVE, NF_IPFIXFLOW_CLOSED, NF_IPFIXFLOW_CLASSES };

struct nf_ipfixexporter_conf {
	struct nf_ipfix_conf msg;
	uint32_t active_ms;
	uint8_t ingress_anno;
	uint8_t pad[3];
};

struct nf_ipfixexporter {
	struct nf_flowtable flows;
	struct nf_flowage age;
	struct nf_ipfix_msg msg;
	struct nf_timer timer;
	uint64_t idle_ns;
	uint32_t capacity;
	uint64_t wall_minus_now_ms;
	uint64_t nb_full, nb_not_ip, nb_no_memory;
	/* Messages that go out when no flow is being worked on: they may come back here. */
	struct uk_netbuf *ready[2 * UK_BURST_MAX];
	uint32_t nb_ready;
};

UK_INLINE struct nf_ipfixflow *nf_ipfixflow(const struct nf_ipfixexporter *s, uint32_t entry)
{
	return nf_steparray_item(
		&s->flows.entries, entry, NF_FLOWTABLE_SHIFT, sizeof(struct nf_ipfixflow));
}

UK_INLINE uint32_t nf_ipfixflow_now(const struct nf_element *e)
{
	return (uint32_t)(nf_core_now_ns(e->core) / 1000000);
}

int nf_ipfixflow_init(struct nf_element *e) UK_MUST_USE;
void nf_ipfixflow_free(struct nf_ipfixexporter *s);
/* A new flow; when the table is full, the oldest one is exported and goes. NONE: no memory. */
uint32_t nf_ipfixflow_new(struct nf_element *e, const struct nf_ipfixflow_key *key);
/* Its record goes out; counts begin anew. */
void nf_ipfixflow_export(struct nf_element *e, uint32_t entry, uint8_t reason);
/* The peer said that this is the end of it. */
void nf_ipfixflow_close(struct nf_ipfixexporter *s, uint32_t entry);
/* Sends messages that are full. */
void nf_ipfixflow_send(struct nf_element *e);
/* All records go out. */
void nf_ipfixflow_flush(struct nf_element *e);
void nf_ipfixflow_take(struct nf_element *e, struct nf_element *old);

#endif
