/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams over UDP (RFC 768, and udp(7) for what a program may expect). */
#include <errno.h>
#include <string.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/udp.h>
#include "netstack/socket_impl.h"

/* lwIP's lengths of packets have 16 bits: with the IP header, and for IPv6 as well. */
#define LEN_MAX4 (UINT16_MAX - 20 - 8)
#define LEN_MAX6 (UINT16_MAX - 40 - 8)

static void sudp_input(
	void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *src, uint16_t port)
{
	uk_socket_dgram_push(arg, p, src, port);
}

static int sudp_open(struct uk_socket *s)
{
	s->pcb.udp = udp_new_ip_type(uk_socket_addr_type(s));
	if (s->pcb.udp == NULL)
		return -ENOBUFS;
	udp_recv(s->pcb.udp, sudp_input, s);
	s->ops->apply(s);
	return 0;
}

/* As lwIP means "any" on this socket: with its own type. */
static void sudp_any(const struct uk_socket *s, ip_addr_t *ip)
{
	ip_addr_set_zero(ip);
	IP_SET_TYPE(ip, uk_socket_addr_type(s));
}

static int sudp_bind(struct uk_socket *s, const struct sockaddr *sa, socklen_t len)
{
	struct udp_pcb *pcb = s->pcb.udp;
	ip_addr_t ip;
	uint16_t port;
	err_t err;
	int rc = uk_socket_addr_get(s, sa, len, &ip, &port);

	if (rc < 0)
		return rc == -ENETUNREACH ? -EINVAL : rc;
	if (pcb->local_port != 0)
		return -EINVAL;
	if (!uk_socket_addr_local(&ip))
		return -EADDRNOTAVAIL;
	s->u.inet.bound_address = !ip_addr_isany(&ip);
	if (ip_addr_isany(&ip) && IP_IS_V6(&ip))
		sudp_any(s, &ip);
	err = udp_bind(pcb, &ip, port);
	return uk_socket_addr_errno(err);
}

static int sudp_disconnect(struct uk_socket *s)
{
	struct udp_pcb *pcb = s->pcb.udp;

	udp_disconnect(pcb);
	IP_SET_TYPE_VAL(pcb->remote_ip, uk_socket_addr_type(s));
	if (!s->u.inet.bound_address)
		sudp_any(s, &pcb->local_ip);
	s->u.inet.connected = false;
	return 0;
}

static int sudp_connect(struct uk_socket *s, const struct sockaddr *sa, socklen_t len)
{
	struct udp_pcb *pcb = s->pcb.udp;
	const ip_addr_t *src;
	ip_addr_t ip;
	uint16_t port;
	err_t err;
	int rc;

	if (sa->sa_family == AF_UNSPEC)
		return sudp_disconnect(s);
	rc = uk_socket_addr_get(s, sa, len, &ip, &port);
	if (rc < 0)
		return rc;
	if (s->u.inet.connected)
		sudp_disconnect(s);
	uk_socket_addr_any_is_self(s, &ip);
	src = uk_socket_addr_source(s, &ip);
	if (src == NULL)
		return -ENETUNREACH;
	if (IP_IS_V4(&ip) && ip_2_ip4(&ip)->addr == IPADDR_BROADCAST && !s->opt.broadcast)
		return -EACCES;
	err = udp_connect(pcb, &ip, port);
	if (err != ERR_OK)
		return err == ERR_USE ? -EAGAIN : uk_socket_addr_errno(err);
	if (!s->u.inet.bound_address)
		ip_addr_copy(pcb->local_ip, *src);
	s->u.inet.connected = true;
	return 0;
}

/* Where a message goes. */
static int sudp_target(struct uk_socket *s, const struct msghdr *m, ip_addr_t *ip, uint16_t *port)
{
	struct udp_pcb *pcb = s->pcb.udp;
	const struct sockaddr_in *sa = m->msg_name;
	int rc;

	if (sa == NULL) {
		if (!s->u.inet.connected)
			return -EDESTADDRREQ;
		ip_addr_copy(*ip, pcb->remote_ip);
		*port = pcb->remote_port;
		return 0;
	}
	if (m->msg_namelen < sizeof(*sa))
		return -EINVAL;
	if (s->domain == AF_INET6 && sa->sin_family == AF_INET && !s->opt.v6only) {
		ip_addr_set_ip4_u32(ip, sa->sin_addr.s_addr);
		*port = ntohs(sa->sin_port);
	} else {
		rc = uk_socket_addr_get(s, m->msg_name, m->msg_namelen, ip, port);
		if (rc < 0)
			return rc;
	}
	if (*port == 0)
		return -EINVAL;
	uk_socket_addr_any_is_self(s, ip);
	return 0;
}

static err_t sudp_output(struct uk_socket *s, struct pbuf *p, const ip_addr_t *dst, uint16_t port,
	const struct uk_socket_dgram_how *how)
{
	struct udp_pcb *pcb = s->pcb.udp;
	struct netif *n;

	if (!how->have_src && how->ifindex == 0)
		return udp_sendto(pcb, p, dst, port);
	n = how->ifindex ? netif_get_by_index(how->ifindex)
			 : ip_route(how->have_src ? &how->src : &pcb->local_ip, dst);
	if (n == NULL)
		return ERR_RTE;
	if (!how->have_src)
		return udp_sendto_if(pcb, p, dst, port, n);
	if (IP_IS_V6(&how->src) != IP_IS_V6(dst) || !uk_socket_addr_local(&how->src))
		return ERR_ARG;
	return udp_sendto_if_src(pcb, p, dst, port, n, &how->src);
}

