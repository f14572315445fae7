/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AggregateIPFlows([keywords])
 *
 * Numbers TCP and UDP flows: 1 for the first that is seen, 2 for the next. Each packet gets its
 * flow's number as aggregate annotation, and a color: 0 if it goes the way of the flow's first
 * packet, 1 if it goes back. What has no flow leaves by output 1, or is dropped.
 *
 *	TCP_TIMEOUT time       silence after which a flow is over, and the same addresses and ports
 *	                       are a new one. Default 24 h
 *	TCP_DONE_TIMEOUT time  the same after FIN both ways, or RST. Default 30 s. A SYN begins a new
 *	                       flow at once then
 *	UDP_TIMEOUT time       of UDP. Default 60 s
 *	FRAGMENTS bool         fragments get their flow's number: those that come before the first
 *	                       one, which has the ports, wait for it, and so does what comes behind
 *	                       them between the same hosts. Default true if packets are pushed; not
 *	                       possible if they are pulled: then later fragments have no flow
 *	FRAGMENT_TIMEOUT time  how long a fragment waits, and a first one is remembered. Default 30 s
 *	ICMP bool              ICMP errors about a packet get its flow's number, and its color + 2.
 *	                       Default false
 *	CAPACITY n             most flows, 1 to 2^24. Default 2^20. (Not in Click)
 *	REAP time              accepted: flows that are over go bit by bit
 *
 * Times are the packets' time stamps; without one, the time at which they come.
 *
 * Ports: 1 input, 1 or 2 outputs, the second is push; push or pull.
 * Handlers: clear (w: forgets all flows, waiting fragments go out), flows (r: how many), held (r:
 * packets that wait), full (r: packets without a flow because CAPACITY was reached).
 * Drops: no flow.
 * Differs from Click: there is no TRACEINFO and SOURCE; at most 128 packets wait.
 *
 *	FromDump(trace, STOP true, FORCE_IP true) -> af :: AggregateIPFlows -> AggregateCounter
 *		-> Discard;  DriverManager(wait, write af.clear)
 */
#include <errno.h>
#include <string.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/element/aggregate/ipflows.h"

#define AGGREGATEIPFLOWS_S   1000000000ull
#define AGGREGATEIPFLOWS_MAX (1u << 24)

/* What a packet is. */
enum aggregateipflows_kind { AGGREGATEIPFLOWS_NONE, AGGREGATEIPFLOWS_FLOW, AGGREGATEIPFLOWS_WAIT };

static int aggregateipflows_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_ipflows *s = e->state;
	const char *raw;
	uint64_t reap;

	s->tcp_ns = 86400 * AGGREGATEIPFLOWS_S;
	s->tcp_done_ns = s->fragment_ns = 30 * AGGREGATEIPFLOWS_S;
	s->udp_ns = 60 * AGGREGATEIPFLOWS_S;
	s->capacity = 1u << 20;
	s->next = 1;
	s->fragments = e->in[0].is_push;
	nf_args_time_ns(a, "TCP_TIMEOUT", 0, &s->tcp_ns);
	nf_args_time_ns(a, "TCP_DONE_TIMEOUT", 0, &s->tcp_done_ns);
	nf_args_time_ns(a, "UDP_TIMEOUT", 0, &s->udp_ns);
	nf_args_time_ns(a, "FRAGMENT_TIMEOUT", 0, &s->fragment_ns);
	nf_args_time_ns(a, "REAP", 0, &reap);
	nf_args_bool(a, "ICMP", 0, &s->icmp);
	if (nf_args_bool(a, "FRAGMENTS", 0, &s->fragments) && s->fragments && !e->in[0].is_push)
		nf_args_error(a, "FRAGMENTS can not be true if packets are pulled");
	if (nf_args_u32(a, "CAPACITY", 0, &s->capacity) &&
		(s->capacity == 0 || s->capacity > AGGREGATEIPFLOWS_MAX))
		nf_args_error(a, "CAPACITY is from 1 to %u", AGGREGATEIPFLOWS_MAX);
	if (nf_args_raw(a, "TRACEINFO", 0, &raw) || nf_args_raw(a, "SOURCE", 0, &raw))
		nf_args_error(a, "TRACEINFO and SOURCE are not supported");
	return nf_args_end(a);
}

