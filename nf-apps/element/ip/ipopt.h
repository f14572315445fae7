/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4 options (RFC 791, 3.1): what a router on the way does with them, which go along with a
 * fragment, and source routes. Options come from outside: nothing is read behind the header.
 * Headers with options are rare: these are calls.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP_IPOPT_H
#define SLUICE_NF_APPS_ELEMENT_IP_IPOPT_H

#include "nf-apps/element/ip/ip4.h"
#include "nf-apps/element/ip/iplist.h"

#define NF_IPOPT_MAX    40u  /* bytes of all options of a header */
#define NF_IPOPT_EOL    0    /* end of the list */
#define NF_IPOPT_NOP    1    /* one byte of nothing */
#define NF_IPOPT_RR     7    /* record route */
#define NF_IPOPT_TS     68   /* time stamps */
#define NF_IPOPT_LSRR   131  /* loose source and record route */
#define NF_IPOPT_SSRR   137  /* strict */
#define NF_IPOPT_COPIED 0x80 /* in the type: goes into every fragment */

/*
 * Record route and time stamp options, as the router with address `be_addr` on the way out;
 * `others` (may be NULL) are addresses of its for which a prespecified time stamp is filled in.
 * Returns 1: the header has changed, its checksum with it; 0: it has not; less: the header is
 * wrong, and the negative of this is where, in bytes from its start, for an ICMP parameter problem;
 * then it has not changed.
 */
int nf_ipopt_gateway(struct nf_ip4 *ip, uint32_t hlen, uint32_t be_addr,
	const struct nf_iplist *others) UK_MUST_USE;

/* Copies the options that go into every fragment to `out`, filled up to a multiple of 4. Returns
 * their bytes. A bad option ends it. */
uint32_t nf_ipopt_copy(const struct nf_ip4 *ip, uint32_t hlen, uint8_t out[NF_IPOPT_MAX]);

/* The first source route option that is well-formed, or NULL. */
const uint8_t *nf_ipopt_source_route(const struct nf_ip4 *ip, uint32_t hlen);

/* The way back: a source route of the addresses that `route` (of nf_ipopt_source_route) recorded,
 * the last first; filled up to a multiple of 4. Returns its bytes. */
uint32_t nf_ipopt_reverse(const uint8_t *route, uint8_t out[NF_IPOPT_MAX]);

#endif
