/* SPDX-License-Identifier: BSD-3-Clause */
/* What lwIP asks us while it works (lwip/opt.h, "Hooks"). Included by lwIP after its own headers. */
#ifndef SLUICE_NETSTACK_LWIP_HOOKS_H
#define SLUICE_NETSTACK_LWIP_HOOKS_H

#include <lwip/ip_addr.h>

struct netif;

/* RFC 6528: a clock plus a keyed hash of the connection. */
u32_t uk_port_isn(
	const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote, u16_t remote_port);
/* The static gateway of an interface (option ip6=), or NULL: routers are looked for. */
const ip6_addr_t *uk_address_gw6(struct netif *lw, const ip6_addr_t *dest);

#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port)                                  \
	uk_port_isn(local, local_port, remote, remote_port)
#define LWIP_HOOK_ND6_GET_GW(netif, dest) uk_address_gw6(netif, dest)

#endif
