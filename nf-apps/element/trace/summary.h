/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fields of IP summary dumps: one table of names, how each is found in a packet, how it is
 * written and read as text, and how packets are made from such lines. ToIPSummaryDump and
 * FromIPSummaryDump are built on it. A field passes through four steps, each of which is a switch
 *over one column of the table:
 *
 *	packet -> nf_summary_get -> value -> nf_summary_print -> text
 *	text -> nf_summary_parse -> value -> nf_summary_put -> packet under construction
 */
#ifndef SLUICE_NF_APPS_ELEMENT_TRACE_SUMMARY_H
#define SLUICE_NF_APPS_ELEMENT_TRACE_SUMMARY_H

#include <stdbool.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/click/packet.h"
#include "nf-apps/click/text.h"

#define NF_SUMMARY_FIELDS_MAX 64    /* in one dump */
#define NF_SUMMARY_OPT_MAX    40    /* bytes of options of a header */
#define NF_SUMMARY_MINOR      3     /* version 1.3 */
#define NF_SUMMARY_LEN_MAX    65535 /* bytes of a packet that is made */

/* What a field is. */
enum nf_summary_id {
	NF_SUMMARY_NONE, /* a name that nobody knows: its words are skipped */
	NF_SUMMARY_TIME,
	NF_SUMMARY_TIME_SEC,
	NF_SUMMARY_TIME_USEC,
	NF_SUMMARY_TIME_USEC1,
	NF_SUMMARY_FIRST_TIME,
	NF_SUMMARY_COUNT,
	NF_SUMMARY_PAINT,
	NF_SUMMARY_AGGREGATE,
	NF_SUMMARY_WIRE_LEN,
	NF_SUMMARY_ETH_SRC,
	NF_SUMMARY_ETH_DST,
	NF_SUMMARY_ETH_TYPE,
	NF_SUMMARY_IP_SRC,
	NF_SUMMARY_IP_DST,
	NF_SUMMARY_IP_TOS,
	NF_SUMMARY_IP_DSCP,
	NF_SUMMARY_IP_ECN,
	NF_SUMMARY_IP_TTL,
	NF_SUMMARY_IP_FRAG,
	NF_SUMMARY_IP_FRAGOFF,
	NF_SUMMARY_IP_ID,
	NF_SUMMARY_IP_SUM,
	NF_SUMMARY_IP_PROTO,
	NF_SUMMARY_IP_HL,
	NF_SUMMARY_IP_LEN,
	NF_SUMMARY_IP_CAPTURE_LEN,
	NF_SUMMARY_IP_OPT,
	NF_SUMMARY_SPORT,
	NF_SUMMARY_DPORT,
	NF_SUMMARY_TCP_SEQ,
	NF_SUMMARY_TCP_ACK,
	NF_SUMMARY_TCP_OFF,
	NF_SUMMARY_TCP_FLAGS,
	NF_SUMMARY_TCP_WINDOW,
	NF_SUMMARY_TCP_URP,
	NF_SUMMARY_TCP_OPT,
	NF_SUMMARY_TCP_NTOPT,
	NF_SUMMARY_TCP_SACK,
	NF_SUMMARY_UDP_LEN,
	NF_SUMMARY_ICMP_TYPE,
	NF_SUMMARY_ICMP_CODE,
	NF_SUMMARY_ICMP_FLOWID,
	NF_SUMMARY_ICMP_SEQ,
	NF_SUMMARY_ICMP_NEXTMTU,
	NF_SUMMARY_PAYLOAD,
	NF_SUMMARY_PAYLOAD_LEN,
	NF_SUMMARY_PAYLOAD_MD5,
};

/* How a value is written. */
enum nf_summary_form {
	NF_SUMMARY_NUMBER,
	NF_SUMMARY_TIME_NS,
	NF_SUMMARY_SIDE,
	NF_SUMMARY_LINK,
	NF_SUMMARY_ETHER,
	NF_SUMMARY_HEX16,
	NF_SUMMARY_ADDR,
	NF_SUMMARY_ECN,
	NF_SUMMARY_FRAG,
	NF_SUMMARY_FRAGOFF,
	NF_SUMMARY_PROTO,
	NF_SUMMARY_IPOPT,
	NF_SUMMARY_FLAGS,
	NF_SUMMARY_TCPOPT,
	NF_SUMMARY_TYPE,
	NF_SUMMARY_CODE,
	NF_SUMMARY_STRING,
	NF_SUMMARY_MD5,
	NF_SUMMARY_MD5_HEX,
};

struct nf_summary_field {
	const char *name;
	uint8_t id, form;
	uint8_t bytes; /* of a number: its range; in the binary form */
	uint8_t order; /* in which fields go into a packet: lower first */
	bool write_only;
};

