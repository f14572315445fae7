/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMPPingSource(SRC, DST [, keywords INTERVAL, IDENTIFIER, LIMIT, STOP, DATA, ACTIVE, MIRROR,
 *                VERBOSE])
 * ICMPSendPings(...), its older name
 *
 * Makes ICMP echo requests (RFC 792): one each INTERVAL, the first after the first INTERVAL; or,
 * if its output is pull, whenever one is asked for. Sequence number and IP identification count up
 * together from 1, without 0; the time to live is 200. Replies that are sent to the input are
 * reported and counted as ping(1) does.
 *
 *	SRC, DST    addresses
 *	INTERVAL    seconds; default 1
 *	IDENTIFIER  0 to 65535, in network order; default 0
 *	LIMIT       number of requests; negative: no end. Default -1
 *	STOP        boolean: stop the router after LIMIT. Default false
 *	DATA        what requests carry; default nothing
 *	ACTIVE      boolean; default true
 *	MIRROR      boolean: turn each reply into the next request at once, whatever LIMIT says;
 *	            the output is push then. Default false
 *	VERBOSE     boolean: report each reply, and the summary at the end. Default true
 *
 * Ports: 0 or 1 input, push; 1 output, push or pull.
 * Handlers: active, src, dst (rw); count (r): requests sent; limit, interval, reset_counts (w);
 * with an input also summary, rtt_min, rtt_avg, rtt_max (r).
 * Drops: reply taken; not a reply of ours; no buffer.
 *
 *	ping :: ICMPPingSource(10.0.0.1, 10.0.0.2, LIMIT 5) -> ...;
 *	... -> IPClassifier(icmp type echo-reply) -> ping;
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/ip/icmp4.h"
#include "nf-apps/element/ip/icmppingsource.h"
#include "nf-apps/element/ip/ip4encap.h"
#include "nf-apps/element/ip/ipsay.h"

enum { ICMPPINGSOURCE_REPLY, ICMPPINGSOURCE_OTHER, ICMPPINGSOURCE_NO_BUFFER };

#define ICMPPINGSOURCE_TTL         200
#define ICMPPINGSOURCE_HEADERS     (NF_IP4_HLEN + (uint32_t)sizeof(struct nf_icmp))
#define ICMPPINGSOURCE_INTERVAL_NS 1000000000ull
#define ICMPPINGSOURCE_MIN_NS      1000ull

static void icmppingsource_args_data(struct nf_element *e, struct nf_args *a)
{
	struct icmppingsource_conf *c = e->conf;
	struct icmppingsource_state *s = e->state;
	const uint8_t *data;
	uint32_t len;

	if (!nf_args_data(a, "DATA", 0, &data, &len) || len == 0)
		return;
	if (len > NF_IP4_LEN_MAX - ICMPPINGSOURCE_HEADERS) {
		nf_args_error(a, "DATA: too long for a packet");
		return;
	}
	s->data = malloc(len);
	if (s->data == NULL) {
		nf_args_error(a, "DATA: out of memory");
		return;
	}
	memcpy(s->data, data, len);
	c->data_len = len;
}

static int icmppingsource_configure(struct nf_element *e, struct nf_args *a)
{
	struct icmppingsource_conf *c = e->conf;
	struct icmppingsource_state *s = e->state;

	c->verbose = s->active = true;
	s->limit = -1;
	s->interval_ns = ICMPPINGSOURCE_INTERVAL_NS;
	nf_args_ip4(a, "SRC", NF_ARGS_POS | NF_ARGS_MUST, &s->src);
	nf_args_ip4(a, "DST", NF_ARGS_POS | NF_ARGS_MUST, &s->dst);
	nf_args_time_ns(a, "INTERVAL", 0, &s->interval_ns);
	nf_args_u16(a, "IDENTIFIER", 0, &c->identifier);
	nf_args_i32(a, "LIMIT", 0, &s->limit);
	nf_args_bool(a, "STOP", 0, &c->stop);
	nf_args_bool(a, "ACTIVE", 0, &s->active);
	nf_args_bool(a, "MIRROR", 0, &c->mirror);
	nf_args_bool(a, "VERBOSE", 0, &c->verbose);
	icmppingsource_args_data(e, a);
	if (c->mirror && !e->out[0].is_push)
		nf_args_error(a, "MIRROR: the output is pull");
	return nf_args_end(a);
}

