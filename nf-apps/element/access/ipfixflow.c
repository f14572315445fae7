/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include "nf-apps/element/access/ipfixexporter.h"

#define IPFIXFLOW_TICK_NS   250000000u
#define IPFIXFLOW_WORK      4096u /* flows that one tick looks at; then it goes on soon */
#define IPFIXFLOW_SOON_NS   1000000u
#define IPFIXFLOW_CLOSED_NS 2000000000u /* for what is still under way */

static uint32_t ipfixflow_random(void *core)
{
	return nf_core_random(core);
}

static void ipfixflow_wall(struct nf_element *e)
{
	struct nf_ipfixexporter *s = e->state;

	s->wall_minus_now_ms = (nf_core_wall_ns() - nf_core_now_ns(e->core)) / 1000000;
}

static void ipfixflow_ready(struct nf_ipfixexporter *s, struct uk_netbuf *p)
{
	if (p == NULL)
		return;
	if (s->nb_ready < UK_ARRAY_SIZE(s->ready)) {
		s->ready[s->nb_ready++] = p;
	} else {
		s->msg.nb_lost++;
		uk_netbuf_free(p);
	}
}

void nf_ipfixflow_send(struct nf_element *e)
{
	struct nf_ipfixexporter *s = e->state;
	struct uk_netbuf *v[UK_BURST_MAX];

	while (s->nb_ready > 0) {
		uint16_t n = 0;

		while (n < UK_BURST_MAX && n < s->nb_ready) {
			v[n] = s->ready[n];
			n++;
		}
		s->nb_ready -= n;
		memmove(s->ready, s->ready + n, s->nb_ready * sizeof(*s->ready));
		nf_element_emit(e, 1, v, n);
	}
}

void nf_ipfixflow_export(struct nf_element *e, uint32_t entry, uint8_t reason)
{
	const struct nf_ipfixexporter_conf *c = e->conf;
	struct nf_ipfixexporter *s = e->state;
	struct nf_ipfixflow *f = nf_ipfixflow(s, entry);
	struct nf_ipfix_record r = { .src = f->key.src,
		.dst = f->key.dst,
		.sport = f->key.sport,
		.dport = f->key.dport,
		.proto = f->key.proto,
		.tos = f->tos,
		.tcp_flags = f->tcp_flags,
		.icmp = f->icmp,
		.reason = reason,
		.ingress = nf_inet_hton32(f->key.ingress),
		.octets = __builtin_bswap64(f->octets),
		.packets = __builtin_bswap64(f->packets),
		.start_ms = __builtin_bswap64(f->start_ms),
		.end_ms = __builtin_bswap64(f->end_ms) };

	f->octets = f->packets = 0;
	f->tcp_flags = 0;
	ipfixflow_ready(s, nf_ipfix_add(&s->msg, &c->msg, e->core, &r));
}

static void ipfixflow_end(struct nf_element *e, uint32_t entry, uint8_t reason)
{
	struct nf_ipfixexporter *s = e->state;

	if (nf_ipfixflow(s, entry)->packets > 0)
		nf_ipfixflow_export(e, entry, reason);
	nf_flowage_remove(&s->age, entry);
	(void)nf_flowtable_unlink(&s->flows, entry, 0);
	nf_flowtable_put(&s->flows, entry);
}

/* Room for one more. */
static bool ipfixflow_room(struct nf_element *e)
{
	struct nf_ipfixexporter *s = e->state;
	uint32_t work = 16, victim;

	if (s->flows.nb_entries < s->capacity)
		return true;
	victim = nf_flowage_oldest(&s->age, nf_ipfixflow_now(e), &work);
	if (victim == NF_FLOWTABLE_NONE)
		return false;
	s->nb_full++;
	ipfixflow_end(e, victim, NF_IPFIX_RESOURCES);
	return true;
}

uint32_t nf_ipfixflow_new(struct nf_element *e, const struct nf_ipfixflow_key *key)
{
	struct nf_ipfixexporter *s = e->state;
	uint32_t entry = ipfixflow_room(e) ? nf_flowtable_alloc(&s->flows) : NF_FLOWTABLE_NONE;
	struct nf_ipfixflow *f;

	if (entry == NF_FLOWTABLE_NONE)
		goto undo_none;
	f = nf_ipfixflow(s, entry);
	f->key = *key;
	f->age.last = nf_ipfixflow_now(e);
	if (!nf_flowage_add(&s->age, entry, NF_IPFIXFLOW_LIVE))
		goto undo_put;
	if (!nf_flowtable_link(&s->flows, entry, 0))
		goto undo_age;
	if (!nf_timer_is_set(&s->timer))
		(void)!nf_timer_after_ns(&s->timer, IPFIXFLOW_TICK_NS);
	return entry;
undo_age:
	nf_flowage_remove(&s->age, entry);
undo_put:
	nf_flowtable_put(&s->flows, entry);
undo_none:
	s->nb_no_memory++;
	return NF_FLOWTABLE_NONE;
}