/* By name: also the older names, with spaces for underscores, or without "ip_" in front. NULL:
 * unknown. */
const struct nf_summary_field *nf_summary_find(const char *name);

struct nf_summary_value {
	uint64_t v;           /* host order, but addresses */
	const uint8_t *bytes; /* options, payload, Ethernet address */
	uint32_t len;
	uint8_t icmp_type; /* for the name of a code */
	uint8_t room[NF_SUMMARY_OPT_MAX];
};

/* A packet that is looked at. */
struct nf_summary_packet {
	const struct uk_netbuf *p;
	const struct nf_ip4 *ip; /* NULL: none, or not a header one can use */
	const uint8_t *transport;
	uint8_t proto; /* of the transport header, if it may be looked at; 0: not */
	uint32_t len, net_len, transport_len; /* bytes that are there, behind-IP padding left out */
	uint32_t extra;                       /* bytes that the packet had beyond its IP length */
	struct nf_text *bad;                  /* gets "!bad ..."; NULL: nobody wants it */
};

/* `careful`: tell of packets that are shorter than their IP length. */
void nf_summary_open(struct nf_summary_packet *d, const struct uk_netbuf *p, struct nf_text *bad,
	bool careful, bool use_extra);
/* False: this packet has no such thing. */
bool nf_summary_get(
	struct nf_summary_packet *d, const struct nf_summary_field *f, struct nf_summary_value *v);
void nf_summary_print(
	const struct nf_summary_field *f, const struct nf_summary_value *v, struct nf_text *out);

/* -EINVAL: not such a value. `minor`: version of the dump. `copy`: where bytes are kept, to be
 * freed after the value was used. */
int nf_summary_parse(const struct nf_summary_field *f, const char *word, unsigned minor,
	struct nf_summary_value *v, char **copy) UK_MUST_USE;

/* The binary form of a dump. Not every field has one. */
bool nf_summary_bin_can(const struct nf_summary_field *f);
void nf_summary_bin_put(
	const struct nf_summary_field *f, const struct nf_summary_value *v, struct nf_text *out);
/* Moves *at on. -EINVAL: `end` comes first, or it is not such a value; the record's rest means
 * nothing then. */
int nf_summary_bin_get(const struct nf_summary_field *f, const uint8_t **at, const uint8_t *end,
	struct nf_summary_value *v) UK_MUST_USE;

/* Source and destination for lines that have none. Network order. */
struct nf_summary_flow {
	nf_be32 src, dst;
	nf_be16 sport, dport;
};

/* A packet under construction; the network header lies at buf + NF_SUMMARY_NET. */
#define NF_SUMMARY_NET 16

struct nf_summary_build {
	const struct nf_summary_flow *flow; /* NULL: none */
	uint8_t default_proto;
	bool has_link, not_ip, has_ip;
	bool has_ip_hl, has_tcp_hl, has_icmp_type, has_icmp_code;
	uint32_t end;      /* in buf */
	uint32_t want_end; /* the same as it is to be on the wire; 0: not said */
	struct nf_anno anno;
	uint8_t buf[NF_SUMMARY_NET + NF_SUMMARY_LEN_MAX + 256];
};

void nf_summary_begin(
	struct nf_summary_build *b, const struct nf_summary_flow *flow, uint8_t proto);
void nf_summary_put(struct nf_summary_build *b, const struct nf_summary_field *f,
	const struct nf_summary_value *v);
/* Fills in lengths and, with `checksum`, data up to the IP length and all checksums. NULL: no
 * buffer. */
struct uk_netbuf *nf_summary_end(
	struct nf_summary_build *b, bool checksum, struct nf_packet_pools *pools) UK_MUST_USE;

/* Options of IP and TCP headers as text: summary_opt.c. `which`: the field's id. */
void nf_summary_opt_print_ip(const uint8_t *opt, uint32_t len, struct nf_text *out);
void nf_summary_opt_print_tcp(
	const uint8_t *opt, uint32_t len, enum nf_summary_id which, struct nf_text *out);
/* Return how many bytes of `to` were filled (not padded), or -EINVAL. */
int nf_summary_opt_parse_ip(const char *s, uint8_t to[NF_SUMMARY_OPT_MAX]) UK_MUST_USE;
int nf_summary_opt_parse_tcp(
	const char *s, enum nf_summary_id which, uint8_t to[NF_SUMMARY_OPT_MAX]) UK_MUST_USE;

/* Names of ICMP types and codes, as Click has them. NULL: it has none. */
const char *nf_summary_icmp_type(uint8_t type);
const char *nf_summary_icmp_code(uint8_t type, uint8_t code);

#endif
