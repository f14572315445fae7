/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Headers of a packet under construction, for summary_put.c. They come into being when the first
 * field needs them, with Click's defaults: protocol as the dump says, TTL 100, no options.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_TRACE_SUMMARY_BUILD_H
#define SLUICE_NF_APPS_ELEMENT_TRACE_SUMMARY_BUILD_H

#include "nf-apps/element/trace/summary.h"

#define NF_SUMMARY_BUILD_TCP     ((uint32_t)sizeof(struct nf_tcp))
#define NF_SUMMARY_BUILD_DCCP    33
#define NF_SUMMARY_BUILD_UDPLITE 136

UK_INLINE struct nf_ip4 *nf_summary_build_ip(struct nf_summary_build *b)
{
	return (struct nf_ip4 *)(b->buf + NF_SUMMARY_NET);
}

/* Where the transport header begins. */
UK_INLINE uint32_t nf_summary_build_at(struct nf_summary_build *b)
{
	return NF_SUMMARY_NET + nf_inet_ip4_hlen(nf_summary_build_ip(b));
}

/* The packet reaches to `end` at least. */
UK_INLINE void nf_summary_build_reach(struct nf_summary_build *b, uint32_t end)
{
	if (b->end < end && end <= sizeof(b->buf))
		b->end = end;
}

UK_INLINE bool nf_summary_build_has_ports(uint8_t proto)
{
	return proto == NF_IP_TCP || proto == NF_IP_UDP || proto == NF_SUMMARY_BUILD_DCCP ||
	       proto == NF_SUMMARY_BUILD_UDPLITE;
}

/* Makes room for n bytes at `at`; what lies there moves up. False: it does not fit. */
bool nf_summary_build_insert(struct nf_summary_build *b, uint32_t at, uint32_t n);

/* False: this packet is no IP packet, or its protocol is another one than `proto` (0: any). */
bool nf_summary_build_make_ip(struct nf_summary_build *b, uint8_t proto);

/* The transport header; shorter than it should be if the length that is wanted says so. */
void nf_summary_build_make_transport(struct nf_summary_build *b);

#endif
