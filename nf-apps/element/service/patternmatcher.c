/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PatternMatcher(PATTERN, ... [, keywords])
 *
 * Looks for many patterns at once in what IPv4 packets carry: in the first bytes of each direction
 * of a TCP connection, put together in order, so that a pattern that is split over segments is
 * found; else in each packet by itself. Packets pass on at once, in the order in which they came:
 * of segments that come early their data is copied and looked at when the gap is filled. Where
 * segments overlap, the bytes that came first count. A connection may be met in the middle.
 *
 * PATTERN is "NAME CONTENT [word ...]". CONTENT is quoted text, or bytes as \<hex>. Words:
 *	nocase                ASCII letters match both ways
 *	offset N              begins at byte N of the stream or packet or later
 *	depth N               ends within N bytes from there
 *	tcp, udp              only in packets of that protocol
 *	port N                only if one of the ports is this
 *	alert, divert, drop   what to do instead of ACTION
 *
 * A packet with a match leaves by output 0 (alert), output 1 (divert) or is dropped; so does the
 * rest of its connection. Each match is counted, and told as a line "TIME PROTOCOL SRC:PORT >
 * DST:PORT NAME".
 *
 * Keywords:
 *	ACTION    alert, divert or drop. Default alert
 *	HEAD      bytes of each direction that are looked at, 1 to 65536. Default 4096
 *	CAPACITY  connections to remember; the oldest makes way. Default 65536
 *	TIMEOUT   after which a silent connection is forgotten. Default 300 s
 *	HOLD      buffers, of HEAD bytes, for data that came early. Default 256. If all are in use,
 *	          such a segment passes unseen ("unheld"); if ACTION is drop it is dropped, so that
 *it is sent again ALERTS    lines kept. Default 1000 LOG       boolean: print each line, too.
 *Default false MEMORY    bytes for the fast part of the automata. Default 4194304
 *
 * Ports: 1 input, 1 or 2 outputs; push. Packets have their IP header marked. Fragments are looked
 * at by themselves: put IPReassembler before this.
 * Handlers: alerts (r), clear_alerts (w), patterns (r; matches of each), stats (r), matches, size,
 * opened, evicted, unheld, stateless (TCP packets for which there was no memory), conflicts (r).
 * Drops: matched, no room to hold.
 * Live change: connections and alerts are kept if HEAD stays; a pattern that is split just then may
 * be missed if patterns change.
 *
 *	FromDevice(0) -> Strip(14) -> CheckIPHeader -> ids :: PatternMatcher(
 *		shell "/bin/sh" tcp port 80, nop \<90 90 90 90 90 90>, admin "admin" nocase depth
 *64)
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/click/print.h"
#include "nf-apps/element/ip/ip4.h"
#include "nf-apps/element/service/patternmatcher.h"

enum { PATTERNMATCHER_MATCHED, PATTERNMATCHER_UNHELD };

#define PATTERNMATCHER_CLOSED_NS (10 * NF_PATTERNMATCHER_S)
#define PATTERNMATCHER_LINES     8u /* alerts of one packet */

struct patternmatcher_conf {
	uint8_t action;
	bool log;
};

/* A packet, and what was found in it. */
struct patternmatcher_pkt {
	struct nf_patternmatcher_key key;
	nf_be32 src, dst, seq;
	uint16_t sport, dport;
	uint8_t proto, tcp_flags;
	bool stream; /* has a key */
	uint8_t dir; /* the source is the higher endpoint */
	uint8_t action;
	uint32_t nb_lines;
	const uint8_t *data;
	uint32_t len;
	struct nf_element *e;
	struct nf_patternmatcher_flow *flow;
};

static void patternmatcher_key(struct patternmatcher_pkt *k)
{
	uint64_t from = (uint64_t)k->src << 16 | k->sport, to = (uint64_t)k->dst << 16 | k->dport;
	uint64_t low = from < to ? from : to, high = from < to ? to : from;

	k->dir = from > to;
	k->key = (struct nf_patternmatcher_key){ (nf_be32)(low >> 16), (nf_be32)(high >> 16),
		(nf_be16)low, (nf_be16)high, 1 };
}

