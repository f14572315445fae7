/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses, errors and interfaces: lwIP's and a Linux program's. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <lwip/netif.h>
#include "netstack/socket_impl.h"

/* RFC 2133's address had no scope; Linux takes that length. */
#define SIN6_LEN_LEAST 24

static void addr_get6(const struct sockaddr_in6 *in6, socklen_t len, ip_addr_t *ip)
{
	ip6_addr_t *to = ip_2_ip6(ip);

	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		uint32_t v4;

		memcpy(&v4, &in6->sin6_addr.s6_addr[12], sizeof(v4));
		ip_addr_set_ip4_u32(ip, v4);
		return;
	}
	ip_addr_set_zero_ip6(ip);
	memcpy(to->addr, &in6->sin6_addr, sizeof(to->addr));
	if (len >= sizeof(*in6) && ip6_addr_has_scope(to, IP6_UNKNOWN))
		ip6_addr_set_zone(to, (uint8_t)in6->sin6_scope_id);
}

int uk_socket_addr_get(const struct uk_socket *s, const struct sockaddr *sa, socklen_t len,
	ip_addr_t *ip, uint16_t *port)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;

	if (s->domain == AF_INET) {
		if (len < sizeof(*in))
			return -EINVAL;
		if (in->sin_family != AF_INET)
			return -EAFNOSUPPORT;
		ip_addr_set_zero_ip4(ip);
		ip_addr_set_ip4_u32(ip, in->sin_addr.s_addr);
		*port = ntohs(in->sin_port);
		return 0;
	}
	if (len < SIN6_LEN_LEAST)
		return -EINVAL;
	if (in6->sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	addr_get6(in6, len, ip);
	*port = ntohs(in6->sin6_port);
	/* no IPv4 on a socket of IPv6 only */
	return s->opt.v6only && IP_IS_V4(ip) ? -ENETUNREACH : 0;
}

socklen_t uk_socket_addr_put(
	int domain, const ip_addr_t *ip, uint16_t port, struct sockaddr_storage *sa)
{
	struct sockaddr_in *in = (struct sockaddr_in *)sa;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)sa;

	memset(sa, 0, sizeof(*in6));
	if (domain == AF_INET) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		in->sin_addr.s_addr = ip_2_ip4(ip)->addr;
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	if (IP_IS_V6(ip)) {
		memcpy(&in6->sin6_addr, ip_2_ip6(ip)->addr, sizeof(in6->sin6_addr));
		in6->sin6_scope_id = ip6_addr_zone(ip_2_ip6(ip));
	} else if (IP_IS_V4(ip)) {
		memset(&in6->sin6_addr.s6_addr[10], 0xff, 2);
		memcpy(&in6->sin6_addr.s6_addr[12], &ip_2_ip4(ip)->addr, 4);
	}
	return sizeof(*in6);
}

static bool addr_local4(const ip4_addr_t *ip)
{
	struct netif *n;

	if (ip4_addr_isany(ip) || ip4_addr_ismulticast(ip) || ip->addr == IPADDR_BROADCAST)
		return true;
	NETIF_FOREACH(n)
	{
		if (ip4_addr_cmp(ip, netif_ip4_addr(n)) || ip4_addr_isbroadcast(ip, n))
			return true;
	}
	return false;
}

bool uk_socket_addr_local(const ip_addr_t *ip)
{
	const ip6_addr_t *ip6 = ip_2_ip6(ip);
	struct netif *n;

	if (!IP_IS_V6(ip))
		return addr_local4(ip_2_ip4(ip));
	if (ip6_addr_isany(ip6) || ip6_addr_ismulticast(ip6))
		return true;
	NETIF_FOREACH(n)
	{
		for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
			if (ip6_addr_isvalid(netif_ip6_addr_state(n, i)) &&
				ip6_addr_cmp_zoneless(ip6, netif_ip6_addr(n, i)))
				return true;
		}
	}
	return false;
}

uint8_t uk_socket_addr_type(const struct uk_socket *s)
{
	if (s->domain == AF_INET)
		return IPADDR_TYPE_V4;
	return s->opt.v6only ? IPADDR_TYPE_V6 : IPADDR_TYPE_ANY;
}

int uk_socket_addr_errno(err_t err)
{
	static const int errors[] = {
		[-ERR_OK] = 0,
		[-ERR_MEM] = ENOBUFS,
		[-ERR_BUF] = ENOBUFS,
		[-ERR_TIMEOUT] = ETIMEDOUT,
		[-ERR_RTE] = ENETUNREACH,
		[-ERR_INPROGRESS] = EINPROGRESS,
		[-ERR_VAL] = EINVAL,
		[-ERR_WOULDBLOCK] = EAGAIN,
		[-ERR_USE] = EADDRINUSE,
		[-ERR_ALREADY] = EALREADY,
		[-ERR_ISCONN] = EISCONN,
		[-ERR_CONN] = ENOTCONN,
		[-ERR_IF] = ENETDOWN,
		[-ERR_ABRT] = ECONNABORTED,
		[-ERR_RST] = ECONNRESET,
		[-ERR_CLSD] = ENOTCONN,
		[-ERR_ARG] = EINVAL,
	};

	if (err > 0 || (unsigned)-err >= UK_ARRAY_SIZE(errors))
		return -EIO;
	return -errors[-err];
}

void uk_socket_addr_any_is_self(const struct uk_socket *s, ip_addr_t *ip)
{
	if (!ip_addr_isany(ip))
		return;
	ip_addr_set_loopback(s->domain == AF_INET6 && IP_IS_V6(ip), ip);
}

const ip_addr_t *uk_socket_addr_source(const struct uk_socket *s, const ip_addr_t *dst)
{
	struct netif *n = s->opt.ifindex ? netif_get_by_index(s->opt.ifindex)
					 : ip_route(&s->pcb.ip->local_ip, dst);

	return n != NULL ? ip_netif_get_local_ip(n, dst) : NULL;
}

bool uk_socket_addr_loopback(const struct netif *n)
{
	return n->name[0] == 'l' && n->name[1] == 'o';
}

void uk_socket_addr_ifname(const struct netif *n, char *name)
{
	if (uk_socket_addr_loopback(n))
		snprintf(name, IFNAMSIZ, "lo");
	else
		snprintf(name, IFNAMSIZ, "%c%c%u", n->name[0], n->name[1], n->num);
}

struct netif *uk_socket_addr_netif(const char *name)
{
	char own[IFNAMSIZ];
	struct netif *n;

	NETIF_FOREACH(n)
	{
		uk_socket_addr_ifname(n, own);
		if (strncmp(own, name, IFNAMSIZ) == 0)
			return n;
	}
	return NULL;
}
