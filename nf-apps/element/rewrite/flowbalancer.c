/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FlowBalancer(BACKEND1, ..., BACKENDn [, keywords])
 *
 * Shares flows among backends by Maglev's consistent hashing (maglev.h): balancers with the same
 *backends choose alike, and few flows move when a backend comes or goes. Two ways to use it:
 *
 *  - Without ports it is a mapper: an input of IPRewriter that names it sends new flows to a
 *backend (destination address, and port if the backend has one); replies are translated back. The
 *rewriter's table keeps each flow at its backend.
 *  - With ports it leaves packets as they are and sets the destination annotation to the backend,
 *for a tunnel or direct server return. A table of its own keeps each flow at its backend while that
 *is not down.
 *
 * Arguments: each "ADDR[:PORT] [WEIGHT]"; WEIGHT 0 to 1000, default 1. A port matters to the mapper
 *only. TABLE_SIZE  places, a prime from 251 to 1000003, about a hundred times the backends. Default
 *65537 SEED        a number; balancers that are to agree have the same. Default 0 HASH "flow"
 *(addresses, ports, protocol) or "source" (all flows of a client to one backend) FOUTPUT, ROUTPUT
 *the rewriter's outputs for flows and their replies. Default 0 and 1 TIMEOUT     idle time after
 *which its own table forgets a flow. Default 10 min GUARANTEE   a flow is kept at least so long
 *after a packet. Default 5 s CAPACITY    most flows of its own table. Default 1,048,576
 *
 * A backend is up; "drain": it keeps its flows and gets no new ones; or "down": its flows go to
 *others. In rewriters, flows of a backend that goes down are ended, some thousands each
 *millisecond.
 *
 * Ports: none, or 1 input and 1 or 2 outputs: packets without a backend leave by output 1, if there
 *is one. Handlers: backends (r) "ADDR:PORT weight W STATE picks N share S" (S places of the table);
 *add (w) as the arguments; remove, up, drain, down (w) "ADDR[:PORT]"; weight (w) "ADDR[:PORT]
 *WEIGHT"; size, moved, no_backend, evicted, refused (r). Drops: no backend; not rewritable. Live
 *change: backends that stay keep their state (up, drain, down) and their flows.
 *
 *	lb :: FlowBalancer(10.0.0.1:8080 2, 10.0.0.2:8080);
 *	rw :: IPRewriter(lb, drop); clients -> [0]rw[0] -> servers_out; servers -> [1]rw[1] ->
 *clients_out;
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/rewrite/flowbalancer.h"
#include "nf-apps/element/rewrite/rwaddr.h"

enum { FLOWBALANCER_NO_BACKEND, FLOWBALANCER_NOT_FOR_US };

#define FLOWBALANCER_S     1000000000ull
#define FLOWBALANCER_TICK  1000000u /* ns, while there is something to do */
#define FLOWBALANCER_REST  1000000000u
#define FLOWBALANCER_BATCH 512u
#define FLOWBALANCER_WORK  256u

/* All balancers have to agree on it: no secret in it. */
static uint32_t flowbalancer_hash(const struct nf_flowbalancer *s, const struct nf_rwkey *k)
{
	uint64_t a = (uint64_t)k->src << 32 | (s->by_source ? 0 : k->dst);
	uint64_t b = (uint64_t)k->sport << 32 | (uint64_t)k->dport << 16 | k->proto;

	a += s->seed * 0x9e3779b97f4a7c15ull;
	a = (a ^ a >> 30) * 0xbf58476d1ce4e5b9ull;
	a += s->by_source ? 0 : b * 0x94d049bb133111ebull;
	a = (a ^ a >> 27) * 0x94d049bb133111ebull;
	return (uint32_t)((a >> 32 ^ a) % s->size);
}

/* The backend for a new flow, or NULL. */
static struct nf_flowbalancer_backend *flowbalancer_pick(
	struct nf_flowbalancer *s, const struct nf_rwkey *k)
{
	uint16_t nr = s->place[flowbalancer_hash(s, k)];

	if (nr == NF_MAGLEV_NONE) {
		s->nb_none++;
		return NULL;
	}
	s->backend[nr].nb_picks++;
	return &s->backend[nr];
}

