/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * As much of netlink(7) and rtnetlink(7) as libc's getifaddrs and if_nameindex ask for: dumps of all links and of all
 * addresses. Anything else is answered with EOPNOTSUPP.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <lwip/netif.h>
#include "netstack/socket_impl.h"

/* linux/netlink.h, linux/rtnetlink.h, linux/if_addr.h */
#define NL_ERROR        2
#define NL_DONE         3
#define NL_NEWLINK      16
#define NL_GETLINK      18
#define NL_NEWADDR      20
#define NL_GETADDR      22
#define NL_MULTI        0x02
#define NL_DUMP         0x300
#define NL_ALIGN(n)     UK_ALIGN_UP(n, 4u)
#define LINK_ADDRESS    1
#define LINK_BROADCAST  2
#define LINK_IFNAME     3
#define LINK_MTU        4
#define ADDR_ADDRESS    1
#define ADDR_LOCAL      2
#define ADDR_LABEL      3
#define ADDR_BROADCAST  4
#define SCOPE_UNIVERSE  0
#define SCOPE_LINK      253
#define SCOPE_HOST      254
#define MTU_LOOPBACK    65536
#define PREFIX_LEN6     64
#define NL_ADDR_STORAGE 12

struct nl_head {
	uint32_t len;
	uint16_t type, flags;
	uint32_t seq, port;
};

struct nl_attr {
	uint16_t len, type;
};

struct nl_link {
	uint8_t family, pad;
	uint16_t type;
	int32_t index;
	uint32_t flags, change;
};

struct nl_addr {
	uint8_t family, prefix_len, flags, scope;
	uint32_t index;
};

struct nl_sockaddr {
	sa_family_t family;
	uint16_t pad;
	uint32_t port, groups;
};

_Static_assert(sizeof(struct nl_sockaddr) == NL_ADDR_STORAGE, "linux/netlink.h: sockaddr_nl");

/* An answer that grows; `ok` is false once there was no memory. */
struct nl_answer {
	uint8_t *data;
	size_t len, size, begin; /* begin: of the message that is being made */
	bool ok;
	uint32_t seq, port;
};

static void nl_put(struct nl_answer *a, const void *from, size_t len)
{
	size_t end = a->len + NL_ALIGN(len);

	if (end > a->size) {
		size_t size = a->size ? a->size * 2 : 4096;
		uint8_t *data = a->ok ? realloc(a->data, size) : NULL;

		a->ok = data != NULL;
		if (data == NULL)
			return;
		a->data = data;
		a->size = size;
	}
	memcpy(a->data + a->len, from, len);
	memset(a->data + a->len + len, 0, end - a->len - len);
	a->len = end;
}

static void nl_attr(struct nl_answer *a, uint16_t type, const void *from, size_t len)
{
	struct nl_attr h = { .len = (uint16_t)(sizeof(h) + len), .type = type };

	nl_put(a, &h, sizeof(h));
	nl_put(a, from, len);
}

static void nl_begin(struct nl_answer *a, uint16_t type, uint16_t flags)
{
	struct nl_head h = { .type = type, .flags = flags, .seq = a->seq, .port = a->port };

	a->begin = a->len;
	nl_put(a, &h, sizeof(h));
}

static void nl_end(struct nl_answer *a)
{
	uint32_t len = (uint32_t)(a->len - a->begin);

	if (a->ok)
		memcpy(a->data + a->begin, &len, sizeof(len));
}

static void nl_put_link(struct nl_answer *a, struct netif *n)
{
	static const uint8_t everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	bool lo = uk_socket_addr_loopback(n);
	struct nl_link l = { .type = lo ? ARPHRD_LOOPBACK : ARPHRD_ETHER };
	uint32_t mtu = lo ? MTU_LOOPBACK : n->mtu;
	char name[IFNAMSIZ];

	l.index = netif_get_index(n);
	l.flags = lo ? IFF_LOOPBACK : IFF_BROADCAST | IFF_MULTICAST;
	l.flags |= netif_is_up(n) ? IFF_UP : 0;
	l.flags |= netif_is_up(n) && (lo || netif_is_link_up(n)) ? IFF_RUNNING : 0;
	nl_begin(a, NL_NEWLINK, NL_MULTI);
	nl_put(a, &l, sizeof(l));
	uk_socket_addr_ifname(n, name);
	nl_attr(a, LINK_IFNAME, name, strlen(name) + 1);
	nl_attr(a, LINK_MTU, &mtu, sizeof(mtu));
	nl_attr(a, LINK_ADDRESS, lo ? (const uint8_t[6]){ 0 } : n->hwaddr, 6);
	nl_attr(a, LINK_BROADCAST, lo ? (const uint8_t[6]){ 0 } : everybody, 6);
	nl_end(a);
}

static void nl_put_addr4(struct nl_answer *a, struct netif *n)
{
	bool lo = uk_socket_addr_loopback(n);
	uint32_t addr = netif_ip4_addr(n)->addr, mask = netif_ip4_netmask(n)->addr;
	uint32_t broadcast = addr | ~mask;
	struct nl_addr h = { .family = AF_INET };
	char name[IFNAMSIZ];

	if (addr == 0)
		return;
	h.prefix_len = (uint8_t)__builtin_popcount(mask);
	h.scope = lo ? SCOPE_HOST : SCOPE_UNIVERSE;
	h.index = netif_get_index(n);
	nl_begin(a, NL_NEWADDR, NL_MULTI);
	nl_put(a, &h, sizeof(h));
	nl_attr(a, ADDR_ADDRESS, &addr, sizeof(addr));
	nl_attr(a, ADDR_LOCAL, &addr, sizeof(addr));
	if (!lo)
		nl_attr(a, ADDR_BROADCAST, &broadcast, sizeof(broadcast));
	uk_socket_addr_ifname(n, name);
	nl_attr(a, ADDR_LABEL, name, strlen(name) + 1);
	nl_end(a);
}

