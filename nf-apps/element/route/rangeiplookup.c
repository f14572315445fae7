/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RangeIPLookup(ADDR/MASK [GW] OUT, ...)
 *
 * IPv4 routing table for any number of routes: looks up each packet's destination address
 * annotation (the longest matching prefix wins), sets the annotation to the route's gateway, if
 * it has one, and sends the packet to the route's output. It is the same as RadixIPLookup: one
 * table serves both (see ipfib.h).
 *
 * Each argument is a route: an address with a prefix length or mask (a bare address is /32,
 * "10/8" is allowed), a gateway or "-" for none, and an output. Names from AddressInfo may stand
 * for addresses. If a prefix is given twice, the first one counts, and a warning is printed.
 *
 * Ports: 1 input, as many outputs as there are; push.
 * Handlers:
 *	table (r)       all routes, one a line: prefix, gateway, output
 *	lookup ADDR (r) "OUTPUT GATEWAY", "OUTPUT", or "-1" if there is no route
 *	add (w)         `ADDR/MASK [GW] OUT`; an error if there is a route for the prefix
 *	set (w)         the same, replaces it
 *	remove (w)      `ADDR/MASK [[GW] OUT]`; gateway and output have to fit if given
 *	ctrl (w)        `add ...`, `set ...`, `remove ...`, one a line: all of them, or none
 *	                if one fails
 *	flush (w)       removes all routes
 * Drops: no route.
 *
 *	... -> rt :: RangeIPLookup(10.0.0.1/32 0, 10.0.0.0/24 1, 0/0 10.0.0.254 1);
 *	rt[0] -> ...; rt[1] -> ...
 */
#include "nf-apps/element/route/iproutes.h"

const struct nf_class nf_rangeiplookup = {
	NF_IPROUTES_CLASS("RangeIPLookup", NF_IPROUTES_HANDLERS_READ, NF_IPROUTES_HANDLERS_WRITE),
};
