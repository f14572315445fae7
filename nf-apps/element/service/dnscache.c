/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DNSCache(SELF, RESOLVER [, keywords])
 *
 * A DNS cache and proxy in front of a resolver, over UDP and IPv4 (RFC 1034, RFC 1035). Questions
 * that were answered before are answered out of the cache, in the question's own buffer, times
 * counted down; others go to the resolver, each with a random identification and source port and,
 * if wanted, letters of random case (RFC 5452), and the same question of several clients only once.
 * Answers that say that there is no such name or record are kept, too (RFC 2308). What a client
 * says with EDNS (RFC 6891) is passed on but for options between neighbours (cookies); answers are
 * kept apart by whether it did, by DO, RD and CD. A client that asks with its subnet (RFC 7871)
 * gets an answer of its own, which is not kept. What is longer than a client takes is cut to
 * nothing and marked (TC); truncated answers are passed on, not kept.
 *
 *	SELF      own address towards the resolver
 *	RESOLVER  the resolver's address
 *
 * Keywords:
 *	PORT              clients' questions come to this port. Default 53
 *	RESOLVER_PORT     default 53
 *	CAPACITY          answers up to 512 bytes to keep (some 600 bytes of memory each); an eighth
 *	                  as many up to 1472. Default 8192. The one not asked for longest makes way
 *	PENDING           questions on their way to the resolver, 8 clients each. Default 1024
 *	TIMEOUT           how long to wait for the resolver. Default 5 s. A client that asks again
 *	                  after a second makes the question go out again
 *	MAX_TTL           seconds that an answer is kept at most. Default 86400
 *	MAX_NEGATIVE_TTL  the same of negative ones. Default 10800
 *	RANDOM_CASE       boolean: letters of random case to the resolver. Default false
 *
 * Ports: input 0: questions from clients, output 0: answers to them; output 1: questions to the
 * resolver, input 1: its answers. Push. Packets have their IP header marked, with checksums checked
 * before, and are whole; outputs' destination annotations are set. Later questions over TCP are not
 * for this: route them to the resolver.
 * Handlers: stats (r); cache (r) "NAME TYPE CLASS RCODE TTL BYTES", one a line; size, queries,
 * hits, misses, pending, timeouts (r); flush (w).
 * Drops: not DNS, malformed, not a question, pending table full, not an answer (wrong id, port,
 * question or sender), no room, no buffer for a copy.
 * Live change: the cache starts anew.
 *
 *	client -> CheckIPHeader -> CheckUDPHeader -> [0]c :: DNSCache(10.0.0.1, 10.0.0.53);
 *	resolver -> CheckIPHeader -> CheckUDPHeader -> [1]c; c[0] -> out0; c[1] -> out1
 */
#include "nf-apps/element/service/dnscache.h"

#define DNSCACHE_AGAIN_MS   1000u
#define DNSCACHE_META_FIRST 249 /* types that are no data: TKEY ... ANY */
#define DNSCACHE_META_LAST  255
#define DNSCACHE_IN         1
#define DNSCACHE_TRIES      8

static uint8_t dnscache_kind(const struct nf_dnsmsg *q)
{
	return (uint8_t)(((q->flags & NF_DNSMSG_RD) ? NF_DNSCACHE_RD : 0) |
			 ((q->flags & NF_DNSMSG_CD) ? NF_DNSCACHE_CD : 0) |
			 (q->opt_at != 0 ? NF_DNSCACHE_EDNS : 0) |
			 (q->dnssec_ok ? NF_DNSCACHE_DO : 0));
}

