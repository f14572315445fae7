/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMPv6 messages (RFC 4443) and those of neighbour discovery (RFC 4861) as they lie in packets. */
#ifndef SLUICE_NF_APPS_ELEMENT_IP6_ICMP6_H
#define SLUICE_NF_APPS_ELEMENT_IP6_ICMP6_H

#include "nf-apps/element/ether/etherfield.h"
#include "nf-apps/element/ip6/ip6hdr.h"

enum {
	NF_ICMP6_UNREACH = 1,
	NF_ICMP6_TOO_BIG = 2,
	NF_ICMP6_TIME = 3,
	NF_ICMP6_PARAM = 4,
	NF_ICMP6_INFO = 128, /* from here on: no errors */
	NF_ICMP6_ECHO = 128,
	NF_ICMP6_ECHO_REPLY = 129,
	NF_ICMP6_SOLICIT = 135,
	NF_ICMP6_ADVERT = 136,
	NF_ICMP6_REDIRECT = 137,
};

struct nf_icmp6 {
	uint8_t type, code;
	nf_be16 csum;
	nf_be32 info; /* MTU, pointer, identifier and sequence number, flags */
} UK_PACKED;

/* Solicitation or advertisement with the one option that it may have. */
struct nf_icmp6_nd {
	struct nf_icmp6 icmp;
	uint8_t target[16];
	uint8_t opt_type, opt_len; /* 1: source, 2: target; in units of 8 bytes */
	uint8_t eth[6];
} UK_PACKED;

struct nf_icmp6_nd_frame {
	struct nf_ether ether;
	struct nf_ip6_hdr ip;
	struct nf_icmp6_nd nd;
} UK_PACKED;

#define NF_ICMP6_ND_LEN       32
#define NF_ICMP6_ND_LEN_MIN   24 /* without option */
#define NF_ICMP6_ND_FRAME_LEN (NF_ETHER_LEN + NF_IP6HDR_LEN + NF_ICMP6_ND_LEN)
#define NF_ICMP6_ND_HLIM      255

#define NF_ICMP6_ADVERT_ROUTER    0x80000000u
#define NF_ICMP6_ADVERT_SOLICITED 0x40000000u
#define NF_ICMP6_ADVERT_OVERRIDE  0x20000000u

_Static_assert(sizeof(struct nf_icmp6_nd_frame) == NF_ICMP6_ND_FRAME_LEN, "RFC 4861, 4.3 and 4.4");

/* ff02::1 is all nodes. */
extern const uint8_t nf_icmp6_all_nodes[16];

/* The group address of Ethernet for an IPv6 group (RFC 2464, 7). */
void nf_icmp6_group_ether(const uint8_t group[16], uint8_t eth[6]);
/* ff02::1:ffXX:XXXX of an address (RFC 4291, 2.7.1). */
void nf_icmp6_solicited_node(const uint8_t addr[16], uint8_t group[16]);

/* Writes a frame of NF_ICMP6_ND_FRAME_LEN bytes, with its checksum. `eth`: for the option. */
struct nf_icmp6_nd_args {
	const uint8_t *eth_src, *eth_dst, *src, *dst, *target, *eth;
	uint8_t type;
	uint32_t flags;
};

void nf_icmp6_nd_write(uint8_t *at, const struct nf_icmp6_nd_args *n);

/*
 * The frame, if the packet is a message of that type that RFC 4861, 7.1 lets pass; else NULL.
 * *eth: the Ethernet address in its option, NULL: none.
 */
const struct nf_icmp6_nd_frame *nf_icmp6_nd_read(
	const struct uk_netbuf *p, uint8_t type, const uint8_t **eth);

#endif