void nf_ipfixflow_close(struct nf_ipfixexporter *s, uint32_t entry)
{
	/* without memory for the move it times out later */
	if (nf_ipfixflow(s, entry)->age.class_nr == NF_IPFIXFLOW_LIVE)
		(void)!nf_flowage_move(&s->age, entry, NF_IPFIXFLOW_CLOSED);
}

static void ipfixflow_timer(struct nf_element *e, void *arg)
{
	struct nf_ipfixexporter *s = e->state;
	const struct nf_ipfixexporter_conf *c = e->conf;
	uint32_t now = nf_ipfixflow_now(e), work = IPFIXFLOW_WORK, entry;

	ipfixflow_wall(e);
	while (work > 0 && (entry = nf_flowage_expired(&s->age, now, &work)) != NF_FLOWTABLE_NONE) {
		bool closed = nf_ipfixflow(s, entry)->age.class_nr == NF_IPFIXFLOW_CLOSED;

		ipfixflow_end(e, entry, closed ? NF_IPFIX_END : NF_IPFIX_IDLE);
		nf_ipfixflow_send(e);
		work -= work > 0;
	}
	ipfixflow_ready(s, nf_ipfix_take(&s->msg, &c->msg));
	nf_ipfixflow_send(e);
	if (s->flows.nb_entries > 0)
		(void)!nf_timer_after_ns(
			&s->timer, work == 0 ? IPFIXFLOW_SOON_NS : IPFIXFLOW_TICK_NS);
}

static void ipfixflow_flush_one(void *arg, uint32_t entry)
{
	ipfixflow_end(arg, entry, NF_IPFIX_FORCED);
	nf_ipfixflow_send(arg);
}

void nf_ipfixflow_flush(struct nf_element *e)
{
	struct nf_ipfixexporter *s = e->state;
	const struct nf_ipfixexporter_conf *c = e->conf;

	nf_flowtable_each(&s->flows, ipfixflow_flush_one, e);
	ipfixflow_ready(s, nf_ipfix_take(&s->msg, &c->msg));
	nf_ipfixflow_send(e);
}

int nf_ipfixflow_init(struct nf_element *e)
{
	struct nf_ipfixexporter *s = e->state;
	int rc = nf_flowtable_init(&s->flows, NF_IPFIXFLOW_KEY, sizeof(struct nf_ipfixflow),
		ipfixflow_random, e->core);

	if (rc == 0)
		rc = nf_flowage_init(&s->age, &s->flows, offsetof(struct nf_ipfixflow, age),
			NF_IPFIXFLOW_CLASSES);
	if (rc == 0)
		rc = nf_flowage_class(&s->age, s->idle_ns, 0);
	if (rc >= 0)
		rc = nf_flowage_class(&s->age,
			s->idle_ns < IPFIXFLOW_CLOSED_NS ? s->idle_ns : IPFIXFLOW_CLOSED_NS, 0);
	nf_timer_init(&s->timer, e, ipfixflow_timer, NULL);
	ipfixflow_wall(e);
	return rc < 0 ? rc : 0;
}

void nf_ipfixflow_free(struct nf_ipfixexporter *s)
{
	nf_ipfix_free(&s->msg);
	uk_netbuf_free_burst(s->ready, (uint16_t)s->nb_ready);
	s->nb_ready = 0;
	nf_flowage_free(&s->age);
	nf_flowtable_free(&s->flows);
}

/* Flows go on; what is under way goes out by the new router. */
void nf_ipfixflow_take(struct nf_element *e, struct nf_element *old)
{
	struct nf_ipfixexporter *s = e->state, *was = old->state;
	struct nf_flowtable fresh = s->flows;
	struct nf_flowage fresh_age = s->age;

	s->flows = was->flows;
	s->age = was->age;
	s->age.table = &s->flows;
	was->flows = fresh;
	was->age = fresh_age;
	was->age.table = &was->flows;
	for (unsigned i = 0; i < NF_IPFIXFLOW_CLASSES; i++) {
		s->age.classes[i].timeout_ms = was->age.classes[i].timeout_ms;
		s->age.classes[i].guarantee_ms = was->age.classes[i].guarantee_ms;
	}
	s->msg = was->msg;
	was->msg.p = NULL;
	s->msg.has_sent_template = false; /* the collector may be another one */
	s->nb_full = was->nb_full;
	s->nb_not_ip = was->nb_not_ip;
	if (s->flows.nb_entries > 0)
		(void)!nf_timer_after_ns(&s->timer, IPFIXFLOW_TICK_NS);
}
