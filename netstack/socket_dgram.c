/* SPDX-License-Identifier: BSD-3-Clause */
/* What UDP and raw sockets share: the queue of received datagrams, and control messages. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include "netstack/socket_impl.h"

#define RING_LEAST 16

/* True if there is room for one more. */
static bool dgram_grow(struct uk_socket_queue *q)
{
	uint32_t size = q->size ? q->size * 2 : RING_LEAST;
	struct uk_socket_dgram *ring;

	if (q->nb < q->size)
		return true;
	ring = malloc(size * sizeof(*ring));
	if (ring == NULL)
		return false;
	for (uint32_t i = 0; i < q->nb; i++)
		ring[i] = q->ring[(q->head + i) & (q->size - 1)];
	free(q->ring);
	q->ring = ring;
	q->size = size;
	q->head = 0;
	return true;
}

void uk_socket_dgram_push(struct uk_socket *s, struct pbuf *p, const ip_addr_t *src, uint16_t port)
{
	struct uk_socket_queue *q = &s->u.inet.queue;
	uint32_t cost = p->tot_len + UK_SOCKET_DGRAM_COST;
	struct uk_socket_dgram *d;

	if (s->shut_rd || q->cost + cost > (uint32_t)s->opt.rcvbuf || !dgram_grow(q)) {
		q->nb_dropped++;
		pbuf_free(p);
		return;
	}
	d = &q->ring[(q->head + q->nb) & (q->size - 1)];
	d->p = p;
	d->src = *src;
	d->dst = *ip_current_dest_addr();
	d->port = port;
	d->ifindex = netif_get_index(ip_current_input_netif());
	if (ip_current_is_v6()) {
		d->ttl = IP6H_HOPLIM(ip6_current_header());
		d->tos = (uint8_t)IP6H_TC(ip6_current_header());
	} else {
		d->ttl = IPH_TTL(ip4_current_header());
		d->tos = IPH_TOS(ip4_current_header());
	}
	q->nb++;
	q->cost += cost;
	uk_socket_wake(s);
}

static void dgram_pop(struct uk_socket_queue *q)
{
	struct uk_socket_dgram *d = &q->ring[q->head];

	q->cost -= d->p->tot_len + UK_SOCKET_DGRAM_COST;
	pbuf_free(d->p);
	q->head = (q->head + 1) & (q->size - 1);
	q->nb--;
}

void uk_socket_dgram_drop(struct uk_socket *s)
{
	struct uk_socket_queue *q = &s->u.inet.queue;

	while (q->nb > 0)
		dgram_pop(q);
	free(q->ring);
	q->ring = NULL;
	q->size = 0;
}

