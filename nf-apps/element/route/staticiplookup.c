/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * StaticIPLookup(ADDR/MASK [GW] OUT, ...)
 *
 * IPv4 routing table that does not change: looks up each packet's destination address annotation
 * (the longest matching prefix wins), sets the annotation to the route's gateway, if it has one,
 * and sends the packet to the route's output.
 *
 * Each argument is a route: an address with a prefix length or mask (a bare address is /32,
 * "10/8" is allowed), a gateway or "-" for none, and an output. Names from AddressInfo may stand
 * for addresses. If a prefix is given twice, the first one counts, and a warning is printed.
 *
 * Ports: 1 input, as many outputs as there are; push.
 * Handlers:
 *	table (r)       all routes, one a line: prefix, gateway, output
 *	lookup ADDR (r) "OUTPUT GATEWAY", "OUTPUT", or "-1" if there is no route
 * Drops: no route.
 *
 *	... -> rt :: StaticIPLookup(10.0.0.1/32 0, 10.0.0.0/24 1, 0/0 10.0.0.254 1);
 *	rt[0] -> ...; rt[1] -> ...
 */
#include "nf-apps/element/route/iproutes.h"

const struct nf_class nf_staticiplookup = {
	NF_IPROUTES_CLASS("StaticIPLookup", NF_IPROUTES_HANDLERS_READ),
};
