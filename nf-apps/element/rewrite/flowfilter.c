/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FlowFilter([keywords])
 *
 * The state of a stateful firewall for IPv4: what goes out opens a flow, and only what belongs to a
 *flow comes in. Rules stand before it: whatever reaches input 0 is allowed out.
 *
 * Ports: input 0, from inside: packets of known flows and those that begin one leave by output 0.
 * Input 1, from outside: packets of known flows leave by output 1; others by output 2 if there is
 *one, else they are dropped ("no flow"). Input 2 (optional), from outside, what rules allow in:
 *begins flows, too; leaves by output 1. So output 2 -> rules for services inside -> input 2.
 *
 * TCP flows begin with SYN, and segments have to lie within what the other side allowed and was
 *sent (see tcptrack.h), so that nobody outside can end or extend a connection by guessing. Echo and
 *timestamp requests of ICMP open a flow for their replies; ICMP errors pass if they quote a packet
 *of a flow that went the other way. Other protocols are flows between two addresses. A packet on
 *the wrong side for its flow is dropped. Later fragments are dropped: put IPReassembler before
 *this.
 *
 * Keywords:
 *	TCP_TIMEOUT             idle time of open connections; 124 min (RFC 5382, REQ-5)
 *	TCP_TRANSITORY_TIMEOUT  while they open or close; 4 min
 *	TCP_DONE_TIMEOUT        after FIN of both or RST; 30 s
 *	UDP_TIMEOUT             5 min; UDP_STREAMING_TIMEOUT: after three packets and a reply;
 *UDP_TIMEOUT ICMP_TIMEOUT            1 min; OTHER_TIMEOUT: other protocols; 10 min GUARANTEE a flow
 *is kept at least so long after a packet; 5 s CAPACITY                most flows; 1,048,576. If it
 *is full, the flow that times out first among those not guaranteed goes; if there is none, the new
 *one is dropped REAP_INTERVAL           how often old flows are looked for; 1 s PICKUP boolean: TCP
 *connections may be met in the middle (from inside). Default false WINDOW                  boolean:
 *segments outside of the windows are dropped. Default true
 *
 * Handlers: size, capacity (rw), table (r), opened, blocked, evicted, expired, refused (r), clear
 *(w). Drops: no flow; not IPv4 (or cut short); fragment; bad flags; out of window; wrong side;
 *table full. Live change: all flows are kept.
 *
 *	inside -> IPFilter(allow src net 10.0.0.0/8) -> [0]ff :: FlowFilter; ff[0] -> outside_out;
 *	outside -> [1]ff; ff[1] -> inside_out; ff[2] -> IPFilter(allow dst tcp port 80) -> [2]ff;
 */
#include "nf-apps/element/rewrite/flowfilter_pkt.h"

#define FLOWFILTER_S         1000000000ull
#define FLOWFILTER_BATCH     512u     /* old flows removed in a row */
#define FLOWFILTER_AGAIN     1000000u /* ns until the next batch */
#define FLOWFILTER_WORK      256u     /* see nf_flowage_victim */
#define FLOWFILTER_WORK_EACH 4u
#define FLOWFILTER_BEHIND    66000u /* a quoted segment may be so old */

struct flowfilter_conf {
	bool pickup, window;
};

static unsigned flowfilter_class(const struct nf_flowfilter_flow *f)
{
	switch (f->key.proto) {
	case NF_IP_TCP:
		if (f->tcp.phase == NF_TCPTRACK_OPEN)
			return NF_FLOWFILTER_OPEN;
		return f->tcp.phase == NF_TCPTRACK_DONE ? NF_FLOWFILTER_DONE
							: NF_FLOWFILTER_TRANSITORY;
	case NF_IP_UDP:
		return NF_FLOWFILTER_UDP + nf_rwpush_udp_class(f->age.user[0]);
	case NF_IP_ICMP:
		return NF_FLOWFILTER_ICMP;
	default:
		return NF_FLOWFILTER_OTHER;
	}
}

