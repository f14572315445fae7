/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stateless translation between IPv4 and IPv6 (RFC 7915) for ProtocolTranslator46 and
 * ProtocolTranslator64: headers read into one form and written from it, and packets translated
 * in their own buffer. IPv4 addresses are the last four bytes of ::ffff:a.b.c.d (RFC 4291,
 * 2.5.5.2), which leaves checksums of TCP and UDP as they are.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP6_SIIT_H
#define SLUICE_NF_APPS_ELEMENT_IP6_SIIT_H

#include "nf-apps/element/ip6/icmp6.h"

/* Why a packet can not be translated; the drops of both classes. */
enum nf_siit_bad {
	NF_SIIT_HEADER,   /* it, or what it says of lengths, is wrong */
	NF_SIIT_ADDRESS,  /* not that of an IPv4 node */
	NF_SIIT_ROUTE,    /* a source route that is not at its end */
	NF_SIIT_FRAGMENT, /* of ICMP, or of UDP without a checksum */
	NF_SIIT_ICMP,     /* has no counterpart, or is wrong */
	NF_SIIT_ROOM,     /* grows larger than its buffer, or than a packet can be */
};

#define NF_SIIT_DROPS                                                                              \
	"bad header", "not an IPv4 address", "source route", "fragment", "ICMP", "no room", NULL

/* What a header of either protocol says. */
struct nf_siit_hdr {
	uint32_t be_src, be_dst;
	uint32_t hdr_len, data_len; /* bytes: of the header (with extensions), and behind it */
	uint32_t id;
	uint16_t offset; /* of a fragment, in units of 8 bytes */
	uint8_t class, hlim;
	uint8_t proto; /* numbered as in IPv4: 1 is ICMP of either kind */
	bool is_fragment, has_more;
};

/* `left`: bytes that are there; `whole`: data_len is among them. 0, or -1 - enum nf_siit_bad. */
int nf_siit_read4(const uint8_t *at, uint32_t left, bool whole, struct nf_siit_hdr *h);
int nf_siit_read6(const uint8_t *at, uint32_t left, bool whole, struct nf_siit_hdr *h);

/* Bytes that nf_siit_write6 writes; nf_siit_write4 writes 20. */
unsigned nf_siit_len6(const struct nf_siit_hdr *h);
void nf_siit_write6(uint8_t *at, const struct nf_siit_hdr *h);
/* *be_next_id: for packets that are no fragments. */
void nf_siit_write4(uint8_t *at, const struct nf_siit_hdr *h, uint16_t *next_id);

/*
 * The ICMP message that the packet begins with, its checksum included; `h` is what the header in
 * front of it said. 0, or -1 - enum nf_siit_bad.
 */
int nf_siit_icmp46(struct uk_netbuf *p, struct nf_siit_hdr *h);
int nf_siit_icmp64(struct uk_netbuf *p, struct nf_siit_hdr *h);

#define NF_SIIT_IP4_LEN 20

#endif