/* Finds what the packet carries; what is cut short carries nothing. */
static void patternmatcher_parse(const struct uk_netbuf *p, struct patternmatcher_pkt *k)
{
	uint32_t hlen = 0, left, l4 = 0;
	const struct nf_ip4 *ip = nf_ip4_hdr_whole(p, &hlen);
	const uint8_t *at;

	*k = (struct patternmatcher_pkt){ .action = NF_PATTERNSET_ALERT };
	if (UK_UNLIKELY(ip == NULL || ip->vhl >> 4 != 4 || nf_inet_ntoh16(ip->len) < hlen))
		return;
	at = (const uint8_t *)ip + hlen;
	left = nf_ip4_left(p) < nf_inet_ntoh16(ip->len) ? nf_ip4_left(p) : nf_inet_ntoh16(ip->len);
	left -= hlen;
	k->src = ip->src;
	k->dst = ip->dst;
	k->proto = ip->proto;
	if (nf_inet_ip4_is_first(ip) && (ip->proto == NF_IP_TCP || ip->proto == NF_IP_UDP) &&
		left >= sizeof(struct nf_udp)) {
		k->sport = nf_inet_get16(at);
		k->dport = nf_inet_get16(at + 2);
		l4 = sizeof(struct nf_udp);
	}
	if (l4 != 0 && ip->proto == NF_IP_TCP && left >= sizeof(struct nf_tcp)) {
		l4 = (at[12] >> 4) * 4u;
		k->stream =
			l4 >= sizeof(struct nf_tcp) && l4 <= left && !nf_inet_ip4_is_fragment(ip);
		if (l4 < sizeof(struct nf_tcp) || l4 > left)
			l4 = sizeof(struct nf_tcp);
		k->seq = nf_inet_get32(at + 4);
		k->tcp_flags = at[13];
	}
	k->data = at + l4;
	k->len = left - l4;
	if (k->stream)
		patternmatcher_key(k);
}

static void patternmatcher_alert(struct patternmatcher_pkt *k, const struct nf_patternset_rule *r)
{
	struct nf_patternmatcher *s = k->e->state;
	const struct patternmatcher_conf *c = k->e->conf;
	struct nf_patternmatcher_alert *x, line;
	struct nf_text text = { 0 };

	if (k->nb_lines++ >= PATTERNMATCHER_LINES)
		return;
	line = (struct nf_patternmatcher_alert){ nf_core_wall_ns(), k->src, k->dst, k->sport,
		k->dport, k->proto, "" };
	memcpy(line.name, r->name, sizeof(line.name));
	x = nf_patternmatcher_next_alert(s);
	if (x != NULL)
		*x = line;
	if (c->log) {
		nf_text_printf(&text, "%s: ", k->e->name);
		nf_patternmatcher_print_alert(&line, &text);
		nf_print_line(nf_text_get(&text));
		nf_text_free(&text);
	}
}

static void patternmatcher_found(void *arg, uint32_t rule)
{
	struct patternmatcher_pkt *k = arg;
	struct nf_patternmatcher *s = k->e->state;
	struct nf_patternset_rule *r = &s->set.rules[rule];

	if ((r->proto != 0 && r->proto != k->proto) ||
		(r->port != 0 && r->port != k->sport && r->port != k->dport))
		return;
	r->nb_matches++;
	s->nb_matches++;
	if (r->action > k->action)
		k->action = r->action;
	patternmatcher_alert(k, r);
}

static void patternmatcher_piece(void *arg, const uint8_t *data, uint32_t len, uint32_t pos)
{
	struct patternmatcher_pkt *k = arg;
	struct nf_patternmatcher *s = k->e->state;

	nf_patternset_scan(
		&s->set, &k->flow->side[k->dir].at, data, len, pos, patternmatcher_found, k);
}

static void patternmatcher_alone(struct nf_patternmatcher *s, struct patternmatcher_pkt *k)
{
	struct nf_patternset_state at = { { NF_ACDFA_START, NF_ACDFA_START } };

	nf_patternset_scan(&s->set, &at, k->data, k->len < s->pool.head ? k->len : s->pool.head, 0,
		patternmatcher_found, k);
}

/* SYN: where the stream begins. One that was looked at already is not begun anew by whoever sends
 * a SYN, unless the connection is over. */
static void patternmatcher_syn(
	struct nf_patternmatcher *s, struct patternmatcher_pkt *k, uint32_t entry)
{
	struct nf_patternmatcher_flow *f = k->flow;
	bool again = f->age.class_nr == NF_PATTERNMATCHER_CLOSED && !(k->tcp_flags & NF_TCP_ACK);