static int flowbalancer_map(struct nf_element *m, const struct nf_rwpattern_how *how,
	const struct nf_rwkey *in, struct nf_rwkey *out, uint16_t outputs[2])
{
	struct nf_flowbalancer *s = m->state;
	const struct nf_flowbalancer_backend *b = flowbalancer_pick(s, in);

	if (b == NULL)
		return NF_RWPATTERN_DROP;
	*out = *in;
	out->dst = b->addr;
	if (b->port != 0 && in->proto != NF_RWSET_ADDR && in->proto != NF_RWSET_PAIR)
		out->dport = b->port;
	outputs[0] = (uint16_t)s->out[0];
	outputs[1] = (uint16_t)s->out[1];
	return NF_RWPATTERN_MAPPED;
}

static uint32_t flowbalancer_max_output(const struct nf_element *m)
{
	const struct nf_flowbalancer *s = m->state;

	return s->out[0] > s->out[1] ? s->out[0] : s->out[1];
}

static void flowbalancer_cleanup(struct nf_element *m)
{
	struct nf_flowbalancer *s = m->state;

	if (s->tick.e != NULL)
		nf_timer_cancel(&s->tick);
	free(s->backend);
	free(s->place);
	free(s->spare);
	nf_flowage_free(&s->age);
	nf_flowtable_free(&s->flows);
	s->backend = NULL;
	s->place = s->spare = NULL;
}

static const struct nf_rwmapper_ops flowbalancer_ops = { .map = flowbalancer_map,
	.max_output = flowbalancer_max_output,
	.cleanup = flowbalancer_cleanup };

static struct nf_flowbalancer_flow *flowbalancer_flow(
	const struct nf_flowbalancer *s, uint32_t entry)
{
	return nf_steparray_item(
		&s->flows.entries, entry, NF_FLOWTABLE_SHIFT, sizeof(struct nf_flowbalancer_flow));
}

static void flowbalancer_end_flow(struct nf_flowbalancer *s, uint32_t entry)
{
	nf_flowtable_unlink(&s->flows, entry, 0);
	nf_flowage_remove(&s->age, entry);
	nf_flowtable_put(&s->flows, entry);
}

/* Without a place in the table a flow is served all the same, as the hash says. */
static void flowbalancer_remember(
	struct nf_flowbalancer *s, const struct nf_rwkey *k, uint16_t nr, uint32_t now)
{
	uint32_t entry = NF_FLOWTABLE_NONE, victim;
	int64_t left;

	s->work = s->work + 4 > FLOWBALANCER_WORK ? FLOWBALANCER_WORK : s->work + 4;
	if (s->flows.nb_entries >= s->capacity) {
		victim = nf_flowage_victim(&s->age, now, &left, &s->work);
		if (victim != NF_FLOWTABLE_NONE) {
			flowbalancer_end_flow(s, victim);
			s->nb_evicted++;
		}
	}
	if (s->flows.nb_entries < s->capacity)
		entry = nf_flowtable_alloc(&s->flows);
	if (entry == NF_FLOWTABLE_NONE) {
		s->nb_refused++;
		return;
	}
	*flowbalancer_flow(s, entry) = (struct nf_flowbalancer_flow){
		.key = *k, .age.last = now, .backend = nr, .epoch = s->backend[nr].epoch
	};
	if (!nf_flowage_add(&s->age, entry, 0)) {
		nf_flowtable_put(&s->flows, entry);
	} else if (!nf_flowtable_link(&s->flows, entry, 0)) {
		nf_flowage_remove(&s->age, entry);
		nf_flowtable_put(&s->flows, entry);
	}
}

/* The backend of a packet's flow, or NULL. */
static const struct nf_flowbalancer_backend *flowbalancer_of(
	struct nf_flowbalancer *s, const struct nf_rwkey *k, uint32_t ref, uint32_t now)
{
	struct nf_flowbalancer_backend *b;
	struct nf_flowbalancer_flow *f = NULL;

	if (ref != NF_FLOWTABLE_NONE) {
		f = flowbalancer_flow(s, ref >> 1);
		f->age.last = now;
		b = &s->backend[f->backend];
		if (UK_LIKELY(f->epoch == b->epoch && nf_flowbalancer_usable(b)))
			return b;
	}
	b = flowbalancer_pick(s, k);
	if (b == NULL)
		return NULL;
	if (f == NULL) {
		flowbalancer_remember(s, k, (uint16_t)(b - s->backend), now);
	} else {
		f->backend = (uint16_t)(b - s->backend);
		f->epoch = b->epoch;
		s->nb_moved++;
	}
	return b;
}

