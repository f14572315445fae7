/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of IPPROTO_IP (ip(7)) and IPPROTO_IPV6 (ipv6(7), RFC 3493, RFC 3542). */
#include <errno.h>
#include <string.h>
#include <lwip/netif.h>
#include "netstack/socket_impl.h"

#define MTU_LOOPBACK 65535

void uk_socket_opt_apply_ip(struct uk_socket *s)
{
	struct ip_pcb *pcb = s->pcb.ip;
	uint8_t on = (s->opt.reuse ? SOF_REUSEADDR : 0) | (s->opt.keepalive ? SOF_KEEPALIVE : 0) |
		     (s->opt.broadcast ? SOF_BROADCAST : 0);

	ip_reset_option(pcb, SOF_REUSEADDR | SOF_KEEPALIVE | SOF_BROADCAST);
	ip_set_option(pcb, on);
	pcb->ttl = s->domain == AF_INET6 ? s->opt.hops : s->opt.ttl;
	pcb->tos = s->opt.tos;
	pcb->netif_idx = s->opt.ifindex;
}

/* Where a multicast goes out: ip_mreqn, ip_mreq or in_addr. */
static int opt_mcast_if4(struct uk_socket *s, const void *val, socklen_t len)
{
	struct ip_mreqn r = { 0 };
	struct netif *n;

	if (len >= sizeof(r))
		memcpy(&r, val, sizeof(r));
	else if (len >= sizeof(struct ip_mreq))
		memcpy(&r, val, sizeof(struct ip_mreq));
	else if (len >= sizeof(struct in_addr))
		memcpy(&r.imr_address, val, sizeof(struct in_addr));
	else
		return -EINVAL;
	s->opt.mcast_if = 0;
	if (r.imr_ifindex != 0) {
		if (r.imr_ifindex < 0 || r.imr_ifindex > UINT8_MAX ||
			netif_get_by_index((uint8_t)r.imr_ifindex) == NULL)
			return -EADDRNOTAVAIL;
		s->opt.mcast_if = (uint8_t)r.imr_ifindex;
		return 0;
	}
	if (r.imr_address.s_addr == INADDR_ANY)
		return 0;
	NETIF_FOREACH(n)
	{
		if (netif_ip4_addr(n)->addr == r.imr_address.s_addr) {
			s->opt.mcast_if = netif_get_index(n);
			return 0;
		}
	}
	return -EADDRNOTAVAIL;
}

/* These may be a byte or an int. */
static int opt_small(const void *val, socklen_t len, int *value)
{
	if (len >= sizeof(*value)) {
		memcpy(value, val, sizeof(*value));
		return 0;
	}
	if (len < 1)
		return -EINVAL;
	*value = *(const uint8_t *)val;
	return 0;
}

/* -1 means the default. */
static int opt_byte(int value, int least, int by_default, uint8_t *to)
{
	if (value == -1)
		value = by_default;
	if (value < least || value > UINT8_MAX)
		return -EINVAL;
	*to = (uint8_t)value;
	return 0;
}

static int opt_ip4_set(struct uk_socket *s, int name, int value)
{
	struct uk_socket_opt *o = &s->opt;

	switch (name) {
	case IP_TTL:
		return opt_byte(value, 1, 64, &o->ttl);
	case IP_TOS:
		o->tos = (uint8_t)value;
		return 0;
	case IP_MULTICAST_TTL:
		return s->type == SOCK_STREAM ? -EINVAL : opt_byte(value, 0, 1, &o->mcast_ttl);
	case IP_MULTICAST_LOOP:
		o->mcast_loop = value;
		return 0;
	case IP_PKTINFO:
		o->pktinfo = value;
		return 0;
	case IP_RECVTTL:
		o->recvttl = value;
		return 0;
	case IP_RECVTOS:
		o->recvtos = value;
		return 0;
	case IP_HDRINCL:
		o->hdrincl = value;
		return s->type == SOCK_RAW ? 0 : -ENOPROTOOPT;
	case IP_MTU_DISCOVER:
		/* lwIP neither sets "don't fragment" nor learns a path's MTU */
		return value == IP_PMTUDISC_DONT ? 0 : -ENOPROTOOPT;
	default:
		return -ENOPROTOOPT;
	}
}

static int opt_v6only_set(struct uk_socket *s, int value)
{
	struct sockaddr_storage sa = { 0 };

	if (s->type == SOCK_RAW || s->pcb.ip == NULL)
		return -EINVAL;
	/* not after bind */
	s->ops->name(s, false, &sa);
	if (((struct sockaddr_in6 *)&sa)->sin6_port != 0)
		return -EINVAL;
	s->opt.v6only = value;
	IP_SET_TYPE_VAL(s->pcb.ip->local_ip, uk_socket_addr_type(s));
	IP_SET_TYPE_VAL(s->pcb.ip->remote_ip, uk_socket_addr_type(s));
	return 0;
}