static uint32_t aggregateipflows_random(void *core)
{
	return nf_core_random(core);
}

static int aggregateipflows_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_ipflows *s = e->state;

	return nf_flowtable_init(&s->flows, NF_IPFLOWS_KEY, sizeof(struct nf_ipflows_flow),
		aggregateipflows_random, e->core);
}

static void aggregateipflows_cleanup(struct nf_element *e)
{
	struct nf_ipflows *s = e->state;

	while (s->nb_held > 0)
		uk_netbuf_free(s->held[--s->nb_held]);
	nf_flowtable_free(&s->flows);
}

/* The packet that an ICMP error is about: its flow, which is there already. */
static int aggregateipflows_icmp(struct nf_ipflows *s, const uint8_t *icmp, uint32_t left,
	uint64_t now_ns, uint32_t *aggregate)
{
	const struct nf_ip4 *ip = (const void *)(icmp + sizeof(struct nf_icmp));
	uint32_t hlen;
	int paint;

	if (!s->icmp || left < sizeof(struct nf_icmp) + sizeof(*ip) ||
		(icmp[0] != 3 && icmp[0] != 4 && icmp[0] != 5 && icmp[0] != 11 && icmp[0] != 12))
		return -1;
	left -= sizeof(struct nf_icmp);
	hlen = nf_inet_ip4_hlen(ip);
	if (ip->vhl >> 4 != 4 || hlen < sizeof(*ip) || hlen + 4 > left ||
		!nf_inet_ip4_is_first(ip) || (ip->proto != NF_IP_TCP && ip->proto != NF_IP_UDP))
		return -1;
	paint = nf_ipflows_find(s, ip, (const uint8_t *)ip + hlen, 0, now_ns, false, aggregate);
	return paint < 0 ? paint : paint + 2;
}

static enum aggregateipflows_kind aggregateipflows_mark(
	struct nf_ipflows *s, struct uk_netbuf *p, uint64_t now_ns)
{
	const uint8_t *at = nf_packet_l3(p), *l4;
	const struct nf_ip4 *ip = (const void *)at;
	uint32_t left = at == NULL ? 0 : nf_packet_left(p, at), hlen, aggregate = 0;
	int paint = -1;

	if (left < sizeof(*ip))
		return AGGREGATEIPFLOWS_NONE;
	hlen = nf_inet_ip4_hlen(ip);
	if (hlen < sizeof(*ip) || hlen > left)
		return AGGREGATEIPFLOWS_NONE;
	l4 = at + hlen;
	left -= hlen;
	if (ip->proto == NF_IP_ICMP && nf_inet_ip4_is_first(ip)) {
		paint = aggregateipflows_icmp(s, l4, left, now_ns, &aggregate);
	} else if (ip->proto != NF_IP_TCP && ip->proto != NF_IP_UDP) {
		return AGGREGATEIPFLOWS_NONE;
	} else if (!nf_inet_ip4_is_first(ip)) {
		if (!s->fragments)
			return AGGREGATEIPFLOWS_NONE;
		paint = nf_ipfrags_later(s, ip, now_ns, &aggregate);
		if (paint < 0)
			return AGGREGATEIPFLOWS_WAIT;
	} else if (left >= 4) {
		paint = nf_ipflows_find(s, ip, l4,
			ip->proto == NF_IP_TCP && left >= 14 ? l4[13] : 0, now_ns, true,
			&aggregate);
		if (paint >= 0 && s->fragments && nf_inet_ip4_is_fragment(ip))
			nf_ipfrags_first(s, ip, aggregate, (uint8_t)paint, now_ns);
	}
	if (paint < 0)
		return AGGREGATEIPFLOWS_NONE;
	nf_packet_set_anno_u32(p, NF_ANNO_AGGREGATE, aggregate);
	nf_packet_set_anno_u8(p, NF_ANNO_PAINT, (uint8_t)paint);
	return AGGREGATEIPFLOWS_FLOW;
}

