/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A field of IPv4, TCP, UDP or ICMP by name or by place ("ip src/8", "tcp flags & 0x3F",
 * "transp[2:2]", "data{0-3}"), as AggregateIP takes it. The text comes from a configuration.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_AGGREGATE_IPSPEC_H
#define SLUICE_NF_APPS_ELEMENT_AGGREGATE_IPSPEC_H

#include "nf-apps/click/text.h"

enum nf_ipspec_header { NF_IPSPEC_NONE, NF_IPSPEC_IP, NF_IPSPEC_TRANSPORT, NF_IPSPEC_PAYLOAD };

#define NF_IPSPEC_ANY        0   /* any protocol has it */
#define NF_IPSPEC_TCP_OR_UDP 256 /* no number of a protocol */
#define NF_IPSPEC_BITS_MAX   (65535u * 8)

struct nf_ipspec {
	enum nf_ipspec_header header;
	uint16_t proto; /* NF_IPSPEC_TRANSPORT: a protocol's number, or one of the above */
	uint32_t bit_off, nb_bits;
};

/* Quotes are undone already. Returns 0, or -EINVAL with *why told (no line feed). */
int nf_ipspec_parse(const char *text, struct nf_ipspec *f, struct nf_text *why) UK_MUST_USE;

/* Does a packet of protocol `is` have fields of protocol `wanted`? */
UK_INLINE bool nf_ipspec_fits(unsigned wanted, unsigned is)
{
	return wanted == is || wanted == NF_IPSPEC_ANY ||
	       (wanted == NF_IPSPEC_TCP_OR_UDP && (is == 6 || is == 17));
}

#endif
