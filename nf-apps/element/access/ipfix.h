/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPFIX messages over UDP and IPv4 (RFC 7011): one template (RFC 7012 information elements), and
 * records of it, gathered in a packet until it is full or sent. Life: init -> add, send ... ->
 * free. Thread: the element's core.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_ACCESS_IPFIX_H
#define SLUICE_NF_APPS_ELEMENT_ACCESS_IPFIX_H

#include "nf-apps/click/core.h"
#include "nf-apps/click/inet.h"

#define NF_IPFIX_PORT     4739
#define NF_IPFIX_VERSION  10
#define NF_IPFIX_TEMPLATE 256 /* its number */

/* flowEndReason */
enum { NF_IPFIX_IDLE = 1, NF_IPFIX_ACTIVE, NF_IPFIX_END, NF_IPFIX_FORCED, NF_IPFIX_RESOURCES };

/* A record as it lies in a message: the template's fields in their order. */
struct nf_ipfix_record {
	nf_be32 src, dst;          /* sourceIPv4Address, destinationIPv4Address */
	nf_be16 sport, dport;      /* sourceTransportPort, destinationTransportPort */
	uint8_t proto;             /* protocolIdentifier */
	uint8_t tos;               /* ipClassOfService, of the first packet */
	uint8_t tcp_flags;         /* tcpControlBits, all that were seen, in one byte (RFC 7125) */
	nf_be16 icmp;              /* icmpTypeCodeIPv4 */
	uint8_t reason;            /* flowEndReason */
	nf_be32 ingress;           /* ingressInterface */
	uint64_t octets, packets;  /* octetDeltaCount, packetDeltaCount */
	uint64_t start_ms, end_ms; /* flowStartMilliseconds, flowEndMilliseconds */
} UK_PACKED;

_Static_assert(sizeof(struct nf_ipfix_record) == 54, "as the template says");

struct nf_ipfix_conf {
	nf_be32 src, dst;
	uint16_t sport, dport;
	uint16_t mtu; /* bytes of the IP packet */
	uint16_t pad;
	uint32_t domain;
	uint64_t refresh_ns; /* the template is sent again after so long */
};

struct nf_ipfix_msg {
	struct uk_netbuf *p; /* under way; NULL: none */
	uint32_t set_at;     /* offset of its data set */
	uint32_t nb_in;      /* records in it */
	uint32_t sequence;   /* data records sent before */
	uint16_t ip_id;
	bool has_sent_template;
	uint64_t template_ns; /* when it was sent last */
	uint64_t nb_records, nb_messages, nb_lost;
};

/* Adds a record (fields in network order). Returns a packet that is full and to be sent, or NULL.
 * Without a buffer the record is lost and counted. */
struct uk_netbuf *nf_ipfix_add(struct nf_ipfix_msg *m, const struct nf_ipfix_conf *c,
	struct nf_core *core, const struct nf_ipfix_record *r) UK_MUST_USE;
/* The packet under way, ready to be sent; NULL: there is none. */
struct uk_netbuf *nf_ipfix_take(struct nf_ipfix_msg *m, const struct nf_ipfix_conf *c) UK_MUST_USE;
void nf_ipfix_free(struct nf_ipfix_msg *m);

#endif