static void flowbalancer_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct nf_flowbalancer *s = e->state;
	struct nf_rwkey k[UK_BURST_MAX];
	bool ours[UK_BURST_MAX];
	uint32_t ref[UK_BURST_MAX], now = nf_rwset_now(e->core);
	uint64_t changes = s->flows.changes;
	int16_t to[UK_BURST_MAX];
	int differ = 0;
	uint8_t *l4;

	to[0] = 0;
	for (uint16_t i = 0; i < n; i++) {
		ours[i] = nf_rwpush_key(v[i], NF_RWPUSH_TCP_UDP, 0, &k[i], &l4);
		if (!ours[i])
			memset(&k[i], 0, sizeof(k[i]));
	}
	nf_flowtable_find_burst(
		&s->flows, k, n, ref, sizeof(k[0]), sizeof(struct nf_flowbalancer_flow));
	for (uint16_t i = 0; i < n; i++) {
		const struct nf_flowbalancer_backend *b = NULL;

		if (UK_UNLIKELY(s->flows.changes != changes) && ours[i])
			ref[i] = nf_flowtable_find(&s->flows, &k[i]);
		if (UK_LIKELY(ours[i]))
			b = flowbalancer_of(s, &k[i], ref[i], now);
		if (UK_LIKELY(b != NULL))
			nf_packet_set_dst_ip(v[i], b->addr);
		to[i] = b != NULL ? 0 : e->nb_out > 1 ? 1 : (int16_t)NF_DROP(!ours[i]);
		differ |= to[i] ^ to[0];
	}
	nf_rwpush_emit(e, v, to, n, differ);
}

static void flowbalancer_tick(struct nf_element *e, void *arg)
{
	struct nf_flowbalancer *s = e->state;
	uint32_t now = nf_rwset_now(e->core), work = FLOWBALANCER_BATCH, victim, nb = 0;

	while (e->nb_in > 0 && nb < FLOWBALANCER_BATCH &&
		(victim = nf_flowage_expired(&s->age, now, &work)) != NF_FLOWTABLE_NONE) {
		flowbalancer_end_flow(s, victim);
		nb++;
	}
	nf_flowbalancer_purge(s);
	(void)nf_timer_after_ns(&s->tick, s->purging || nb == FLOWBALANCER_BATCH || work == 0
						  ? FLOWBALANCER_TICK
						  : FLOWBALANCER_REST);
}

static void flowbalancer_args(struct nf_flowbalancer *s, struct nf_args *a)
{
	struct nf_flowbalancer_backend b;
	const char *text;
	bool weighted;

	while ((text = nf_args_next(a)) != NULL) {
		if (!nf_flowbalancer_parse(a->e, text, &b, &weighted))
			nf_args_error(a, "bad backend '%s', expected 'ADDR[:PORT] [WEIGHT]'", text);
		else if (nf_flowbalancer_find(s, &b) != NULL)
			nf_args_error(a, "backend '%s' is there twice", text);
		else if (nf_flowbalancer_add(s, &b) == NULL)
			nf_args_error(a, "more than %u backends", NF_FLOWBALANCER_BACKENDS);
	}
}

static int flowbalancer_configure(struct nf_element *e, struct nf_args *a)
{
	static const char *const ways[] = { "flow", "source", NULL };
	struct nf_flowbalancer *s = e->state;
	unsigned way = 0;

	s->mapper.ops = &flowbalancer_ops;
	s->e = e;
	s->size = 65537;
	s->out[1] = 1;
	s->timeout_ns = 600 * FLOWBALANCER_S;
	s->guarantee_ns = 5 * FLOWBALANCER_S;
	s->capacity = NF_RWSET_CAPACITY;
	nf_args_u32(a, "TABLE_SIZE", 0, &s->size);
	nf_args_u32(a, "SEED", 0, &s->seed);
	nf_args_enum(a, "HASH", 0, ways, &way);
	s->by_source = way == 1;
	nf_args_u32(a, "FOUTPUT", 0, &s->out[0]);
	nf_args_u32(a, "ROUTPUT", 0, &s->out[1]);
	nf_args_time_ns(a, "TIMEOUT", 0, &s->timeout_ns);
	nf_args_time_ns(a, "GUARANTEE", 0, &s->guarantee_ns);
	nf_args_u32(a, "CAPACITY", 0, &s->capacity);
	if (s->size < 251 || s->size > 1000003 || !nf_maglev_prime(s->size))
		nf_args_error(a, "TABLE_SIZE: a prime from 251 to 1000003");
	else if (e->nb_in != (e->nb_out > 0))
		nf_args_error(a, "connect both an input and an output, or none");
	s->backend = calloc(NF_FLOWBALANCER_BACKENDS, sizeof(*s->backend));
	s->place = calloc(s->size, sizeof(*s->place));
	s->spare = calloc(s->size, sizeof(*s->spare));
	if (s->backend == NULL || s->place == NULL || s->spare == NULL)
		return nf_args_error(a, "out of memory");
	flowbalancer_args(s, a);
	return nf_args_end(a);
}