	if (again && nf_flowage_move(&s->age, entry, NF_PATTERNMATCHER_OPEN)) {
		f->age.user[0] = NF_PATTERNSET_ALERT;
		for (unsigned i = 0; i < 2; i++) {
			nf_flowhead_end(&s->pool, &f->side[i].head);
			memset(&f->side[i], 0, sizeof(f->side[i]));
		}
	}
	k->seq++; /* data begins behind it */
	if (f->side[k->dir].head.pos == 0)
		nf_flowhead_start(&s->pool, &f->side[k->dir].head, k->seq);
}

/* Returns what becomes of the packet. */
static int patternmatcher_stream(
	struct nf_element *e, struct patternmatcher_pkt *k, uint32_t ref, uint32_t now)
{
	struct nf_patternmatcher *s = e->state;
	const struct patternmatcher_conf *c = e->conf;
	uint32_t entry = ref >> 1;
	struct nf_flowhead *h;

	if (ref == NF_FLOWTABLE_NONE)
		entry = nf_patternmatcher_open(s, &k->key, now);
	if (UK_UNLIKELY(entry == NF_FLOWTABLE_NONE)) {
		s->nb_stateless++;
		patternmatcher_alone(s, k);
		return 0;
	}
	k->flow = nf_patternmatcher_flow(s, entry);
	k->flow->age.last = now;
	if (UK_UNLIKELY(k->tcp_flags & NF_TCP_SYN))
		patternmatcher_syn(s, k, entry);
	h = &k->flow->side[k->dir].head;
	if (k->len > 0 && !nf_flowhead_is_done(&s->pool, h) &&
		!nf_flowhead_feed(&s->pool, h, k->seq, k->data, k->len, patternmatcher_piece, k)) {
		s->nb_unheld++;
		if (c->action == NF_PATTERNSET_DROP)
			return NF_DROP(PATTERNMATCHER_UNHELD);
	}
	if (UK_UNLIKELY((k->tcp_flags & (NF_TCP_FIN | NF_TCP_RST)) &&
			k->flow->age.class_nr == NF_PATTERNMATCHER_OPEN))
		(void)!nf_flowage_move(&s->age, entry, NF_PATTERNMATCHER_CLOSED);
	if (k->action > k->flow->age.user[0])
		k->flow->age.user[0] = k->action;
	k->action = k->flow->age.user[0];
	return 0;
}

static int patternmatcher_one(
	struct nf_element *e, struct patternmatcher_pkt *k, uint32_t ref, uint32_t now)
{
	int rc = 0;

	k->e = e;
	if (k->stream)
		rc = patternmatcher_stream(e, k, ref, now);
	else if (k->len > 0)
		patternmatcher_alone(e->state, k);
	if (rc == 0 && k->action == NF_PATTERNSET_DIVERT)
		return 1;
	return rc == 0 && k->action == NF_PATTERNSET_DROP ? NF_DROP(PATTERNMATCHER_MATCHED) : rc;
}

static void patternmatcher_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct nf_patternmatcher *s = e->state;
	uint32_t now = (uint32_t)(nf_core_now_ns(e->core) / NF_PATTERNMATCHER_MS);
	struct nf_patternmatcher_key key[UK_BURST_MAX];
	struct patternmatcher_pkt k[UK_BURST_MAX];
	uint32_t ref[UK_BURST_MAX];
	uint64_t changes = s->flows.changes;
	int16_t to[UK_BURST_MAX];

	for (uint16_t i = 0; i < n; i++) {
		patternmatcher_parse(v[i], &k[i]);
		key[i] = k[i].key;
	}
	nf_flowtable_find_burst(
		&s->flows, key, n, ref, sizeof(key[0]), sizeof(struct nf_patternmatcher_flow));
	for (uint16_t i = 0; i < n; i++) {
		if (k[i].stream && changes != s->flows.changes)
			ref[i] = nf_flowtable_find(&s->flows, &key[i]);
		to[i] = (int16_t)patternmatcher_one(e, &k[i], ref[i], now);
	}
	nf_element_spread(e, v, to, n);
}