/* Answers the question in its own buffer. */
static int dnscache_hit(struct nf_element *e, struct nf_dnscache_pkt *k, uint32_t entry)
{
	struct nf_dnscache *s = e->state;
	const struct nf_dnsstore_entry *x = &s->store.entries[entry];
	struct nf_dnscache_end from = { k->ip->dst, nf_inet_ntoh16(k->udp->dport) };
	struct nf_dnscache_end to = { k->ip->src, nf_inet_ntoh16(k->udp->sport) };
	uint32_t len = x->len, at = (uint32_t)(k->m - k->p->data);
	struct nf_dnsmsg *q = &k->q;
	bool negative;

	k->p->len = at;
	if (!nf_packet_put(k->p, len))
		return NF_DROP(NF_DNSCACHE_NO_ROOM);
	k->m = k->p->data + at;
	memcpy(k->m, nf_dnsstore_message(&s->store, entry), len);
	nf_inet_put16(k->m, q->id);
	nf_inet_put16(k->m + 2, nf_inet_get16(k->m + 2) & (uint16_t)~NF_DNSMSG_AA);
	nf_dnsmsg_set_case(k->m, q->key_len, q->upper);
	/* RFC 2308, 5: a negative answer's SOA goes down from what it was kept for */
	negative = (k->m[3] & NF_DNSMSG_RCODE) != 0 || nf_inet_get16(k->m + 6) == 0;
	nf_dnsmsg_age(k->m, len, (uint32_t)nf_dnsstore_age(x, nf_dnscache_now(e)),
		negative ? x->ttl : s->max_ttl);
	if (len > q->udp_size) {
		len = nf_dnscache_cut(k->m, q->key_len, q->opt_at != 0);
		s->nb_truncated++;
	}
	s->nb_hits++;
	return nf_dnscache_close(s, k->p, k->m, len, from, to) ? 0 : NF_DROP(NF_DNSCACHE_NO_ROOM);
}

/* Sends the question of entry `i` to the resolver, in the client's packet. */
static int dnscache_ask(struct nf_element *e, struct nf_dnscache_pkt *k, uint32_t i)
{
	const struct nf_dnscache_conf *c = e->conf;
	struct nf_dnscache *s = e->state;
	const struct nf_dnspend_entry *x = &s->pending.entries[i];
	struct nf_dnscache_end from = { c->self, x->port }, to = { c->resolver, c->resolver_port };
	struct nf_dnsmsg *q = &k->q;
	uint32_t len = q->len;

	nf_inet_put16(k->m, x->id);
	nf_dnsmsg_set_case(k->m, q->key_len, x->upper);
	/* options are between neighbours, but for the one that matters to the answer */
	if (q->opt_len != 0 && !q->subnet && q->opt_at + NF_DNSMSG_OPT + q->opt_len == len) {
		nf_inet_put16(k->m + q->opt_at + 9, 0);
		len -= q->opt_len;
	}
	return nf_dnscache_close(s, k->p, k->m, len, from, to) ? 1 : NF_DROP(NF_DNSCACHE_NO_ROOM);
}

/* Whoever asked is entered; false: there is no place. *again: he had asked before. */
static bool dnscache_wait(struct nf_dnspend_entry *x, const struct nf_dnscache_pkt *k, bool *again)
{
	struct nf_dnspend_waiter *w = x->waiters, new = { .addr = k->ip->src,
		.local = k->ip->dst,
		.port = nf_inet_ntoh16(k->udp->sport),
		.local_port = nf_inet_ntoh16(k->udp->dport),
		.id = k->q.id,
		.udp_size = k->q.udp_size };

	for (unsigned i = 0; i < x->nb_waiters; i++, w++) {
		*again = w->addr == new.addr && w->port == new.port && w->id == new.id;
		if (*again)
			return true;
	}
	*again = false;
	if (x->nb_waiters == NF_DNSPEND_WAITERS)
		return false;
	memcpy(new.upper, k->q.upper, sizeof(new.upper));
	*w = new;
	x->nb_waiters++;
	return true;
}

/* The same question is on its way. */
static int dnscache_join(struct nf_element *e, struct nf_dnscache_pkt *k, uint32_t i)
{
	struct nf_dnscache *s = e->state;
	struct nf_dnspend_entry *x = &s->pending.entries[i];
	uint32_t now = (uint32_t)nf_dnscache_now(e);
	bool again;

	if (!dnscache_wait(x, k, &again))
		return NF_DROP(NF_DNSCACHE_FULL);
	if (again && now - x->sent >= DNSCACHE_AGAIN_MS) {
		x->sent = now;
		s->nb_resent++;
		return dnscache_ask(e, k, i);
	}
	s->nb_coalesced++;
	uk_netbuf_free(k->p);
	return NF_KEPT;
}

