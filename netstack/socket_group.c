/* SPDX-License-Identifier: BSD-3-Clause */
/* Multicast groups of a socket: RFC 3376 and 3810 are lwIP's work (IGMPv2, MLDv1). A socket leaves what it joined. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <lwip/igmp.h>
#include <lwip/mld6.h>
#include <lwip/netif.h>
#include "netstack/socket_impl.h"

/* The interface that has the address, or through which it is reached. */
static struct netif *group_netif4(uint32_t local, const ip_addr_t *group)
{
	struct netif *n;

	NETIF_FOREACH(n)
	{
		if (local != INADDR_ANY && netif_ip4_addr(n)->addr == local)
			return n;
	}
	return local == INADDR_ANY ? ip_route(IP4_ADDR_ANY, group) : NULL;
}

static int group_parse4(const void *val, socklen_t len, struct uk_socket_group *g)
{
	struct ip_mreqn r = { 0 };
	struct netif *n;

	if (len < sizeof(struct ip_mreq))
		return -EINVAL;
	memcpy(&r, val, len < sizeof(r) ? sizeof(struct ip_mreq) : sizeof(r));
	ip_addr_set_zero_ip4(&g->addr);
	ip_addr_set_ip4_u32(&g->addr, r.imr_multiaddr.s_addr);
	if (!ip_addr_ismulticast(&g->addr))
		return -EINVAL;
	if (r.imr_ifindex < 0 || r.imr_ifindex > UINT8_MAX)
		return -ENODEV;
	n = r.imr_ifindex ? netif_get_by_index((uint8_t)r.imr_ifindex)
			  : group_netif4(r.imr_address.s_addr, &g->addr);
	if (n == NULL)
		return -ENODEV;
	g->ifindex = netif_get_index(n);
	return 0;
}

static int group_parse6(const void *val, socklen_t len, struct uk_socket_group *g)
{
	struct ipv6_mreq r;
	struct netif *n;

	if (len < sizeof(r))
		return -EINVAL;
	memcpy(&r, val, sizeof(r));
	ip_addr_set_zero_ip6(&g->addr);
	memcpy(ip_2_ip6(&g->addr)->addr, &r.ipv6mr_multiaddr, sizeof(r.ipv6mr_multiaddr));
	if (!ip_addr_ismulticast(&g->addr))
		return -EINVAL;
	if (r.ipv6mr_interface > UINT8_MAX)
		return -ENODEV;
	n = r.ipv6mr_interface ? netif_get_by_index((uint8_t)r.ipv6mr_interface)
			       : ip_route(IP6_ADDR_ANY, &g->addr);
	if (n == NULL)
		return -ENODEV;
	g->ifindex = netif_get_index(n);
	ip6_addr_assign_zone(ip_2_ip6(&g->addr), IP6_MULTICAST, n);
	return 0;
}

static int group_join(const struct uk_socket_group *g)
{
	struct netif *n = netif_get_by_index(g->ifindex);
	err_t err;

	if (n == NULL)
		return -ENODEV;
	/* the loopback interface takes everything, and has no neighbours to tell */
	if (uk_socket_addr_loopback(n))
		return 0;
	if (IP_IS_V6(&g->addr))
		err = mld6_joingroup_netif(n, ip_2_ip6(&g->addr));
	else
		err = igmp_joingroup_netif(n, ip_2_ip4(&g->addr));
	return err == ERR_VAL ? -ENODEV : uk_socket_addr_errno(err);
}

static void group_leave(struct uk_socket_group *g)
{
	struct netif *n = netif_get_by_index(g->ifindex);

	g->ifindex = 0;
	if (n == NULL || uk_socket_addr_loopback(n))
		return;
	/* what is not joined any more is fine */
	if (IP_IS_V6(&g->addr))
		(void)mld6_leavegroup_netif(n, ip_2_ip6(&g->addr));
	else
		(void)igmp_leavegroup_netif(n, ip_2_ip4(&g->addr));
}

static struct uk_socket_group *group_find(struct uk_socket *s, const struct uk_socket_group *g)
{
	struct uk_socket_group *all = s->u.inet.groups;

	for (unsigned i = 0; all != NULL && i < UK_SOCKET_GROUPS_MAX; i++) {
		if (all[i].ifindex == g->ifindex &&
			(g->ifindex == 0 || ip_addr_cmp(&all[i].addr, &g->addr)))
			return &all[i];
	}
	return NULL;
}

static int group_add(struct uk_socket *s, const struct uk_socket_group *g)
{
	const struct uk_socket_group none = { .ifindex = 0 };
	struct uk_socket_group *to;
	int rc;

	if (s->u.inet.groups == NULL)
		s->u.inet.groups = calloc(UK_SOCKET_GROUPS_MAX, sizeof(*s->u.inet.groups));
	if (s->u.inet.groups == NULL)
		return -ENOBUFS;
	if (group_find(s, g) != NULL)
		return -EADDRINUSE;
	to = group_find(s, &none);
	if (to == NULL)
		return -ENOBUFS;
	rc = group_join(g);
	if (rc == 0)
		*to = *g;
	return rc;
}

int uk_socket_group_set(struct uk_socket *s, int level, int name, const void *val, socklen_t len)
{
	struct uk_socket_group g, *joined;
	bool v4 = level == IPPROTO_IP;
	int rc = v4 ? group_parse4(val, len, &g) : group_parse6(val, len, &g);

	if (rc < 0)
		return rc;
	if (name == (v4 ? IP_ADD_MEMBERSHIP : IPV6_JOIN_GROUP))
		return group_add(s, &g);
	joined = group_find(s, &g);
	if (joined == NULL)
		return -EADDRNOTAVAIL;
	group_leave(joined);
	return 0;
}

void uk_socket_group_leave_all(struct uk_socket *s)
{
	struct uk_socket_group *all = s->u.inet.groups;

	for (unsigned i = 0; all != NULL && i < UK_SOCKET_GROUPS_MAX; i++) {
		if (all[i].ifindex != 0)
			group_leave(&all[i]);
	}
	free(all);
	s->u.inet.groups = NULL;
}