static void patternmatcher_args_limits(struct nf_patternmatcher *s, struct nf_args *a)
{
	s->head_bytes = 4096;
	s->capacity = 65536;
	s->nb_hold = 256;
	s->max_alerts = 1000;
	s->row_bytes = 4u << 20;
	s->timeout_ns = 300 * NF_PATTERNMATCHER_S;
	nf_args_u32(a, "HEAD", 0, &s->head_bytes);
	nf_args_u32(a, "CAPACITY", 0, &s->capacity);
	nf_args_time_ns(a, "TIMEOUT", 0, &s->timeout_ns);
	nf_args_u32(a, "HOLD", 0, &s->nb_hold);
	nf_args_u32(a, "ALERTS", 0, &s->max_alerts);
	nf_args_u32(a, "MEMORY", 0, &s->row_bytes);
	if (s->head_bytes == 0 || s->head_bytes > NF_FLOWHEAD_MAX)
		nf_args_error(a, "HEAD: 1 to %u", NF_FLOWHEAD_MAX);
	if (s->capacity == 0 || s->capacity > 1u << 24)
		nf_args_error(a, "CAPACITY: 1 to %u", 1u << 24);
	if (s->nb_hold > 1u << 16 || s->max_alerts > 1u << 20)
		nf_args_error(a, "HOLD: at most %u; ALERTS: at most %u", 1u << 16, 1u << 20);
}

static int patternmatcher_configure(struct nf_element *e, struct nf_args *a)
{
	static const char *const actions[] = { "alert", "divert", "drop", NULL };
	struct nf_patternmatcher *s = e->state;
	struct patternmatcher_conf *c = e->conf;
	unsigned action = NF_PATTERNSET_ALERT;
	const char *arg;

	patternmatcher_args_limits(s, a);
	nf_args_enum(a, "ACTION", 0, actions, &action);
	nf_args_bool(a, "LOG", 0, &c->log);
	c->action = (uint8_t)action;
	while ((arg = nf_args_next(a)) != NULL)
		(void)!nf_patternset_add(&s->set, a, arg);
	for (uint32_t i = 0; i < s->set.nb; i++) {
		if (e->nb_out < 2 && (s->set.rules[i].action == NF_PATTERNSET_DIVERT ||
					     action == NF_PATTERNSET_DIVERT)) {
			nf_args_error(a, "divert: output 1 is not connected");
			break;
		}
	}
	return nf_args_end(a);
}

static uint32_t patternmatcher_random(void *arg)
{
	return nf_core_random(arg);
}

static int patternmatcher_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_patternmatcher *s = e->state;
	const struct patternmatcher_conf *c = e->conf;
	int rc = nf_patternset_build(&s->set, c->action, s->row_bytes);

	nf_timer_init(&s->reap, e, nf_patternmatcher_reap, NULL);
	s->alerts = calloc(s->max_alerts + 1, sizeof(*s->alerts));
	if (rc < 0 || s->alerts == NULL)
		return rc < 0 ? nf_errors_add(errs, e->where, "too many patterns (or no memory)")
			      : -ENOMEM;
	rc = nf_flowhead_pool_init(&s->pool, s->nb_hold, s->head_bytes);
	if (rc == 0)
		rc = nf_flowtable_init(&s->flows, sizeof(struct nf_patternmatcher_key),
			sizeof(struct nf_patternmatcher_flow), patternmatcher_random, e->core);
	if (rc == 0)
		rc = nf_flowage_init(&s->age, &s->flows,
			offsetof(struct nf_patternmatcher_flow, age), NF_PATTERNMATCHER_CLASSES);
	if (rc >= 0)
		rc = nf_flowage_class(&s->age, s->timeout_ns, 0);
	if (rc >= 0)
		rc = nf_flowage_class(&s->age, PATTERNMATCHER_CLOSED_NS, 0);
	return rc < 0 ? rc : nf_timer_after_ns(&s->reap, NF_PATTERNMATCHER_S);
}

static void patternmatcher_cleanup(struct nf_element *e)
{
	struct nf_patternmatcher *s = e->state;

	if (s->reap.e != NULL)
		nf_timer_cancel(&s->reap);
	nf_flowage_free(&s->age);
	nf_flowtable_free(&s->flows);
	nf_flowhead_pool_free(&s->pool);
	nf_patternset_free(&s->set);
	free(s->alerts);
}

const struct nf_class nf_patternmatcher = {
	.name = "PatternMatcher",
	.ports = "1/1-2",
	.processing = "h/h",
	.conf_size = sizeof(struct patternmatcher_conf),
	.state_size = sizeof(struct nf_patternmatcher),
	.configure = patternmatcher_configure,
	.initialize = patternmatcher_initialize,
	.cleanup = patternmatcher_cleanup,
	.push = patternmatcher_push,
	.drops = (const char *const[]){ "matched", "no room to hold", NULL },
	.handlers = nf_patternmatcher_handlers,
	.take_state = nf_patternmatcher_take_state,
};