static bool flowfilter_room(struct nf_flowfilter *s, unsigned class_nr, uint32_t now)
{
	int64_t left = 0;
	uint32_t victim;

	s->work = s->work + FLOWFILTER_WORK_EACH > FLOWFILTER_WORK ? FLOWFILTER_WORK
								   : s->work + FLOWFILTER_WORK_EACH;
	if (s->flows.nb_entries < s->capacity)
		return true;
	victim = nf_flowage_victim(&s->age, now, &left, &s->work);
	if (victim == NF_FLOWTABLE_NONE || (s->age.classes[class_nr].guarantee_ms == 0 &&
						   left > s->age.classes[class_nr].timeout_ms))
		return false;
	nf_flowfilter_end_flow(s, victim);
	s->nb_evicted++;
	return s->flows.nb_entries < s->capacity;
}

/* A new flow; NF_FLOWTABLE_NONE: there is no room. */
static uint32_t flowfilter_open(
	struct nf_flowfilter *s, const struct nf_flowfilter_pkt *k, unsigned port, uint32_t now)
{
	struct nf_flowfilter_flow new = { .key = k->key,
		.begun_high = (uint8_t)k->high,
		.begun_outside = port == 2,
		.age.last = now };
	unsigned class_nr = flowfilter_class(&new);
	uint32_t entry = NF_FLOWTABLE_NONE;

	if (flowfilter_room(s, class_nr, now))
		entry = nf_flowtable_alloc(&s->flows);
	if (entry == NF_FLOWTABLE_NONE)
		goto refused;
	*nf_flowfilter_flow(s, entry) = new;
	if (!nf_flowage_add(&s->age, entry, class_nr))
		goto undo_alloc;
	if (nf_flowtable_link(&s->flows, entry, 0)) {
		s->nb_opened++;
		return entry;
	}
	nf_flowage_remove(&s->age, entry);
undo_alloc:
	nf_flowtable_put(&s->flows, entry);
refused:
	s->nb_refused++;
	return NF_FLOWTABLE_NONE;
}

/* The quoted segment went out not long ago (RFC 5927). */
static bool flowfilter_quote_fits(
	const struct nf_flowfilter_flow *f, const struct nf_flowfilter_pkt *k)
{
	const struct nf_ip4 *q =
		(const struct nf_ip4 *)(const void *)(k->l4 + sizeof(struct nf_icmp));
	const struct nf_tcp *tcp =
		(const struct nf_tcp *)(const void *)((const uint8_t *)q + nf_inet_ip4_hlen(q));
	unsigned dir = k->high ^ f->begun_high;
	uint32_t behind = f->tcp.side[dir].end - nf_inet_ntoh32(tcp->seq);

	return f->key.proto != NF_IP_TCP || !(f->tcp.flags[dir] & NF_TCPTRACK_SEEN) ||
	       behind <= FLOWFILTER_BEHIND || behind <= f->tcp.side[!dir].window;
}

/* TCP and UDP have states. Returns NF_KEPT, or what becomes of the packet. */
static inline int flowfilter_track(const struct flowfilter_conf *c, struct nf_flowfilter_flow *f,
	const struct nf_flowfilter_pkt *k, unsigned dir)
{
	const struct nf_tcp *tcp = (const struct nf_tcp *)(const void *)k->l4;
	uint32_t data;

	if (f->key.proto == NF_IP_UDP)
		f->age.user[0] = (uint8_t)nf_rwpush_udp_state(f->age.user[0], dir);
	if (f->key.proto != NF_IP_TCP)
		return NF_KEPT;
	data = k->left - (tcp->off >> 4) * 4u;
	if (UK_LIKELY(nf_tcptrack_plain(&f->tcp, dir, tcp, data)))
		return NF_KEPT;
	switch (nf_tcptrack(&f->tcp, dir, tcp, data, c->pickup)) {
	case NF_TCPTRACK_GOOD:
		return NF_KEPT;
	case NF_TCPTRACK_BAD:
		return NF_DROP(NF_FLOWFILTER_BAD_FLAGS);
	default:
		return c->window ? NF_DROP(NF_FLOWFILTER_WINDOW) : NF_KEPT;
	}
}