static int dnscache_miss(
	struct nf_element *e, struct nf_dnscache_pkt *k, uint64_t hash, uint8_t kind)
{
	const struct nf_dnscache_conf *c = e->conf;
	struct nf_dnscache *s = e->state;
	uint32_t i = NF_DNSPEND_NONE, r = 0;
	struct nf_dnspend_entry *x;
	uint16_t port = 0;
	bool again;

	for (unsigned tries = 0; tries < DNSCACHE_TRIES; tries++) {
		r = nf_core_random(e->core);
		port = (uint16_t)(1024 + (nf_core_random(e->core) & 0xffff) % (65536 - 1024));
		if (nf_dnspend_find_id(&s->pending, (uint16_t)r, port) == NF_DNSPEND_NONE) {
			i = nf_dnspend_add(&s->pending, hash, &k->q, kind, (uint16_t)r, port,
				(uint32_t)nf_dnscache_now(e));
			break;
		}
	}
	if (i == NF_DNSPEND_NONE)
		return NF_DROP(NF_DNSCACHE_FULL);
	x = &s->pending.entries[i];
	x->keep = !k->q.subnet && k->q.class == DNSCACHE_IN &&
		  (k->q.type < DNSCACHE_META_FIRST || k->q.type > DNSCACHE_META_LAST);
	(void)dnscache_wait(x, k, &again);
	memcpy(x->upper, k->q.upper, sizeof(x->upper));
	for (unsigned b = 0; c->random_case && b < sizeof(x->upper); b++)
		x->upper[b] = (uint8_t)nf_core_random(e->core);
	s->nb_misses++;
	return dnscache_ask(e, k, i);
}

static int dnscache_question(struct nf_element *e, struct uk_netbuf *p)
{
	const struct nf_dnscache_conf *c = e->conf;
	struct nf_dnscache *s = e->state;
	struct nf_dnscache_pkt k;
	uint64_t hash;
	uint8_t kind;
	uint32_t i;

	if (!nf_dnscache_pkt(&k, p) || nf_inet_ntoh16(k.udp->dport) != c->port)
		return NF_DROP(NF_DNSCACHE_NOT_DNS);
	if (!nf_dnsmsg_read(k.m, k.len, &k.q))
		return NF_DROP(NF_DNSCACHE_MALFORMED);
	if ((k.q.flags & (NF_DNSMSG_QR | NF_DNSMSG_OPCODE)) != 0 || k.q.nb_answers != 0)
		return NF_DROP(NF_DNSCACHE_NO_QUESTION);
	s->nb_queries++;
	kind = dnscache_kind(&k.q);
	hash = nf_dnsstore_hash(s->store.secret, k.q.key, k.q.key_len, kind);
	if (k.q.subnet)
		return dnscache_miss(e, &k, hash, kind | NF_DNSCACHE_ALONE);
	i = nf_dnsstore_find(&s->store, hash, k.q.key, k.q.key_len, kind, nf_dnscache_now(e));
	if (i != NF_DNSSTORE_NONE)
		return dnscache_hit(e, &k, i);
	i = nf_dnspend_find(&s->pending, hash, k.q.key, k.q.key_len, kind);
	return i != NF_DNSPEND_NONE ? dnscache_join(e, &k, i) : dnscache_miss(e, &k, hash, kind);
}

static void dnscache_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	int16_t to[UK_BURST_MAX];

	for (uint16_t i = 0; i < n; i++)
		to[i] = (int16_t)(port == 0 ? dnscache_question(e, v[i])
					    : nf_dnscache_answer(e, v[i]));
	nf_element_spread(e, v, to, n);
}

