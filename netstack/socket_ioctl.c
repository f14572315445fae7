/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions about interfaces, as netdevice(7) has them, and FIONREAD. Nothing can be changed this way. */
#include <errno.h>
#include <string.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <lwip/netif.h>
#include "netstack/socket_impl.h"

#define MTU_LOOPBACK 65536

static void sioc_in(struct sockaddr *sa, uint32_t addr)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { addr } };

	memcpy(sa, &in, sizeof(in));
}

static short sioc_flags(const struct netif *n)
{
	short flags = 0;

	if (netif_is_up(n))
		flags |= IFF_UP;
	if (netif_is_up(n) && (uk_socket_addr_loopback(n) || netif_is_link_up(n)))
		flags |= IFF_RUNNING;
	if (uk_socket_addr_loopback(n))
		return flags | IFF_LOOPBACK;
	return flags | IFF_BROADCAST | IFF_MULTICAST;
}

/* The array of all interfaces that have an address of IPv4. */
static int sioc_conf(struct ifconf *c)
{
	size_t at = 0, room;
	struct netif *n;

	if (c == NULL || c->ifc_len < 0)
		return -EFAULT;
	room = (size_t)c->ifc_len;
	NETIF_FOREACH(n)
	{
		struct ifreq r = { 0 };

		if (netif_ip4_addr(n)->addr == 0)
			continue;
		uk_socket_addr_ifname(n, r.ifr_name);
		sioc_in(&r.ifr_addr, netif_ip4_addr(n)->addr);
		if (c->ifc_buf != NULL) {
			if (at + sizeof(r) > room)
				break;
			memcpy(c->ifc_buf + at, &r, sizeof(r));
		}
		at += sizeof(r);
	}
	c->ifc_len = (int)at;
	return 0;
}

static int sioc_name(struct ifreq *r)
{
	struct netif *n = NULL;

	if (r->ifr_ifindex > 0 && r->ifr_ifindex <= UINT8_MAX)
		n = netif_get_by_index((uint8_t)r->ifr_ifindex);
	if (n == NULL)
		return -ENODEV;
	uk_socket_addr_ifname(n, r->ifr_name);
	return 0;
}

static int sioc_address4(const struct netif *n, unsigned long request, struct ifreq *r)
{
	uint32_t addr = netif_ip4_addr(n)->addr, mask = netif_ip4_netmask(n)->addr;

	if (addr == 0)
		return -EADDRNOTAVAIL;
	if (request == SIOCGIFNETMASK)
		addr = mask;
	else if (request == SIOCGIFBRDADDR)
		addr = uk_socket_addr_loopback(n) ? 0 : addr | ~mask;
	sioc_in(&r->ifr_addr, addr);
	return 0;
}

static int sioc_get(unsigned long request, struct ifreq *r)
{
	struct netif *n = uk_socket_addr_netif(r->ifr_name);
	bool lo;

	if (n == NULL)
		return -ENODEV;
	lo = uk_socket_addr_loopback(n);
	switch (request) {
	case SIOCGIFINDEX:
		r->ifr_ifindex = netif_get_index(n);
		return 0;
	case SIOCGIFFLAGS:
		r->ifr_flags = sioc_flags(n);
		return 0;
	case SIOCGIFMTU:
		r->ifr_mtu = lo ? MTU_LOOPBACK : n->mtu;
		return 0;
	case SIOCGIFMETRIC:
		r->ifr_metric = 0;
		return 0;
	case SIOCGIFHWADDR:
		memset(&r->ifr_hwaddr, 0, sizeof(r->ifr_hwaddr));
		r->ifr_hwaddr.sa_family = lo ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
		if (!lo)
			memcpy(r->ifr_hwaddr.sa_data, n->hwaddr, 6);
		return 0;
	default:
		return sioc_address4(n, request, r);
	}
}

int uk_socket_ioctl(struct uk_file *f, unsigned long request, void *arg)
{
	struct uk_socket *s = (struct uk_socket *)f;
	int n;

	if (arg == NULL)
		return -EFAULT;
	switch (request) {
	case FIONREAD:
		n = s->ops->pending != NULL ? s->ops->pending(s) : -ENOTTY;
		if (n >= 0)
			*(int *)arg = n;
		return n < 0 ? n : 0;
	case SIOCGIFCONF:
		return sioc_conf(arg);
	case SIOCGIFNAME:
		return sioc_name(arg);
	case SIOCGIFINDEX:
	case SIOCGIFFLAGS:
	case SIOCGIFMTU:
	case SIOCGIFMETRIC:
	case SIOCGIFHWADDR:
	case SIOCGIFADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFBRDADDR:
		return sioc_get(request, arg);
	case SIOCGIFDSTADDR:
		return -EADDRNOTAVAIL;
	default:
		return -ENOTTY;
	}
}