static void aggregateipflows_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct nf_ipflows *s = e->state;
	struct nf_ipfrags_out o = { .e = e };
	uint64_t wall_ns = 0;

	for (uint16_t i = 0; i < n; i++) {
		uint64_t now_ns = nf_ipflows_time(v[i], &wall_ns);
		enum aggregateipflows_kind kind = aggregateipflows_mark(s, v[i], now_ns);
		bool first = kind == AGGREGATEIPFLOWS_FLOW &&
			     nf_inet_ip4_is_fragment((const void *)nf_packet_l3(v[i]));

		if (UK_LIKELY(kind == AGGREGATEIPFLOWS_FLOW && s->nb_held == 0)) {
			nf_ipfrags_add(&o, 0, v[i]);
		} else if (kind == AGGREGATEIPFLOWS_NONE) {
			nf_ipfrags_add(&o, 1, v[i]);
		} else if (kind == AGGREGATEIPFLOWS_FLOW &&
			   !nf_ipfrags_waits(s, (const void *)nf_packet_l3(v[i]))) {
			nf_ipfrags_add(&o, 0, v[i]);
		} else {
			nf_ipfrags_hold(s, &o, v[i], kind == AGGREGATEIPFLOWS_FLOW, now_ns);
		}
		/* a first fragment lets others go; for the rest once is enough */
		if (UK_UNLIKELY(s->nb_held > 0) && (first || i + 1 == n))
			nf_ipfrags_release(s, &o, now_ns, false);
	}
	nf_ipfrags_emit(&o);
}

static uint16_t aggregateipflows_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct nf_ipflows *s = e->state;
	int16_t to[UK_BURST_MAX];

	for (unsigned tries = 0; tries < NF_ELEMENT_PULL_TRIES; tries++) {
		uint16_t nb = nf_element_fetch(e, 0, v, n);
		uint64_t wall_ns = 0;

		if (nb == 0)
			return 0;
		for (uint16_t i = 0; i < nb; i++)
			to[i] = aggregateipflows_mark(s, v[i], nf_ipflows_time(v[i], &wall_ns)) ==
						AGGREGATEIPFLOWS_FLOW
					? 0
				: e->nb_out > 1 ? 1
						: NF_DROP(0);
		nb = nf_element_spread_pull(e, v, to, nb);
		if (nb > 0)
			return nb;
	}
	return 0;
}

static int aggregateipflows_clear(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_ipflows *s = e->state;
	struct nf_ipfrags_out o = { .e = e };

	nf_ipfrags_release(s, &o, 0, true);
	nf_flowtable_clear(&s->flows);
	memset(s->ids, 0, sizeof(s->ids));
	nf_ipfrags_emit(&o);
	return 0;
}

static void aggregateipflows_take_state(struct nf_element *e, struct nf_element *old)
{
	struct nf_ipflows *s = e->state, *was = old->state;
	struct nf_flowtable fresh = s->flows;

	s->flows = was->flows;
	was->flows = fresh;
	s->next = was->next;
	s->nb_full = was->nb_full;
	memcpy(s->ids, was->ids, sizeof(s->ids));
	if (!s->fragments) /* what waits ends with the old one */
		return;
	memcpy(s->held, was->held, sizeof(s->held));
	memcpy(s->held_ns, was->held_ns, sizeof(s->held_ns));
	s->nb_held = was->nb_held;
	was->nb_held = 0;
}

static const struct nf_handler aggregateipflows_handlers[] = {
	{ .name = "clear", .write = aggregateipflows_clear, .flags = NF_HANDLER_BUTTON },
	NF_HANDLER_U32("flows", struct nf_ipflows, flows.nb_entries),
	NF_HANDLER_U32("held", struct nf_ipflows, nb_held),
	NF_HANDLER_U64("full", struct nf_ipflows, nb_full),
	{ .name = NULL },
};

const struct nf_class nf_aggregateipflows = {
	.name = "AggregateIPFlows",
	.ports = "1/1-2",
	.processing = "a/ah",
	.state_size = sizeof(struct nf_ipflows),
	.configure = aggregateipflows_configure,
	.initialize = aggregateipflows_initialize,
	.cleanup = aggregateipflows_cleanup,
	.push = aggregateipflows_push,
	.pull = aggregateipflows_pull,
	.drops = (const char *const[]){ "no flow", NULL },
	.handlers = aggregateipflows_handlers,
	.take_state = aggregateipflows_take_state,
	.flags = NF_CLASS_ANNO,
};