/* A packet of a flow. */
static inline int flowfilter_known(struct nf_flowfilter *s, const struct flowfilter_conf *c,
	uint32_t entry, const struct nf_flowfilter_pkt *k, unsigned port, uint32_t now)
{
	struct nf_flowfilter_flow *f = nf_flowfilter_flow(s, entry);
	unsigned dir = k->high ^ f->begun_high, class_nr;
	/* where packets of this direction come from; an error goes against its quoted packet */
	bool outside = dir ^ f->begun_outside ^ k->error;
	int way;

	if (UK_UNLIKELY(outside != (port != 0) || (k->reply && dir == 0) ||
			(k->key.proto == NF_IP_ICMP && k->opens && dir == 1)))
		return NF_DROP(NF_FLOWFILTER_WRONG_SIDE);
	if (UK_UNLIKELY(k->error))
		return flowfilter_quote_fits(f, k) ? (int)outside : NF_DROP(NF_FLOWFILTER_WINDOW);
	way = flowfilter_track(c, f, k, dir);
	if (UK_UNLIKELY(way != NF_KEPT))
		return way;
	f->age.last = now;
	class_nr = flowfilter_class(f);
	if (UK_UNLIKELY(class_nr != f->age.class_nr))
		(void)!nf_flowage_move(&s->age, entry, class_nr);
	return outside;
}

/* No flow so far: opens one, if the packet may. */
static int flowfilter_unknown(struct nf_element *e, const struct flowfilter_conf *c,
	const struct nf_flowfilter_pkt *k, unsigned port, uint32_t now)
{
	struct nf_flowfilter *s = e->state;
	uint32_t entry;
	int way;

	if (port == 1 || !k->opens || k->error) {
		s->nb_blocked++;
		return port == 1 && e->nb_out > 2 ? 2 : NF_DROP(NF_FLOWFILTER_NO_FLOW);
	}
	entry = flowfilter_open(s, k, port, now);
	if (entry == NF_FLOWTABLE_NONE)
		return NF_DROP(NF_FLOWFILTER_FULL);
	way = flowfilter_known(s, c, entry, k, port, now);
	if (way < 0)
		nf_flowfilter_end_flow(s, entry);
	return way;
}

/* The flow is not the one that was guessed, or the connection is over and begins again. */
static int flowfilter_search(struct nf_element *e, const struct flowfilter_conf *c,
	const struct nf_flowfilter_pkt *k, unsigned port, uint32_t now)
{
	struct nf_flowfilter *s = e->state;
	uint32_t ref = nf_flowtable_find(&s->flows, &k->key);

	if (ref != NF_FLOWTABLE_NONE && k->key.proto == NF_IP_TCP && !k->error &&
		nf_tcptrack_again(&nf_flowfilter_flow(s, ref >> 1)->tcp,
			(const struct nf_tcp *)(const void *)k->l4)) {
		nf_flowfilter_end_flow(s, ref >> 1);
		ref = NF_FLOWTABLE_NONE;
	}
	return ref != NF_FLOWTABLE_NONE ? flowfilter_known(s, c, ref >> 1, k, port, now)
					: flowfilter_unknown(e, c, k, port, now);
}

