/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * LookupIP6Route(ADDR/LEN [GW] OUT, ...)
 *
 * IPv6 routing table: looks up each packet's destination address annotation (the longest
 * matching prefix wins), sets the annotation to the route's gateway, if it has one, and sends
 * the packet to the route's output. See ip6trie.h for how.
 *
 * Each argument is a route: an address with a prefix length (a bare address is /128), a gateway
 * (:: is none), and an output. Of routes for one prefix the last one counts.
 *
 * Ports: 1 input, as many outputs as there are; push.
 * Handlers:
 *	table (r)       all routes, one a line: prefix, gateway, output
 *	lookup ADDR (r) "OUTPUT GATEWAY", "OUTPUT", or "-1" if there is no route
 *	add (w)         `ADDR/LEN [GW] OUT`; replaces a route for the prefix
 *	remove (w)      `ADDR/LEN`
 *	ctrl (w)        `add ...` and `remove ...`, one a line: all of them, or none if one fails
 *	flush (w)       removes all routes
 * Drops: no route.
 *
 *	... -> GetIP6Address(24) -> rt :: LookupIP6Route(2001:db8::/32 0, ::/0 2001:db8::1 1);
 *	rt[0] -> ...; rt[1] -> ...
 */
#include "nf-apps/element/ip6/ip6routes.h"

enum { LOOKUPIP6ROUTE_NONE };

static void lookupip6route_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct nf_ip6routes *s = e->state;
	const struct nf_ip6trie *t = &s->trie;
	nf_ip6trie_addr addr[UK_BURST_MAX];
	uint16_t hop[UK_BURST_MAX];
	int16_t to[UK_BURST_MAX];
	unsigned differ = 0;

	to[0] = 0;
	if (UK_UNLIKELY(t->nodes == NULL)) {
		nf_element_drop(e, LOOKUPIP6ROUTE_NONE, v, n);
		return;
	}
	for (uint16_t i = 0; i < n; i++)
		addr[i] = nf_ip6trie_load(nf_ip6hdr_dst_anno(v[i]));
	nf_ip6trie_lookup_burst(t, addr, hop, n);
	for (uint16_t i = 0; i < n; i++) {
		const struct nf_ip6trie_hop *h = &t->hops[hop[i]];

		if (h->has_gw)
			memcpy(nf_ip6hdr_dst_anno(v[i]), &h->gw, 16);
		to[i] = h->port == NF_IP6TRIE_NONE ? NF_DROP(LOOKUPIP6ROUTE_NONE)
						   : (int16_t)h->port;
		differ |= (unsigned)(to[i] ^ to[0]);
	}
	if (differ == 0 && to[0] >= 0)
		nf_element_emit(e, (unsigned)to[0], v, n);
	else
		nf_element_spread(e, v, to, n);
}

static const struct nf_handler lookupip6route_handlers[] = {
	{ .name = "table", .read = nf_ip6routes_read_table, .flags = NF_HANDLER_EXPENSIVE },
	{ .name = "lookup", .read = nf_ip6routes_read_lookup, .flags = NF_HANDLER_PARAM },
	{ .name = "add", .write = nf_ip6routes_write_route, .arg = NF_IP6ROUTES_ADD },
	{ .name = "remove", .write = nf_ip6routes_write_route, .arg = NF_IP6ROUTES_REMOVE },
	{ .name = "ctrl", .write = nf_ip6routes_write_ctrl },
	{ .name = "flush", .write = nf_ip6routes_write_flush, .flags = NF_HANDLER_BUTTON },
	{ .name = NULL },
};

const struct nf_class nf_lookupip6route = {
	.name = "LookupIP6Route",
	.ports = "1/-",
	.processing = "h/h",
	.state_size = sizeof(struct nf_ip6routes),
	.configure = nf_ip6routes_configure,
	.cleanup = nf_ip6routes_cleanup,
	.push = lookupip6route_push,
	.drops = (const char *const[]){ "no route", NULL },
	.handlers = lookupip6route_handlers,
	.flags = NF_CLASS_ANNO,
};