void nf_icmppingsource_start(struct nf_element *e, uint64_t after_ns)
{
	struct icmppingsource_state *s = e->state;

	if (!s->active || !e->out[0].is_push || nf_icmppingsource_is_done(s))
		return;
	if (!nf_timer_is_set(&s->timer) && nf_timer_after_ns(&s->timer, after_ns) < 0)
		nf_ipsay(e, "out of memory for the timer");
}

static uint64_t icmppingsource_interval(const struct icmppingsource_state *s)
{
	return s->interval_ns > ICMPPINGSOURCE_MIN_NS ? s->interval_ns : ICMPPINGSOURCE_MIN_NS;
}

/* Makes the packet the next request: its headers are written over the first 28 bytes. */
static void icmppingsource_fill(struct nf_element *e, struct uk_netbuf *p)
{
	const struct icmppingsource_conf *c = e->conf;
	struct icmppingsource_state *s = e->state;
	uint16_t id = (uint16_t)(s->count % UINT16_MAX + 1);
	struct nf_ip4encap h = { .src = s->src,
		.dst = s->dst,
		.id = id,
		.proto = NF_IP_ICMP,
		.ttl = ICMPPINGSOURCE_TTL };
	uint64_t now = nf_core_wall_ns();

	nf_ip4encap_icmp(p, &h, NF_ICMP4_ECHO, 0, c->identifier);
	nf_packet_set_dst_ip(p, s->dst);
	nf_packet_anno(p)->time_ns = now;
	if (s->replies != NULL)
		nf_pingstat_sent(s->replies, id, now);
	s->count++;
}

static struct uk_netbuf *icmppingsource_make(struct nf_element *e)
{
	const struct icmppingsource_conf *c = e->conf;
	struct icmppingsource_state *s = e->state;
	struct uk_netbuf *p = nf_packet_alloc(
		&e->core->pools, UK_NETBUF_HEADROOM, ICMPPINGSOURCE_HEADERS + c->data_len);

	if (p == NULL) {
		e->drops[NF_ELEMENT_DROPS_OWN + ICMPPINGSOURCE_NO_BUFFER]++;
		return NULL;
	}
	if (c->data_len != 0)
		memcpy(p->data + ICMPPINGSOURCE_HEADERS, s->data, c->data_len);
	icmppingsource_fill(e, p);
	return p;
}

static void icmppingsource_run(struct nf_element *e, void *arg)
{
	const struct icmppingsource_conf *c = e->conf;
	struct icmppingsource_state *s = e->state;
	uint64_t interval = icmppingsource_interval(s), late;
	struct uk_netbuf *p = icmppingsource_make(e);

	if (p != NULL)
		nf_element_emit_one(e, 0, p);
	/* counted from when it was due, so that the rate is right in the long run */
	late = nf_core_now_ns(e->core) - s->timer.due_ns;
	nf_icmppingsource_start(e, late < interval ? interval - late : interval);
	if (c->stop && nf_icmppingsource_is_done(s))
		nf_router_stop_driver(e->router);
}

static uint16_t icmppingsource_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	const struct icmppingsource_conf *c = e->conf;
	const struct icmppingsource_state *s = e->state;
	uint16_t k = 0;

	while (k < n && s->active && !nf_icmppingsource_is_done(s)) {
		v[k] = icmppingsource_make(e);
		if (v[k] == NULL)
			break;
		k++;
	}
	if (k == 0 && c->stop && nf_icmppingsource_is_done(s))
		nf_router_stop_driver(e->router);
	return k;
}

static struct nf_icmp *icmppingsource_reply(struct nf_element *e, const struct uk_netbuf *p)
{
	const struct icmppingsource_conf *c = e->conf;
	uint32_t hlen = 0;
	struct nf_ip4 *ip = nf_ip4_hdr_whole(p, &hlen);
	struct nf_icmp *icmp;

	if (ip == NULL || ip->proto != NF_IP_ICMP || !nf_inet_ip4_is_first(ip) ||
		nf_ip4_left(p) - hlen < sizeof(*icmp))
		return NULL;
	icmp = (struct nf_icmp *)(void *)((uint8_t *)ip + hlen);
	return icmp->type == NF_ICMP4_ECHO_REPLY && nf_inet_ntoh16(icmp->id) == c->identifier
		       ? icmp
		       : NULL;
}

/* The reply with its own payload as the next request. */
static void icmppingsource_mirror(
	struct nf_element *e, struct uk_netbuf *p, const struct nf_icmp *icmp)
{
	uint32_t left = (uint32_t)(p->data + p->len - (const uint8_t *)icmp);