static void flowfilter_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct nf_flowfilter *s = e->state;
	const struct flowfilter_conf *c = e->conf;
	const struct nf_flowtable *t = &s->flows;
	const struct nf_flowtable_bucket *b[UK_BURST_MAX];
	struct nf_flowfilter_pkt k[UK_BURST_MAX];
	uint64_t hash[UK_BURST_MAX], changes = t->changes;
	uint32_t ref[UK_BURST_MAX], now = nf_rwset_now(e->core);
	int16_t to[UK_BURST_MAX];
	int differ = 0;

	to[0] = 0;
	for (uint16_t i = 0; i < n; i++) {
		nf_flowfilter_parse(v[i], &k[i]);
		if (UK_UNLIKELY(k[i].verdict != NF_KEPT))
			continue;
		hash[i] = nf_flowtable_hash(t, &k[i].key, sizeof(k[i].key));
		b[i] = nf_flowtable_bucket(t, hash[i]);
		__builtin_prefetch(b[i]);
	}
	for (uint16_t i = 0; i < n; i++) {
		ref[i] = UK_LIKELY(k[i].verdict == NF_KEPT) ? nf_flowtable_guess(b[i], hash[i])
							    : NF_FLOWTABLE_NONE;
		if (UK_LIKELY(ref[i] != NF_FLOWTABLE_NONE))
			__builtin_prefetch(nf_flowfilter_flow(s, ref[i] >> 1));
	}
	for (uint16_t i = 0; i < n; i++) {
		const struct nf_flowfilter_flow *f = NULL;
		int way = k[i].verdict;

		if (UK_LIKELY(ref[i] != NF_FLOWTABLE_NONE && changes == t->changes))
			f = nf_flowfilter_flow(s, ref[i] >> 1);
		if (UK_LIKELY(f != NULL && f->tcp.phase != NF_TCPTRACK_DONE &&
			      nf_flowtable_same(&f->key, &k[i].key, sizeof(f->key))))
			way = flowfilter_known(s, c, ref[i] >> 1, &k[i], port, now);
		else if (way == NF_KEPT)
			way = flowfilter_search(e, c, &k[i], port, now);
		to[i] = (int16_t)way;
		differ |= to[i] ^ to[0];
	}
	nf_rwpush_emit(e, v, to, n, differ);
}

static void flowfilter_read_times(struct nf_flowfilter *s, struct nf_args *a)
{
	uint64_t *t = s->timeout_ns;

	t[NF_FLOWFILTER_TRANSITORY] = 240 * FLOWFILTER_S;
	t[NF_FLOWFILTER_OPEN] = 124 * 60 * FLOWFILTER_S;
	t[NF_FLOWFILTER_DONE] = 30 * FLOWFILTER_S;
	t[NF_FLOWFILTER_UDP] = 300 * FLOWFILTER_S;
	t[NF_FLOWFILTER_ICMP] = 60 * FLOWFILTER_S;
	t[NF_FLOWFILTER_OTHER] = 600 * FLOWFILTER_S;
	s->guarantee_ns = 5 * FLOWFILTER_S;
	s->reap_ns = FLOWFILTER_S;
	nf_args_time_ns(a, "TCP_TIMEOUT", 0, &t[NF_FLOWFILTER_OPEN]);
	nf_args_time_ns(a, "TCP_TRANSITORY_TIMEOUT", 0, &t[NF_FLOWFILTER_TRANSITORY]);
	nf_args_time_ns(a, "TCP_DONE_TIMEOUT", 0, &t[NF_FLOWFILTER_DONE]);
	nf_args_time_ns(a, "UDP_TIMEOUT", 0, &t[NF_FLOWFILTER_UDP]);
	t[NF_FLOWFILTER_STREAM] = t[NF_FLOWFILTER_UDP];
	nf_args_time_ns(a, "UDP_STREAMING_TIMEOUT", 0, &t[NF_FLOWFILTER_STREAM]);
	nf_args_time_ns(a, "ICMP_TIMEOUT", 0, &t[NF_FLOWFILTER_ICMP]);
	nf_args_time_ns(a, "OTHER_TIMEOUT", 0, &t[NF_FLOWFILTER_OTHER]);
	nf_args_time_ns(a, "GUARANTEE", 0, &s->guarantee_ns);
	nf_args_time_ns(a, "REAP_INTERVAL", 0, &s->reap_ns);
}

