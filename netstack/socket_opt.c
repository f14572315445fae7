/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of SOL_SOCKET, as socket(7) has them. */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/time.h>
#include <lwip/netif.h>
#include "netstack/socket_impl.h"

#define USEC    1000000
#define NSEC_US 1000ull
/* RFC 791: the usual time to live today; ip(7), ipv6(7): the defaults of a socket. */
#define TTL_DEFAULT  64
#define KEEPIDLE_S   7200
#define KEEPINTVL_S  75
#define KEEPCNT      9
#define LINGER_S_MAX (INT32_MAX / 1000)

void uk_socket_opt_init(struct uk_socket *s)
{
	s->opt = (struct uk_socket_opt){
		.rcvbuf = UK_SOCKET_BUF_DEFAULT,
		.sndbuf = UK_SOCKET_BUF_DEFAULT,
		.rcvlowat = 1,
		.rcvtimeo_ns = UK_WAIT_FOREVER,
		.sndtimeo_ns = UK_WAIT_FOREVER,
		.ttl = TTL_DEFAULT,
		.hops = TTL_DEFAULT,
		.mcast_ttl = 1,
		.mcast_loop = true,
		.keepidle_s = KEEPIDLE_S,
		.keepintvl_s = KEEPINTVL_S,
		.keepcnt = KEEPCNT,
	};
}

/* Twice what was asked for, as Linux keeps it for its own overhead. */
static int opt_buffer(int value, int least)
{
	if (value < 0 || value > UK_SOCKET_BUF_MAX / 2)
		value = UK_SOCKET_BUF_MAX / 2;
	return value * 2 < least ? least : value * 2;
}

static int opt_timeout_set(uint64_t *to, const void *val, socklen_t len)
{
	struct timeval tv;

	if (len < sizeof(tv))
		return -EINVAL;
	memcpy(&tv, val, sizeof(tv));
	if (tv.tv_usec < 0 || tv.tv_usec >= USEC)
		return -EDOM;
	if (tv.tv_sec == 0 && tv.tv_usec == 0)
		*to = UK_WAIT_FOREVER;
	else if (tv.tv_sec < 0)
		*to = 0;
	else if ((uint64_t)tv.tv_sec > UINT32_MAX)
		*to = UK_WAIT_FOREVER;
	else
		*to = ((uint64_t)tv.tv_sec * USEC + (uint64_t)tv.tv_usec) * NSEC_US;
	return 0;
}

static int opt_timeout_get(uint64_t ns, void *val, socklen_t *len)
{
	struct timeval tv = { 0 };

	if (ns != UK_WAIT_FOREVER) {
		tv.tv_sec = (time_t)(ns / NSEC_US / USEC);
		tv.tv_usec = (suseconds_t)(ns / NSEC_US % USEC);
	}
	if (*len > sizeof(tv))
		*len = sizeof(tv);
	memcpy(val, &tv, *len);
	return 0;
}

static int opt_linger_set(struct uk_socket *s, const void *val, socklen_t len)
{
	struct linger l;

	if (len < sizeof(l))
		return -EINVAL;
	memcpy(&l, val, sizeof(l));
	s->opt.linger = l.l_onoff != 0;
	if (s->opt.linger)
		s->opt.linger_s =
			l.l_linger < 0 || l.l_linger > LINGER_S_MAX ? LINGER_S_MAX : l.l_linger;
	return 0;
}

static int opt_linger_get(struct uk_socket *s, void *val, socklen_t *len)
{
	struct linger l = { .l_onoff = s->opt.linger, .l_linger = s->opt.linger_s };

	if (*len > sizeof(l))
		*len = sizeof(l);
	memcpy(val, &l, *len);
	return 0;
}

static int opt_device_set(struct uk_socket *s, const void *val, socklen_t len)
{
	char name[IFNAMSIZ] = { 0 };
	struct netif *n;

	memcpy(name, val, len < IFNAMSIZ - 1 ? len : IFNAMSIZ - 1);
	if (name[0] == '\0') {
		s->opt.ifindex = 0;
		return 0;
	}
	n = uk_socket_addr_netif(name);
	if (n == NULL)
		return -ENODEV;
	s->opt.ifindex = netif_get_index(n);
	return 0;
}

