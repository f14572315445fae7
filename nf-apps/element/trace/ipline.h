/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What IPPrint says about one packet: addresses, ports, and what its transport header tells.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_TRACE_IPLINE_H
#define SLUICE_NF_APPS_ELEMENT_TRACE_IPLINE_H

#include "nf-apps/click/inet.h"
#include "nf-apps/click/packet.h"
#include "nf-apps/click/text.h"

/* `ip` is the packet's network header, all 20 bytes of it are there. */
void nf_ipline_print(
	const struct uk_netbuf *p, const struct nf_ip4 *ip, bool swap, struct nf_text *t);

/* Bytes from `ip` on to the payload; may lie behind the packet's end. */
uint32_t nf_ipline_payload(const struct uk_netbuf *p, const struct nf_ip4 *ip);

#endif