/* RFC 3542, 6; ip(7). A datagram of IPv4 on a socket of IPv6 has its addresses mapped. */
static void dgram_control(
	const struct uk_socket *s, const struct uk_socket_dgram *d, struct uk_socket_cmsg *c)
{
	const struct uk_socket_opt *o = &s->opt;
	int ttl = d->ttl, tos = d->tos;
	struct sockaddr_storage sa;

	uk_socket_addr_put(s->domain, &d->dst, 0, &sa);
	if (s->domain == AF_INET) {
		struct in_pktinfo info = { .ipi_ifindex = d->ifindex };

		info.ipi_addr = info.ipi_spec_dst = ((struct sockaddr_in *)&sa)->sin_addr;
		if (o->pktinfo)
			uk_socket_msg_control(c, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
		if (o->recvttl)
			uk_socket_msg_control(c, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
		if (o->recvtos)
			uk_socket_msg_control(c, IPPROTO_IP, IP_TOS, &d->tos, 1);
		return;
	}
	if (o->pktinfo) {
		struct in6_pktinfo info = { .ipi6_ifindex = d->ifindex };

		info.ipi6_addr = ((struct sockaddr_in6 *)&sa)->sin6_addr;
		uk_socket_msg_control(c, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	}
	if (o->recvttl)
		uk_socket_msg_control(c, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof(ttl));
	if (o->recvtos)
		uk_socket_msg_control(c, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
}

static ssize_t dgram_copy(
	const struct uk_socket *s, const struct uk_socket_dgram *d, struct msghdr *m, int flags)
{
	struct uk_socket_cmsg c = { m->msg_control, m->msg_controllen, 0 };
	size_t len = d->p->tot_len, n = uk_socket_msg_scatter(m, 0, d->p, 0, len);
	struct sockaddr_storage sa;
	socklen_t sa_len;

	if (m->msg_name != NULL) {
		sa_len = uk_socket_addr_put(s->domain, &d->src, d->port, &sa);
		uk_socket_msg_name(&sa, sa_len, m->msg_name, &m->msg_namelen);
	}
	if (c.left > 0)
		dgram_control(s, d, &c);
	m->msg_controllen -= c.left;
	m->msg_flags = c.flags | (n < len ? MSG_TRUNC : 0);
	return (ssize_t)(flags & MSG_TRUNC ? len : n);
}

ssize_t uk_socket_dgram_recv(struct uk_socket *s, struct msghdr *m, int flags)
{
	struct uk_socket_queue *q = &s->u.inet.queue;
	struct uk_socket_wait w =
		uk_socket_wait_for(s->opt.rcvtimeo_ns, flags & (MSG_DONTWAIT | MSG_ERRQUEUE));
	ssize_t n;
	int rc;

	if (flags & MSG_ERRQUEUE)
		return -EAGAIN;
	w.polled = flags & MSG_BATCH;
	while (q->nb == 0 || s->error) {
		if (s->error)
			return uk_socket_take_error(s);
		if (s->shut_rd) {
			m->msg_flags = 0;
			m->msg_namelen = 0;
			m->msg_controllen = 0;
			return 0;
		}
		rc = uk_socket_wait(s, &w);
		if (rc < 0)
			return rc;
	}
	n = dgram_copy(s, &q->ring[q->head], m, flags);
	if (!(flags & MSG_PEEK))
		dgram_pop(q);
	return n;
}

short uk_socket_dgram_poll(struct uk_socket *s)
{
	short what = POLLOUT | POLLWRNORM;

	if (s->u.inet.queue.nb > 0)
		what |= POLLIN | POLLRDNORM;
	if (s->shut_rd)
		what |= POLLIN | POLLRDNORM | POLLRDHUP;
	if (s->shut_rd && s->shut_wr)
		what |= POLLHUP;
	return what;
}

int uk_socket_dgram_pending(struct uk_socket *s)
{
	struct uk_socket_queue *q = &s->u.inet.queue;

	return q->nb > 0 ? q->ring[q->head].p->tot_len : 0;
}

int uk_socket_dgram_shutdown(struct uk_socket *s, int how)
{
	s->shut_rd |= how != SHUT_WR;
	s->shut_wr |= how != SHUT_RD;
	uk_socket_wake(s);
	/* Linux does it, and complains nevertheless */
	return s->u.inet.connected ? 0 : -ENOTCONN;
}

static int dgram_how4(const struct cmsghdr *h, struct uk_socket_dgram_how *how, size_t len)
{
	struct in_pktinfo info;
	int value;

	if (h->cmsg_type == IP_PKTINFO) {
		if (len != sizeof(info))
			return -EINVAL;
		memcpy(&info, CMSG_DATA(h), sizeof(info));
		if (info.ipi_ifindex < 0 || info.ipi_ifindex > UINT8_MAX)
			return -ENODEV;
		ip_addr_set_zero_ip4(&how->src);
		ip_addr_set_ip4_u32(&how->src, info.ipi_spec_dst.s_addr);
		how->have_src = info.ipi_spec_dst.s_addr != 0;
		how->ifindex = (uint8_t)info.ipi_ifindex;
		return 0;
	}
	if (h->cmsg_type == IP_TOS && len == 1) {
		how->tos = *CMSG_DATA(h);
		return 0;
	}
	if (len != sizeof(value))
		return -EINVAL;
	memcpy(&value, CMSG_DATA(h), sizeof(value));
	if (value < 0 || value > 255 || (h->cmsg_type != IP_TTL && h->cmsg_type != IP_TOS))
		return -EINVAL;
	*(h->cmsg_type == IP_TTL ? &how->ttl : &how->tos) = value;
	return 0;
}

static int dgram_how6(const struct cmsghdr *h, struct uk_socket_dgram_how *how, size_t len)
{
	struct in6_pktinfo info;
	int value;

	if (h->cmsg_type == IPV6_PKTINFO) {
		if (len < sizeof(info))
			return -EINVAL;
		memcpy(&info, CMSG_DATA(h), sizeof(info));
		if (info.ipi6_ifindex > UINT8_MAX)
			return -ENODEV;
		ip_addr_set_zero_ip6(&how->src);
		memcpy(ip_2_ip6(&how->src)->addr, &info.ipi6_addr, sizeof(info.ipi6_addr));
		how->have_src = !IN6_IS_ADDR_UNSPECIFIED(&info.ipi6_addr);
		how->ifindex = (uint8_t)info.ipi6_ifindex;
		return 0;
	}
	if (len != sizeof(value))
		return -EINVAL;
	memcpy(&value, CMSG_DATA(h), sizeof(value));
	if (value < -1 || value > 255)
		return -EINVAL;
	if (h->cmsg_type != IPV6_HOPLIMIT && h->cmsg_type != IPV6_TCLASS)
		return -EINVAL;
	*(h->cmsg_type == IPV6_HOPLIMIT ? &how->ttl : &how->tos) = value;
	return 0;
}

int uk_socket_dgram_how(const struct msghdr *m, struct uk_socket_dgram_how *how)
{
	const uint8_t *at = m->msg_control;
	size_t left = at != NULL ? m->msg_controllen : 0;

	how->have_src = false;
	how->ifindex = 0;
	how->ttl = how->tos = -1;
	while (left >= sizeof(struct cmsghdr)) {
		const struct cmsghdr *h = (const struct cmsghdr *)at;
		size_t len = h->cmsg_len, step = CMSG_ALIGN(len);
		int rc = 0;

		if (len < CMSG_LEN(0) || len > left)
			return -EINVAL;
		if (h->cmsg_level == IPPROTO_IP)
			rc = dgram_how4(h, how, len - CMSG_LEN(0));
		else if (h->cmsg_level == IPPROTO_IPV6)
			rc = dgram_how6(h, how, len - CMSG_LEN(0));
		if (rc < 0)
			return rc;
		if (step >= left)
			break;
		at += step;
		left -= step;
	}
	return 0;
}
