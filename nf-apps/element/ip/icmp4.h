/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP (RFC 792): numbers of types and codes, and the names that configurations have for them.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP_ICMP4_H
#define SLUICE_NF_APPS_ELEMENT_IP_ICMP4_H

#include "nf-apps/click/inet.h"

enum {
	NF_ICMP4_ECHO_REPLY = 0,
	NF_ICMP4_UNREACHABLE = 3,
	NF_ICMP4_SOURCE_QUENCH = 4,
	NF_ICMP4_REDIRECT = 5,
	NF_ICMP4_ECHO = 8,
	NF_ICMP4_ROUTER_ADVERT = 9,
	NF_ICMP4_ROUTER_SOLICIT = 10,
	NF_ICMP4_TIME_EXCEEDED = 11,
	NF_ICMP4_PARAM_PROBLEM = 12,
	NF_ICMP4_TIMESTAMP = 13,
	NF_ICMP4_TIMESTAMP_REPLY = 14,
	NF_ICMP4_INFO = 15,
	NF_ICMP4_INFO_REPLY = 16,
	NF_ICMP4_MASK = 17,
	NF_ICMP4_MASK_REPLY = 18,
};

#define NF_ICMP4_CODE_NEEDFRAG     4 /* of unreachable */
#define NF_ICMP4_CODE_ERROR_AT_PTR 0 /* of parameter problem */

/* Messages about a packet, which quote it. */
UK_INLINE bool nf_icmp4_is_error(unsigned type)
{
	return type == NF_ICMP4_UNREACHABLE || type == NF_ICMP4_SOURCE_QUENCH ||
	       type == NF_ICMP4_REDIRECT || type == NF_ICMP4_TIME_EXCEEDED ||
	       type == NF_ICMP4_PARAM_PROBLEM;
}

/* A number from 0 to 255 or a name; the names of codes depend on the type. -EINVAL. */
int nf_icmp4_type(const char *s, uint8_t *type) UK_MUST_USE;
int nf_icmp4_code(const char *s, uint8_t type, uint8_t *code) UK_MUST_USE;

#endif