static int flowbalancer_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_flowbalancer *s = e->state;
	int rc = nf_flowbalancer_fill(s);

	nf_timer_init(&s->tick, e, flowbalancer_tick, NULL);
	if (rc == 0 && e->nb_in > 0)
		rc = nf_flowtable_init(&s->flows, sizeof(struct nf_rwkey),
			sizeof(struct nf_flowbalancer_flow), nf_rwbase_random, e->core);
	if (rc == 0 && e->nb_in > 0)
		rc = nf_flowage_init(
			&s->age, &s->flows, offsetof(struct nf_flowbalancer_flow, age), 1);
	if (rc == 0 && e->nb_in > 0)
		rc = nf_flowage_class(&s->age, s->timeout_ns, s->guarantee_ns);
	return rc < 0 ? rc : nf_timer_after_ns(&s->tick, FLOWBALANCER_REST);
}

/* Slots stay where they are, so that flows find their backends; what is gone is given up. */
static void flowbalancer_take_backends(struct nf_flowbalancer *s, struct nf_flowbalancer *was)
{
	struct nf_flowbalancer_backend *mine = s->backend;
	uint32_t nb_mine = s->nb_slots;

	s->backend = was->backend;
	s->nb_slots = was->nb_slots;
	was->backend = mine;
	was->nb_slots = nb_mine;
	for (uint32_t i = 0; i < s->nb_slots; i++) {
		struct nf_flowbalancer_backend *b = &s->backend[i];
		const struct nf_flowbalancer_backend *new = nf_flowbalancer_find(was, b);

		if (b->addr == 0)
			continue;
		if (new != NULL) {
			b->weight = new->weight;
		} else {
			b->addr = 0;
			b->epoch++;
		}
	}
	for (uint32_t i = 0; i < nb_mine; i++) {
		if (nf_flowbalancer_find(s, &mine[i]) == NULL)
			(void)nf_flowbalancer_add(s, &mine[i]);
	}
}

static void flowbalancer_take_state(struct nf_element *e, struct nf_element *old)
{
	struct nf_flowbalancer *s = e->state, *was = old->state;
	struct nf_flowtable flows = s->flows;
	struct nf_flowage age = s->age;

	flowbalancer_take_backends(s, was);
	(void)!nf_flowbalancer_fill(s); /* without memory: as the configuration says, all up */
	s->nb_none = was->nb_none;
	s->nb_moved = was->nb_moved;
	if (e->nb_in == 0 || old->nb_in == 0)
		return;
	s->flows = was->flows;
	s->age = was->age;
	was->flows = flows;
	was->age = age;
	s->age.table = &s->flows;
	was->age.table = &was->flows;
	s->age.classes[0].timeout_ms = was->age.classes[0].timeout_ms;
	s->age.classes[0].guarantee_ms = was->age.classes[0].guarantee_ms;
}

const struct nf_class nf_flowbalancer = {
	.name = "FlowBalancer",
	.ports = "0-1/0-2",
	.processing = "h/h",
	.state_size = sizeof(struct nf_flowbalancer),
	.configure = flowbalancer_configure,
	.initialize = flowbalancer_initialize,
	.cleanup = nf_rwmapper_cleanup,
	.push = flowbalancer_push,
	.drops = (const char *const[]){ "no backend", "not rewritable", NULL },
	.handlers = nf_flowbalancer_handlers,
	.take_state = flowbalancer_take_state,
	.flags = NF_CLASS_ANNO,
	.phase = NF_RWMAPPER_PHASE,
};