static void nl_put_addr6(struct nl_answer *a, struct netif *n, int i)
{
	const ip6_addr_t *ip = netif_ip6_addr(n, i);
	bool lo = uk_socket_addr_loopback(n);
	struct nl_addr h = { .family = AF_INET6 };

	if (!ip6_addr_isvalid(netif_ip6_addr_state(n, i)))
		return;
	h.prefix_len = lo ? 128 : PREFIX_LEN6;
	h.scope = lo ? SCOPE_HOST : ip6_addr_islinklocal(ip) ? SCOPE_LINK : SCOPE_UNIVERSE;
	h.index = netif_get_index(n);
	nl_begin(a, NL_NEWADDR, NL_MULTI);
	nl_put(a, &h, sizeof(h));
	nl_attr(a, ADDR_ADDRESS, ip->addr, sizeof(ip->addr));
	nl_end(a);
}

static void nl_dump(struct nl_answer *a, uint16_t type)
{
	struct netif *n;
	int32_t zero = 0;

	NETIF_FOREACH(n)
	{
		if (type == NL_GETLINK) {
			nl_put_link(a, n);
			continue;
		}
		nl_put_addr4(a, n);
		for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
			nl_put_addr6(a, n, i);
	}
	nl_begin(a, NL_DONE, NL_MULTI);
	nl_put(a, &zero, sizeof(zero));
	nl_end(a);
}

static void nl_refuse(struct nl_answer *a, const struct nl_head *request)
{
	int32_t error = -EOPNOTSUPP;

	nl_begin(a, NL_ERROR, 0);
	nl_put(a, &error, sizeof(error));
	nl_put(a, request, sizeof(*request));
	nl_end(a);
}

static ssize_t nl_send(struct uk_socket *s, const struct msghdr *m, int flags)
{
	size_t total = uk_socket_msg_len(m);
	struct nl_answer a = { .ok = true, .port = s->u.netlink.port };
	struct nl_head h;

	/* libc sends it in one piece */
	if (m->msg_iovlen < 1 || m->msg_iov[0].iov_len < sizeof(h))
		return -EINVAL;
	memcpy(&h, m->msg_iov[0].iov_base, sizeof(h));
	if (h.len < sizeof(h) || h.len > total)
		return -EINVAL;
	a.seq = h.seq;
	if ((h.type == NL_GETLINK || h.type == NL_GETADDR) && (h.flags & NL_DUMP) == NL_DUMP)
		nl_dump(&a, h.type);
	else
		nl_refuse(&a, &h);
	if (!a.ok) {
		free(a.data);
		return -ENOBUFS;
	}
	free(s->u.netlink.answer);
	s->u.netlink.answer = a.data;
	s->u.netlink.len = a.len;
	s->u.netlink.at = 0;
	uk_socket_wake(s);
	return (ssize_t)total;
}

/* As many whole messages as fit; one that does not is cut. */
static size_t nl_whole(const struct uk_socket_netlink *l, size_t room)
{
	size_t n = 0;

	while (l->at + n < l->len) {
		uint32_t len;

		memcpy(&len, l->answer + l->at + n, sizeof(len));
		if (n > 0 && n + len > room)
			break;
		n += NL_ALIGN(len);
	}
	return n;
}

static ssize_t nl_recv(struct uk_socket *s, struct msghdr *m, int flags)
{
	struct uk_socket_netlink *l = &s->u.netlink;
	struct uk_socket_wait w = uk_socket_wait_for(s->opt.rcvtimeo_ns, flags & MSG_DONTWAIT);
	struct nl_sockaddr sa = { .family = AF_NETLINK };
	size_t n, done;
	int rc;

	while (l->at == l->len) {
		rc = uk_socket_wait(s, &w);
		if (rc < 0)
			return rc;
	}
	n = nl_whole(l, uk_socket_msg_len(m));
	done = uk_fd_iov_put(m->msg_iov, (int)m->msg_iovlen, 0, l->answer + l->at, n);
	if (!(flags & MSG_PEEK))
		l->at += n;
	if (m->msg_name != NULL)
		uk_socket_msg_name((void *)&sa, sizeof(sa), m->msg_name, &m->msg_namelen);
	m->msg_controllen = 0;
	m->msg_flags = done < n ? MSG_TRUNC : 0;
	return flags & MSG_TRUNC ? (ssize_t)n : (ssize_t)done;
}

static int nl_bind(struct uk_socket *s, const struct sockaddr *sa, socklen_t len)
{
	struct nl_sockaddr nl;

	if (len < sizeof(nl))
		return -EINVAL;
	memcpy(&nl, sa, sizeof(nl));
	if (nl.family != AF_NETLINK)
		return -EINVAL;
	s->u.netlink.port = nl.port ? nl.port : 1;
	return 0;
}

static int nl_name(struct uk_socket *s, bool peer, struct sockaddr_storage *sa)
{
	struct nl_sockaddr nl = { .family = AF_NETLINK, .port = peer ? 0 : s->u.netlink.port };

	memcpy(sa, &nl, sizeof(nl));
	return sizeof(nl);
}

static short nl_poll(struct uk_socket *s)
{
	short what = POLLOUT | POLLWRNORM;

	return s->u.netlink.at < s->u.netlink.len ? what | POLLIN | POLLRDNORM : what;
}

static void nl_release(struct uk_socket *s)
{
	free(s->u.netlink.answer);
}

const struct uk_socket_ops uk_socket_netlink_ops = {
	.bind = nl_bind,
	.send = nl_send,
	.recv = nl_recv,
	.name = nl_name,
	.poll = nl_poll,
	.release = nl_release,
};
