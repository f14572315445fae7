/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses of interfaces: boot options (stack.h), and a record on the console when there is one:
 *
 *	@{"type":"address","netif":0,"ip":"10.0.2.15","bits":24,"gateway":"10.0.2.2"}
 *	@{"type":"address","netif":0,"ip":"fec0::5054:ff:fe12:3456","bits":64}
 */
#ifndef SLUICE_NETSTACK_ADDRESS_H
#define SLUICE_NETSTACK_ADDRESS_H

#include <stdbool.h>
#include <lwip/ip_addr.h>

struct netif;

enum uk_address_way {
	UK_ADDRESS_NONE,
	UK_ADDRESS_STATIC,
	UK_ADDRESS_AUTO, /* DHCP, SLAAC */
};

struct uk_address4 {
	enum uk_address_way way;
	ip4_addr_t ip, mask, gateway; /* gateway 0: none */
	ip_addr_t dns;                /* any: none */
};

struct uk_address6 {
	enum uk_address_way way;
	ip6_addr_t ip, gateway; /* gateway any: none */
};

/* Options' values as stack.h describes them; NULL: the default. NULL, or what is wrong with it. */
const char *uk_address_parse4(const char *text, struct uk_address4 *a);
const char *uk_address_parse6(const char *text, struct uk_address6 *a);

/* Gives interface `index` its addresses. -EINVAL after a message: an option is wrong. */
int uk_address_start(struct netif *lw, unsigned index);

/* Whether it has one: IPv4's, or if it shall have none, an IPv6 one that is no longer tentative. */
bool uk_address_ready(const struct netif *lw, unsigned index);

/* Told whenever an address appears or goes. */
void uk_address_watch(void (*fn)(void));

#endif
