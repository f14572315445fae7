/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the first header of a packet in a trace is: names as Click has them, and where the IP header
 * is behind it.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_TRACE_TRACEENCAP_H
#define SLUICE_NF_APPS_ELEMENT_TRACE_TRACEENCAP_H

#include "nf-apps/click/packet.h"

/* "ETHER", "IP", ...: a link type for a file; -EINVAL: unknown. */
int nf_traceencap_parse(const char *name) UK_MUST_USE;
/* "??": unknown. */
const char *nf_traceencap_name(uint32_t linktype);
bool nf_traceencap_has_ip(uint32_t linktype);

/* Finds the IP header and sets the network and transport headers, for IPv4 also the destination
 * annotation. False: there is none, or not all of it; nothing is set. */
bool nf_traceencap_force_ip(struct uk_netbuf *p, uint32_t linktype) UK_MUST_USE;

#endif
