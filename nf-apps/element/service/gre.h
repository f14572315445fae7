/* SPDX-License-Identifier: BSD-3-Clause */
/* The header of GRE: RFC 2784, RFC 2890. Key, sequence number and checksum follow if flags say so.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_SERVICE_GRE_H
#define SLUICE_NF_APPS_ELEMENT_SERVICE_GRE_H

#include "nf-apps/click/inet.h"

#define NF_GRE_CHECKSUM 0x8000
#define NF_GRE_KEY      0x2000
#define NF_GRE_SEQUENCE 0x1000
#define NF_GRE_VERSION  0x0007
/* RFC 2784, 2.3: bits 1 to 5 without those that RFC 2890 took; if one is set, it is discarded. */
#define NF_GRE_RESERVED 0x4c00
#define NF_GRE_HLEN     4u
#define NF_GRE_TEB      0x6558 /* an Ethernet frame: transparent Ethernet bridging */

UK_INLINE uint32_t nf_gre_hlen(uint16_t flags)
{
	return NF_GRE_HLEN + ((flags & NF_GRE_CHECKSUM) ? 4 : 0) + ((flags & NF_GRE_KEY) ? 4 : 0) +
	       ((flags & NF_GRE_SEQUENCE) ? 4 : 0);
}

/* What a tunnel carries, as in the argument TYPE. */
enum nf_gre_type { NF_GRE_IP, NF_GRE_ETHER };

#define NF_GRE_TYPES                                                                               \
	(const char *const[])                                                                      \
	{                                                                                          \
		"ip", "ether", NULL                                                                \
	}

#endif