static int opt_ip6_set(struct uk_socket *s, int name, int value)
{
	struct uk_socket_opt *o = &s->opt;

	switch (name) {
	case IPV6_V6ONLY:
		return opt_v6only_set(s, value);
	case IPV6_UNICAST_HOPS:
		return opt_byte(value, 0, 64, &o->hops);
	case IPV6_MULTICAST_HOPS:
		return s->type == SOCK_STREAM ? -ENOPROTOOPT : opt_byte(value, 0, 1, &o->mcast_ttl);
	case IPV6_MULTICAST_LOOP:
		if (value != 0 && value != 1)
			return -EINVAL;
		o->mcast_loop = value;
		return 0;
	case IPV6_MULTICAST_IF:
		if (value < 0 || value > UINT8_MAX ||
			(value && netif_get_by_index((uint8_t)value) == NULL))
			return -ENODEV;
		o->mcast_if = (uint8_t)value;
		return 0;
	case IPV6_TCLASS:
		return opt_byte(value, 0, 0, &o->tos);
	case IPV6_RECVPKTINFO:
		o->pktinfo = value;
		return 0;
	case IPV6_RECVHOPLIMIT:
		o->recvttl = value;
		return 0;
	case IPV6_RECVTCLASS:
		o->recvtos = value;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static bool opt_is_group(int level, int name)
{
	if (level == IPPROTO_IP)
		return name == IP_ADD_MEMBERSHIP || name == IP_DROP_MEMBERSHIP;
	return name == IPV6_JOIN_GROUP || name == IPV6_LEAVE_GROUP;
}

int uk_socket_opt_ip_set(struct uk_socket *s, int level, int name, const void *val, socklen_t len)
{
	int value, rc;

	if (level != IPPROTO_IP && (level != IPPROTO_IPV6 || s->domain != AF_INET6))
		return -ENOPROTOOPT;
	if (opt_is_group(level, name))
		return s->type == SOCK_STREAM ? -EPROTO
					      : uk_socket_group_set(s, level, name, val, len);
	if (level == IPPROTO_IP && name == IP_MULTICAST_IF)
		return s->type == SOCK_STREAM ? -EINVAL : opt_mcast_if4(s, val, len);
	if (level == IPPROTO_IP) {
		rc = opt_small(val, len, &value);
		return rc < 0 ? rc : opt_ip4_set(s, name, value);
	}
	if (len < sizeof(value))
		return -EINVAL;
	memcpy(&value, val, sizeof(value));
	return opt_ip6_set(s, name, value);
}

static int opt_mtu(struct uk_socket *s)
{
	struct netif *n;

	if (ip_addr_isany_val(s->pcb.ip->remote_ip))
		return -ENOTCONN;
	n = ip_route(&s->pcb.ip->local_ip, &s->pcb.ip->remote_ip);
	if (n == NULL)
		return -ENOTCONN;
	return n->mtu ? n->mtu : MTU_LOOPBACK;
}

static int opt_ip4_value(struct uk_socket *s, int name)
{
	switch (name) {
	case IP_TTL:
		return s->opt.ttl;
	case IP_TOS:
		return s->opt.tos;
	case IP_MULTICAST_TTL:
		return s->opt.mcast_ttl;
	case IP_MULTICAST_LOOP:
		return s->opt.mcast_loop;
	case IP_PKTINFO:
		return s->opt.pktinfo;
	case IP_RECVTTL:
		return s->opt.recvttl;
	case IP_RECVTOS:
		return s->opt.recvtos;
	case IP_HDRINCL:
		return s->type == SOCK_RAW ? s->opt.hdrincl : -ENOPROTOOPT;
	case IP_MTU_DISCOVER:
		return IP_PMTUDISC_DONT;
	case IP_MTU:
		return s->pcb.ip != NULL ? opt_mtu(s) : -ENOTCONN;
	default:
		return -ENOPROTOOPT;
	}
}

static int opt_ip6_value(struct uk_socket *s, int name)
{
	switch (name) {
	case IPV6_V6ONLY:
		return s->opt.v6only;
	case IPV6_UNICAST_HOPS:
		return s->opt.hops;
	case IPV6_MULTICAST_HOPS:
		return s->opt.mcast_ttl;
	case IPV6_MULTICAST_LOOP:
		return s->opt.mcast_loop;
	case IPV6_MULTICAST_IF:
		return s->opt.mcast_if;
	case IPV6_TCLASS:
		return s->opt.tos;
	case IPV6_RECVPKTINFO:
		return s->opt.pktinfo;
	case IPV6_RECVHOPLIMIT:
		return s->opt.recvttl;
	case IPV6_RECVTCLASS:
		return s->opt.recvtos;
	case IPV6_MTU:
		return s->pcb.ip != NULL ? opt_mtu(s) : -ENOTCONN;
	default:
		return -ENOPROTOOPT;
	}
}

static int opt_mcast_if4_get(struct uk_socket *s, void *val, socklen_t *len)
{
	struct netif *n = s->opt.mcast_if ? netif_get_by_index(s->opt.mcast_if) : NULL;
	struct in_addr a = { n != NULL ? netif_ip4_addr(n)->addr : 0 };

	if (*len > sizeof(a))
		*len = sizeof(a);
	memcpy(val, &a, *len);
	return 0;
}

int uk_socket_opt_ip_get(struct uk_socket *s, int level, int name, void *val, socklen_t *len)
{
	int value;

	if (level == IPPROTO_IP && name == IP_MULTICAST_IF)
		return opt_mcast_if4_get(s, val, len);
	if (level == IPPROTO_IP)
		value = opt_ip4_value(s, name);
	else if (level == IPPROTO_IPV6 && s->domain == AF_INET6)
		value = opt_ip6_value(s, name);
	else
		return -ENOPROTOOPT;
	if (value < 0)
		return value;
	/* Linux gives a byte to who asks for less than an int */
	if (level == IPPROTO_IP && *len > 0 && *len < sizeof(value)) {
		*(uint8_t *)val = (uint8_t)value;
		*len = 1;
		return 0;
	}
	return uk_socket_opt_put(value, val, len);
}
