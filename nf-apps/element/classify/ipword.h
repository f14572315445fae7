/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The words of the pattern language of IPClassifier and IPFilter: what names a header's field, and
 * what names a value.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_CLASSIFY_IPWORD_H
#define SLUICE_NF_APPS_ELEMENT_CLASSIFY_IPWORD_H

#include <stdint.h>

struct nf_element;

/* What a test can be about; the same names tell of what kind its value is. */
enum nf_ipword_kind {
	NF_IPWORD_NONE,
	NF_IPWORD_HOST,
	NF_IPWORD_NET,
	NF_IPWORD_ETHER,
	NF_IPWORD_PROTO,
	NF_IPWORD_PORT,
	NF_IPWORD_OPT, /* flags of TCP */
	NF_IPWORD_FRAG,
	NF_IPWORD_UNFRAG,
	NF_IPWORD_ECT,
	NF_IPWORD_CE,
	NF_IPWORD_FIELD,
	NF_IPWORD_INT, /* of values only: a number that fits what the test is about */
};

/* "Protocols" beside the 256 of IP. */
#define NF_IPWORD_NO_PROTO -1
#define NF_IPWORD_TCPUDP   256
#define NF_IPWORD_TRANSP   257 /* any */

struct nf_ipword_type {
	const char *name;
	uint8_t kind;
	uint8_t bits;  /* FIELD: its length */
	uint16_t at;   /* FIELD: its first bit in its header */
	int16_t proto; /* FIELD: NF_IPWORD_NO_PROTO: in IP's header, else in this protocol's */
};

/* "host", "ttl", ...; NULL: it is no such word. */
const struct nf_ipword_type *nf_ipword_type(const char *w);
/* The type of ICMP, which names of values imply. */
extern const struct nf_ipword_type nf_ipword_icmp_type;

/* What a word may be the name of; bits of nf_ipword_find's result. */
enum nf_ipword_name {
	NF_IPWORD_N_PROTO,
	NF_IPWORD_N_TCP_PORT,
	NF_IPWORD_N_UDP_PORT,
	NF_IPWORD_N_OPT,
	NF_IPWORD_N_ICMP_TYPE,
	NF_IPWORD_NAMES,
};

/* A set of 1 << NF_IPWORD_N_*, and the value for each. `any_proto`: also names of protocols that are
 * not known everywhere in a pattern, but only behind "ip proto". */
unsigned nf_ipword_find(
	const struct nf_element *e, const char *w, int any_proto, uint32_t value[NF_IPWORD_NAMES]);
/* "tcp", "ip proto 47", ... */
const char *nf_ipword_proto_name(int proto, char buf[16]);

#endif