/* The time to live and type of service of this message, not of the socket. */
static err_t sudp_output_as(struct uk_socket *s, struct pbuf *p, const ip_addr_t *dst,
	uint16_t port, const struct uk_socket_dgram_how *how)
{
	struct udp_pcb *pcb = s->pcb.udp;
	uint8_t ttl = pcb->ttl, mcast_ttl = udp_get_multicast_ttl(pcb), tos = pcb->tos;
	err_t err;

	pcb->ttl = IP_IS_V6(dst) ? s->opt.hops : s->opt.ttl;
	if (how->ttl >= 0) {
		pcb->ttl = (uint8_t)how->ttl;
		udp_set_multicast_ttl(pcb, (uint8_t)how->ttl);
	}
	if (how->tos >= 0)
		pcb->tos = (uint8_t)how->tos;
	err = sudp_output(s, p, dst, port, how);
	pcb->ttl = ttl;
	pcb->tos = tos;
	udp_set_multicast_ttl(pcb, mcast_ttl);
	return err;
}

static int sudp_errno(struct uk_socket *s, const ip_addr_t *dst, err_t err)
{
	/* lwIP's word for a broadcast without SO_BROADCAST */
	if (err == ERR_VAL)
		return IP_IS_V4(dst) && !s->opt.broadcast ? -EACCES : -ENETUNREACH;
	return uk_socket_addr_errno(err);
}

static ssize_t sudp_send(struct uk_socket *s, const struct msghdr *m, int flags)
{
	size_t len = uk_socket_msg_len(m);
	struct uk_socket_dgram_how how;
	struct pbuf *p;
	ip_addr_t dst;
	uint16_t port;
	err_t err;
	int rc;

	if (flags & (MSG_OOB | MSG_MORE))
		return -EOPNOTSUPP;
	if (s->error)
		return uk_socket_take_error(s);
	if (s->shut_wr)
		return -EPIPE;
	rc = sudp_target(s, m, &dst, &port);
	if (rc < 0)
		return rc;
	if (len > (IP_IS_V6(&dst) ? LEN_MAX6 : LEN_MAX4))
		return -EMSGSIZE;
	rc = uk_socket_dgram_how(m, &how);
	if (rc < 0)
		return rc;
	p = pbuf_alloc(PBUF_TRANSPORT, (uint16_t)len, PBUF_RAM);
	if (p == NULL)
		return -ENOBUFS;
	uk_socket_msg_gather(m, p);
	err = sudp_output_as(s, p, &dst, port, &how);
	pbuf_free(p);
	if (!(flags & MSG_BATCH))
		uk_socket_flush();
	return err == ERR_OK ? (ssize_t)len : sudp_errno(s, &dst, err);
}

static int sudp_name(struct uk_socket *s, bool peer, struct sockaddr_storage *sa)
{
	struct udp_pcb *pcb = s->pcb.udp;

	if (!peer)
		return (int)uk_socket_addr_put(s->domain, &pcb->local_ip, pcb->local_port, sa);
	if (!s->u.inet.connected || pcb->remote_port == 0)
		return -ENOTCONN;
	return (int)uk_socket_addr_put(s->domain, &pcb->remote_ip, pcb->remote_port, sa);
}

static void sudp_apply(struct uk_socket *s)
{
	struct udp_pcb *pcb = s->pcb.udp;

	uk_socket_opt_apply_ip(s);
	udp_set_multicast_ttl(pcb, s->opt.mcast_ttl);
	udp_set_multicast_netif_index(pcb, s->opt.mcast_if);
	if (s->opt.mcast_loop)
		udp_set_flags(pcb, UDP_FLAGS_MULTICAST_LOOP);
	else
		udp_clear_flags(pcb, UDP_FLAGS_MULTICAST_LOOP);
	if (pcb->local_port == 0)
		sudp_any(s, &pcb->local_ip);
}

static void sudp_release(struct uk_socket *s)
{
	uk_socket_group_leave_all(s);
	if (s->pcb.udp != NULL)
		udp_remove(s->pcb.udp);
	s->pcb.udp = NULL;
	uk_socket_dgram_drop(s);
}

void uk_socket_udp_unreachable(
	uint16_t local_port, const ip_addr_t *remote, uint16_t remote_port, int error)
{
	for (struct udp_pcb *pcb = udp_pcbs; pcb != NULL; pcb = pcb->next) {
		struct uk_socket *s = pcb->recv_arg;

		if (pcb->recv != sudp_input || !s->u.inet.connected)
			continue;
		if (pcb->local_port != local_port || pcb->remote_port != remote_port ||
			!ip_addr_cmp_zoneless(&pcb->remote_ip, remote))
			continue;
		s->error = error;
		uk_socket_wake(s);
	}
}

const struct uk_socket_ops uk_socket_udp_ops = {
	.open = sudp_open,
	.bind = sudp_bind,
	.connect = sudp_connect,
	.send = sudp_send,
	.recv = uk_socket_dgram_recv,
	.shutdown = uk_socket_dgram_shutdown,
	.name = sudp_name,
	.poll = uk_socket_dgram_poll,
	.pending = uk_socket_dgram_pending,
	.set = uk_socket_opt_ip_set,
	.get = uk_socket_opt_ip_get,
	.apply = sudp_apply,
	.release = sudp_release,
};