static void dnscache_reap(struct nf_element *e, void *arg)
{
	struct nf_dnscache *s = e->state;
	uint32_t now = (uint32_t)nf_dnscache_now(e);
	struct nf_dnspend *p = &s->pending;

	while (p->oldest != NF_DNSPEND_NONE &&
		now - p->entries[p->oldest].since >= s->timeout_ns / 1000000u) {
		s->nb_timeouts += p->entries[p->oldest].nb_waiters;
		nf_dnspend_remove(p, p->oldest);
	}
	(void)!nf_timer_after_ns(&s->reap, NF_DNSCACHE_S / 4);
}

static int dnscache_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_dnscache_conf *c = e->conf;
	struct nf_dnscache *s = e->state;

	c->port = c->resolver_port = 53;
	s->capacity = 8192;
	s->nb_pending = 1024;
	s->timeout_ns = 5 * NF_DNSCACHE_S;
	s->max_ttl = 86400;
	s->max_negative_ttl = 10800; /* RFC 2308, 5 */
	nf_args_ip4(a, "SELF", NF_ARGS_POS | NF_ARGS_MUST, &c->self);
	nf_args_ip4(a, "RESOLVER", NF_ARGS_POS | NF_ARGS_MUST, &c->resolver);
	nf_args_port(a, "PORT", 0, NF_IP_UDP, &c->port);
	nf_args_port(a, "RESOLVER_PORT", 0, NF_IP_UDP, &c->resolver_port);
	nf_args_u32(a, "CAPACITY", 0, &s->capacity);
	nf_args_u32(a, "PENDING", 0, &s->nb_pending);
	nf_args_time_ns(a, "TIMEOUT", 0, &s->timeout_ns);
	nf_args_u32(a, "MAX_TTL", 0, &s->max_ttl);
	nf_args_u32(a, "MAX_NEGATIVE_TTL", 0, &s->max_negative_ttl);
	nf_args_bool(a, "RANDOM_CASE", 0, &c->random_case);
	if (s->capacity == 0 || s->capacity > NF_DNSSTORE_MAX)
		nf_args_error(a, "CAPACITY: 1 to %u", NF_DNSSTORE_MAX);
	if (s->nb_pending == 0 || s->nb_pending > NF_DNSPEND_MAX)
		nf_args_error(a, "PENDING: 1 to %u", NF_DNSPEND_MAX);
	if (s->timeout_ns > 3600 * NF_DNSCACHE_S)
		nf_args_error(a, "TIMEOUT: an hour at most");
	return nf_args_end(a);
}

static int dnscache_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_dnscache *s = e->state;
	uint64_t secret[2];
	int rc;

	for (unsigned i = 0; i < 2; i++)
		secret[i] = (uint64_t)nf_core_random(e->core) << 32 | nf_core_random(e->core);
	nf_timer_init(&s->reap, e, dnscache_reap, NULL);
	rc = nf_dnsstore_init(&s->store, s->capacity, secret);
	if (rc == 0)
		rc = nf_dnspend_init(&s->pending, s->nb_pending);
	return rc < 0 ? rc : nf_timer_after_ns(&s->reap, NF_DNSCACHE_S / 4);
}

static void dnscache_cleanup(struct nf_element *e)
{
	struct nf_dnscache *s = e->state;

	if (s->reap.e != NULL)
		nf_timer_cancel(&s->reap);
	nf_dnsstore_free(&s->store);
	nf_dnspend_free(&s->pending);
}

const struct nf_class nf_dnscache = {
	.name = "DNSCache",
	.ports = "2/2",
	.processing = "h/h",
	.conf_size = sizeof(struct nf_dnscache_conf),
	.state_size = sizeof(struct nf_dnscache),
	.configure = dnscache_configure,
	.initialize = dnscache_initialize,
	.cleanup = dnscache_cleanup,
	.push = dnscache_push,
	.drops = (const char *const[]){ "not DNS", "malformed", "not a question",
		"pending table full", "not an answer", "no room", "no buffer for a copy", NULL },
	.handlers = nf_dnscache_handlers,
	.flags = NF_CLASS_ANNO,
};