	p->data = (uint8_t *)(uintptr_t)icmp - NF_IP4_HLEN;
	p->len = NF_IP4_HLEN + left;
	nf_packet_anno_clear(p);
	icmppingsource_fill(e, p);
	nf_element_emit_one(e, 0, p);
}

static void icmppingsource_take(struct nf_element *e, struct uk_netbuf *p)
{
	const struct icmppingsource_conf *c = e->conf;
	struct icmppingsource_state *s = e->state;
	const struct nf_icmp *icmp = icmppingsource_reply(e, p);
	const struct nf_ip4 *ip = nf_ip4_hdr(p);
	uint64_t at = nf_packet_anno(p)->time_ns, rtt = 0;
	char from[NF_ADDR_IP4_LEN];

	if (at == 0)
		at = nf_core_wall_ns();
	if (icmp == NULL ||
		!nf_pingstat_received(s->replies, nf_inet_ntoh16(icmp->seq), at, &rtt)) {
		nf_element_drop_one(e, ICMPPINGSOURCE_OTHER, p);
		return;
	}
	if (c->verbose)
		nf_ipsay(e, "%u bytes from %s: icmp_seq=%u ttl=%u time=%lu.%03lu ms",
			nf_ip4_left(p) - (unsigned)((const uint8_t *)icmp - (const uint8_t *)ip) -
				(unsigned)sizeof(*icmp),
			nf_addr_print_ip4(ip->src, from), nf_inet_ntoh16(icmp->seq), ip->ttl,
			rtt / 1000, rtt % 1000);
	if (c->mirror && s->active)
		icmppingsource_mirror(e, p, icmp);
	else
		nf_element_drop_one(e, ICMPPINGSOURCE_REPLY, p);
}

static void icmppingsource_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		icmppingsource_take(e, v[i]);
}

static int icmppingsource_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct icmppingsource_state *s = e->state;

	nf_timer_init(&s->timer, e, icmppingsource_run, NULL);
	if (e->nb_in > 0) {
		s->replies = calloc(1, sizeof(*s->replies));
		if (s->replies == NULL)
			return -ENOMEM;
	}
	nf_icmppingsource_start(e, icmppingsource_interval(s));
	return 0;
}

static void icmppingsource_cleanup(struct nf_element *e)
{
	const struct icmppingsource_conf *c = e->conf;
	struct icmppingsource_state *s = e->state;
	struct nf_text t = { 0 };

	if (s->replies != NULL && c->verbose && e->router->live) {
		nf_pingstat_print(s->replies, s->count, &t);
		if (t.len > 0 && t.s[t.len - 1] == '\n')
			t.s[t.len - 1] = '\0';
		nf_ipsay(e, "%s", nf_text_get(&t));
		nf_text_free(&t);
	}
	free(s->replies);
	free(s->data);
	s->replies = NULL;
	s->data = NULL;
}

static void icmppingsource_take_state(struct nf_element *e, struct nf_element *old)
{
	struct icmppingsource_state *s = e->state, *was = old->state;

	s->count = was->count;
	if (s->replies != NULL && was->replies != NULL) {
		free(s->replies);
		s->replies = was->replies;
		was->replies = NULL;
	}
	if (nf_icmppingsource_is_done(s))
		nf_timer_cancel(&s->timer);
}

static const char *const icmppingsource_drops[] = { "reply taken", "not a reply of ours",
	"no buffer", NULL };

#define ICMPPINGSOURCE_CLASS(click_name)                                                           \
	.name = click_name, .ports = "0-1/1", .processing = "h/a",                                 \
	.conf_size = sizeof(struct icmppingsource_conf),                                           \
	.state_size = sizeof(struct icmppingsource_state), .configure = icmppingsource_configure,  \
	.initialize = icmppingsource_initialize, .cleanup = icmppingsource_cleanup,                \
	.push = icmppingsource_push, .pull = icmppingsource_pull, .drops = icmppingsource_drops,   \
	.handlers = nf_icmppingsource_handlers, .take_state = icmppingsource_take_state,           \
	.flags = NF_CLASS_ANNO

const struct nf_class nf_icmppingsource = { ICMPPINGSOURCE_CLASS("ICMPPingSource") };
const struct nf_class nf_icmppingsource_sendpings = { ICMPPINGSOURCE_CLASS("ICMPSendPings") };