static int flowfilter_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_flowfilter *s = e->state;
	struct flowfilter_conf *c = e->conf;

	c->window = true;
	s->capacity = NF_RWSET_CAPACITY;
	flowfilter_read_times(s, a);
	nf_args_u32(a, "CAPACITY", 0, &s->capacity);
	nf_args_bool(a, "PICKUP", 0, &c->pickup);
	nf_args_bool(a, "WINDOW", 0, &c->window);
	if (s->capacity > INT32_MAX)
		nf_args_error(a, "CAPACITY: too large");
	return nf_args_end(a);
}

static void flowfilter_reap(struct nf_element *e, void *arg)
{
	struct nf_flowfilter *s = e->state;

	if (nf_flowfilter_reap(s, nf_rwset_now(e->core), FLOWFILTER_BATCH))
		(void)nf_timer_after_ns(&s->reap, FLOWFILTER_AGAIN);
	else if (s->reap_ns > 0)
		(void)nf_timer_after_ns(&s->reap, s->reap_ns);
}

static int flowfilter_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_flowfilter *s = e->state;
	int rc = nf_flowtable_init(&s->flows, sizeof(struct nf_flowfilter_key),
		sizeof(struct nf_flowfilter_flow), nf_rwbase_random, e->core);

	nf_timer_init(&s->reap, e, flowfilter_reap, NULL);
	if (rc == 0)
		rc = nf_flowage_init(&s->age, &s->flows, offsetof(struct nf_flowfilter_flow, age),
			NF_FLOWFILTER_CLASSES);
	for (unsigned i = 0; rc >= 0 && i < NF_FLOWFILTER_CLASSES; i++)
		rc = nf_flowage_class(&s->age, s->timeout_ns[i], s->guarantee_ns);
	return rc < 0 || s->reap_ns == 0 ? rc : nf_timer_after_ns(&s->reap, s->reap_ns);
}

static void flowfilter_cleanup(struct nf_element *e)
{
	struct nf_flowfilter *s = e->state;

	if (s->reap.e != NULL)
		nf_timer_cancel(&s->reap);
	nf_flowage_free(&s->age);
	nf_flowtable_free(&s->flows);
}

/* All flows change hands; the time-outs are the new ones. */
static void flowfilter_take_state(struct nf_element *e, struct nf_element *old)
{
	struct nf_flowfilter *s = e->state, *was = old->state;
	struct nf_flowtable flows = s->flows;
	struct nf_flowage age = s->age;

	s->flows = was->flows;
	s->age = was->age;
	was->flows = flows;
	was->age = age;
	s->age.table = &s->flows;
	was->age.table = &was->flows;
	for (unsigned i = 0; i < NF_FLOWFILTER_CLASSES; i++) {
		s->age.classes[i].timeout_ms = was->age.classes[i].timeout_ms;
		s->age.classes[i].guarantee_ms = was->age.classes[i].guarantee_ms;
	}
	s->nb_opened = was->nb_opened;
	s->nb_blocked = was->nb_blocked;
	s->nb_evicted = was->nb_evicted;
	s->nb_expired = was->nb_expired;
	s->nb_refused = was->nb_refused;
}

const struct nf_class nf_flowfilter = {
	.name = "FlowFilter",
	.ports = "2-3/2-3",
	.processing = "h/h",
	.conf_size = sizeof(struct flowfilter_conf),
	.state_size = sizeof(struct nf_flowfilter),
	.configure = flowfilter_configure,
	.initialize = flowfilter_initialize,
	.cleanup = flowfilter_cleanup,
	.push = flowfilter_push,
	.drops = (const char *const[]){ "no flow", "not IPv4", "fragment", "bad flags",
		"out of window", "wrong side", "table full", NULL },
	.handlers = nf_flowfilter_handlers,
	.take_state = flowfilter_take_state,
};
