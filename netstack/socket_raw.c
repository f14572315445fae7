/* SPDX-License-Identifier: BSD-3-Clause */
/* Raw IP, as raw(7): for ping and its kin. A program gets copies; lwIP answers what it answers as before. */
#include <errno.h>
#include <string.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/prot/icmp6.h>
#include <lwip/raw.h>
#include "netstack/socket_impl.h"

#define LEN_MAX (UINT16_MAX - 40)
/* RFC 3542, 3.1: the kernel fills in ICMPv6's checksum. */
#define ICMP6_CHECKSUM_AT 2

/* IPv4 comes with its header, IPv6 without (RFC 3542, 3). */
static uint8_t sraw_input(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *src)
{
	struct uk_socket *s = arg;
	uint16_t skip = ip_current_is_v6() ? ip_current_header_tot_len() : 0;
	struct pbuf *copy;

	/* both families come to a socket of IPv6 that is not bound */
	if ((s->domain == AF_INET6) != !!ip_current_is_v6() || p->tot_len < skip)
		return 0;
	copy = pbuf_alloc(PBUF_RAW, p->tot_len - skip, PBUF_RAM);
	if (copy == NULL)
		return 0;
	pbuf_copy_partial(p, copy->payload, copy->tot_len, skip);
	uk_socket_dgram_push(s, copy, src, 0);
	return 0;
}

static int sraw_open(struct uk_socket *s)
{
	uint8_t type = s->domain == AF_INET ? IPADDR_TYPE_V4 : IPADDR_TYPE_V6;

	s->opt.v6only = s->domain == AF_INET6;
	s->opt.hdrincl = s->protocol == IPPROTO_RAW;
	s->pcb.raw = raw_new_ip_type(type, (uint8_t)s->protocol);
	if (s->pcb.raw == NULL)
		return -ENOBUFS;
	if (s->domain == AF_INET6 && s->protocol == IPPROTO_ICMPV6) {
		s->pcb.raw->chksum_reqd = 1;
		s->pcb.raw->chksum_offset = ICMP6_CHECKSUM_AT;
	}
	raw_recv(s->pcb.raw, sraw_input, s);
	s->ops->apply(s);
	return 0;
}

static int sraw_bind(struct uk_socket *s, const struct sockaddr *sa, socklen_t len)
{
	ip_addr_t ip;
	uint16_t port;
	int rc = uk_socket_addr_get(s, sa, len, &ip, &port);

	if (rc < 0)
		return rc;
	if (!uk_socket_addr_local(&ip))
		return -EADDRNOTAVAIL;
	s->u.inet.bound_address = !ip_addr_isany(&ip);
	return uk_socket_addr_errno(raw_bind(s->pcb.raw, &ip));
}

static int sraw_connect(struct uk_socket *s, const struct sockaddr *sa, socklen_t len)
{
	ip_addr_t ip;
	uint16_t port;
	int rc;

	if (sa->sa_family == AF_UNSPEC) {
		raw_disconnect(s->pcb.raw);
		s->u.inet.connected = false;
		return 0;
	}
	rc = uk_socket_addr_get(s, sa, len, &ip, &port);
	if (rc < 0)
		return rc;
	uk_socket_addr_any_is_self(s, &ip);
	rc = uk_socket_addr_errno(raw_connect(s->pcb.raw, &ip));
	s->u.inet.connected = rc == 0;
	return rc;
}

static ssize_t sraw_send(struct uk_socket *s, const struct msghdr *m, int flags)
{
	size_t len = uk_socket_msg_len(m);
	ip_addr_t dst;
	uint16_t port;
	struct pbuf *p;
	err_t err;
	int rc = 0;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (s->shut_wr)
		return -EPIPE;
	if (len > LEN_MAX)
		return -EMSGSIZE;
	if (m->msg_name != NULL)
		rc = uk_socket_addr_get(s, m->msg_name, m->msg_namelen, &dst, &port);
	else if (s->u.inet.connected)
		ip_addr_copy(dst, s->pcb.raw->remote_ip);
	else
		rc = -EDESTADDRREQ;
	if (rc < 0)
		return rc;
	/* lwIP reads the header that a program brings */
	if (s->opt.hdrincl && len < (s->domain == AF_INET ? 20 : 40))
		return -EINVAL;
	uk_socket_addr_any_is_self(s, &dst);
	p = pbuf_alloc(s->opt.hdrincl ? PBUF_LINK : PBUF_IP, (uint16_t)len, PBUF_RAM);
	if (p == NULL)
		return -ENOBUFS;
	uk_socket_msg_gather(m, p);
	err = raw_sendto(s->pcb.raw, p, &dst);
	pbuf_free(p);
	uk_socket_flush();
	return err == ERR_OK ? (ssize_t)len : uk_socket_addr_errno(err);
}

static int sraw_name(struct uk_socket *s, bool peer, struct sockaddr_storage *sa)
{
	struct raw_pcb *pcb = s->pcb.raw;

	if (peer && !s->u.inet.connected)
		return -ENOTCONN;
	return (int)uk_socket_addr_put(s->domain, peer ? &pcb->remote_ip : &pcb->local_ip, 0, sa);
}

static void sraw_apply(struct uk_socket *s)
{
	struct raw_pcb *pcb = s->pcb.raw;

	uk_socket_opt_apply_ip(s);
	raw_set_multicast_ttl(pcb, s->opt.mcast_ttl);
	raw_set_multicast_netif_index(pcb, s->opt.mcast_if);
	if (s->opt.mcast_loop)
		raw_set_flags(pcb, RAW_FLAGS_MULTICAST_LOOP);
	else
		raw_clear_flags(pcb, RAW_FLAGS_MULTICAST_LOOP);
	if (s->opt.hdrincl)
		raw_set_flags(pcb, RAW_FLAGS_HDRINCL);
	else
		raw_clear_flags(pcb, RAW_FLAGS_HDRINCL);
}

static void sraw_release(struct uk_socket *s)
{
	uk_socket_group_leave_all(s);
	if (s->pcb.raw != NULL)
		raw_remove(s->pcb.raw);
	s->pcb.raw = NULL;
	uk_socket_dgram_drop(s);
}

const struct uk_socket_ops uk_socket_raw_ops = {
	.open = sraw_open,
	.bind = sraw_bind,
	.connect = sraw_connect,
	.send = sraw_send,
	.recv = uk_socket_dgram_recv,
	.shutdown = uk_socket_dgram_shutdown,
	.name = sraw_name,
	.poll = uk_socket_dgram_poll,
	.pending = uk_socket_dgram_pending,
	.set = uk_socket_opt_ip_set,
	.get = uk_socket_opt_ip_get,
	.apply = sraw_apply,
	.release = sraw_release,
};