static int opt_device_get(struct uk_socket *s, void *val, socklen_t *len)
{
	struct netif *n = s->opt.ifindex ? netif_get_by_index(s->opt.ifindex) : NULL;

	if (n == NULL) {
		*len = 0;
		return 0;
	}
	if (*len < IFNAMSIZ)
		return -EINVAL;
	uk_socket_addr_ifname(n, val);
	*len = (socklen_t)strlen(val) + 1;
	return 0;
}

static int opt_flag_set(struct uk_socket *s, int name, int value)
{
	struct uk_socket_opt *o = &s->opt;

	switch (name) {
	case SO_REUSEADDR:
		o->reuse = value;
		break;
	case SO_KEEPALIVE:
		o->keepalive = value;
		break;
	case SO_BROADCAST:
		o->broadcast = value;
		break;
	case SO_OOBINLINE:
		o->oobinline = value;
		break;
	case SO_RCVBUF:
		o->rcvbuf = opt_buffer(value, UK_SOCKET_RCVBUF_MIN);
		break;
	case SO_SNDBUF:
		o->sndbuf = opt_buffer(value, UK_SOCKET_SNDBUF_MIN);
		break;
	case SO_RCVLOWAT:
		o->rcvlowat = value < 0 ? INT32_MAX : value ? value : 1;
		break;
	default:
		return -ENOPROTOOPT;
	}
	return 0;
}

static int opt_socket_set(struct uk_socket *s, int name, const void *val, socklen_t len)
{
	int value;

	switch (name) {
	case SO_RCVTIMEO:
		return opt_timeout_set(&s->opt.rcvtimeo_ns, val, len);
	case SO_SNDTIMEO:
		return opt_timeout_set(&s->opt.sndtimeo_ns, val, len);
	case SO_LINGER:
		return opt_linger_set(s, val, len);
	case SO_BINDTODEVICE:
		return opt_device_set(s, val, len);
	}
	if (len < sizeof(value))
		return -EINVAL;
	memcpy(&value, val, sizeof(value));
	return opt_flag_set(s, name, value);
}

int uk_socket_opt_set(struct uk_socket *s, int level, int name, const void *val, socklen_t len)
{
	int rc;

	if (level == SOL_SOCKET)
		rc = opt_socket_set(s, name, val, len);
	else
		rc = s->ops->set != NULL ? s->ops->set(s, level, name, val, len) : -ENOPROTOOPT;
	if (rc == 0 && s->ops->apply != NULL && s->pcb.ip != NULL)
		s->ops->apply(s);
	return rc;
}

int uk_socket_opt_put(int value, void *val, socklen_t *len)
{
	if (*len > sizeof(value))
		*len = sizeof(value);
	memcpy(val, &value, *len);
	return 0;
}

static int opt_socket_value(struct uk_socket *s, int name)
{
	switch (name) {
	case SO_REUSEADDR:
		return s->opt.reuse;
	case SO_KEEPALIVE:
		return s->opt.keepalive;
	case SO_BROADCAST:
		return s->opt.broadcast;
	case SO_OOBINLINE:
		return s->opt.oobinline;
	case SO_RCVBUF:
		return s->opt.rcvbuf;
	case SO_SNDBUF:
		return s->opt.sndbuf;
	case SO_RCVLOWAT:
		return s->opt.rcvlowat;
	case SO_SNDLOWAT:
		return 1;
	case SO_ERROR:
		return -uk_socket_take_error(s);
	case SO_TYPE:
		return s->type;
	case SO_DOMAIN:
		return s->domain;
	case SO_PROTOCOL:
		return s->protocol;
	case SO_ACCEPTCONN:
		return s->ops == &uk_socket_tcp_ops && s->u.tcp.listening;
	default:
		return -ENOPROTOOPT;
	}
}

int uk_socket_opt_get(struct uk_socket *s, int level, int name, void *val, socklen_t *len)
{
	int value;

	if (level != SOL_SOCKET)
		return s->ops->get != NULL ? s->ops->get(s, level, name, val, len) : -ENOPROTOOPT;
	switch (name) {
	case SO_RCVTIMEO:
		return opt_timeout_get(s->opt.rcvtimeo_ns, val, len);
	case SO_SNDTIMEO:
		return opt_timeout_get(s->opt.sndtimeo_ns, val, len);
	case SO_LINGER:
		return opt_linger_get(s, val, len);
	case SO_BINDTODEVICE:
		return opt_device_get(s, val, len);
	}
	value = opt_socket_value(s, name);
	return value < 0 ? value : uk_socket_opt_put(value, val, len);
}
