/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of IPPROTO_TCP (tcp(7)). */
#include <errno.h>
#include <string.h>
#include <netinet/tcp.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include "netstack/socket_impl.h"

/* Linux' limits. */
#define KEEPIDLE_MAX_S  32767
#define KEEPINTVL_MAX_S 32767
#define KEEPCNT_MAX     127
#define MSEC            1000

static const char congestion[] = "reno";

void uk_socket_tcp_apply(struct uk_socket *s)
{
	struct tcp_pcb *pcb = s->pcb.tcp;

	uk_socket_opt_apply_ip(s);
	if (s->u.tcp.listening)
		return;
	if (s->opt.nodelay)
		tcp_nagle_disable(pcb);
	else
		tcp_nagle_enable(pcb);
	pcb->keep_idle = (uint32_t)s->opt.keepidle_s * MSEC;
	pcb->keep_intvl = (uint32_t)s->opt.keepintvl_s * MSEC;
	pcb->keep_cnt = (uint32_t)s->opt.keepcnt;
	/* what waited for more goes */
	if (s->u.tcp.connected && (s->opt.nodelay || !s->opt.cork) && pcb->unsent != NULL)
		tcp_output(pcb);
}

static int topt_range(int value, int most, int *to)
{
	if (value < 1 || value > most)
		return -EINVAL;
	*to = value;
	return 0;
}

static int topt_congestion_set(const char *val, socklen_t len)
{
	if (len < 1)
		return -EINVAL;
	if (len > sizeof(congestion))
		len = sizeof(congestion);
	return strncmp(val, congestion, len) == 0 && len >= sizeof(congestion) - 1 ? 0 : -ENOENT;
}

int uk_socket_tcp_set(struct uk_socket *s, int level, int name, const void *val, socklen_t len)
{
	int value;

	if (level != IPPROTO_TCP)
		return uk_socket_opt_ip_set(s, level, name, val, len);
	if (name == TCP_CONGESTION)
		return topt_congestion_set(val, len);
	if (len < sizeof(value))
		return -EINVAL;
	memcpy(&value, val, sizeof(value));
	switch (name) {
	case TCP_NODELAY:
		s->opt.nodelay = value;
		return 0;
	case TCP_CORK:
		s->opt.cork = value;
		return 0;
	case TCP_KEEPIDLE:
		return topt_range(value, KEEPIDLE_MAX_S, &s->opt.keepidle_s);
	case TCP_KEEPINTVL:
		return topt_range(value, KEEPINTVL_MAX_S, &s->opt.keepintvl_s);
	case TCP_KEEPCNT:
		return topt_range(value, KEEPCNT_MAX, &s->opt.keepcnt);
	case TCP_QUICKACK:
		if (value && s->pcb.tcp != NULL && s->u.tcp.connected) {
			tcp_ack_now(s->pcb.tcp);
			tcp_output(s->pcb.tcp);
		}
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* RFC 9293's states as <netinet/tcp.h> numbers them. */
static uint8_t topt_state(const struct uk_socket *s)
{
	static const uint8_t states[] = {
		[CLOSED] = TCP_CLOSE,
		[LISTEN] = TCP_LISTEN,
		[SYN_SENT] = TCP_SYN_SENT,
		[SYN_RCVD] = TCP_SYN_RECV,
		[ESTABLISHED] = TCP_ESTABLISHED,
		[FIN_WAIT_1] = TCP_FIN_WAIT1,
		[FIN_WAIT_2] = TCP_FIN_WAIT2,
		[CLOSE_WAIT] = TCP_CLOSE_WAIT,
		[CLOSING] = TCP_CLOSING,
		[LAST_ACK] = TCP_LAST_ACK,
		[TIME_WAIT] = TCP_TIME_WAIT,
	};

	return s->pcb.tcp != NULL ? states[s->pcb.tcp->state] : (uint8_t)TCP_CLOSE;
}

/* As far as lwIP knows; its clock for round trips ticks twice a second. */
static int topt_info(const struct uk_socket *s, void *val, socklen_t *len)
{
	const struct tcp_pcb *pcb = s->pcb.tcp;
	struct tcp_info info = { 0 };

	info.tcpi_state = topt_state(s);
	if (pcb != NULL && pcb->state != LISTEN) {
		info.tcpi_rto = (uint32_t)pcb->rto * TCP_SLOW_INTERVAL * MSEC;
		info.tcpi_snd_mss = pcb->mss;
		info.tcpi_rcv_mss = TCP_MSS;
		info.tcpi_rtt = (uint32_t)(pcb->sa >> 3) * TCP_SLOW_INTERVAL * MSEC;
		info.tcpi_rttvar = (uint32_t)(pcb->sv >> 2) * TCP_SLOW_INTERVAL * MSEC;
		info.tcpi_snd_cwnd = pcb->mss ? (uint32_t)pcb->cwnd / pcb->mss : 0;
		info.tcpi_snd_ssthresh = pcb->mss ? (uint32_t)pcb->ssthresh / pcb->mss : 0;
		info.tcpi_retransmits = pcb->nrtx;
		info.tcpi_advmss = TCP_MSS;
	}
	if (*len > sizeof(info))
		*len = sizeof(info);
	memcpy(val, &info, *len);
	return 0;
}

static int topt_value(const struct uk_socket *s, int name)
{
	const struct tcp_pcb *pcb = s->pcb.tcp;

	switch (name) {
	case TCP_NODELAY:
		return s->opt.nodelay;
	case TCP_CORK:
		return s->opt.cork;
	case TCP_KEEPIDLE:
		return s->opt.keepidle_s;
	case TCP_KEEPINTVL:
		return s->opt.keepintvl_s;
	case TCP_KEEPCNT:
		return s->opt.keepcnt;
	case TCP_MAXSEG:
		return pcb != NULL && pcb->state != LISTEN ? pcb->mss : TCP_MSS;
	default:
		return -ENOPROTOOPT;
	}
}

int uk_socket_tcp_get(struct uk_socket *s, int level, int name, void *val, socklen_t *len)
{
	int value;

	if (level != IPPROTO_TCP)
		return uk_socket_opt_ip_get(s, level, name, val, len);
	if (name == TCP_INFO)
		return topt_info(s, val, len);
	if (name == TCP_CONGESTION) {
		if (*len > sizeof(congestion))
			*len = sizeof(congestion);
		memcpy(val, congestion, *len);
		return 0;
	}
	value = topt_value(s, name);
	return value < 0 ? value : uk_socket_opt_put(value, val, len);
}
