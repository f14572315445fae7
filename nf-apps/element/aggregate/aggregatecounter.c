/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AggregateCounter([keywords BYTES, IP_BYTES, MULTIPACKET, EXTRA_LENGTH, AGGREGATE_FREEZE,
 *	COUNT_FREEZE, AGGREGATE_STOP, COUNT_STOP, AGGREGATE_CALL, COUNT_CALL, BANNER, CAPACITY])
 *
 * Counts packets, or bytes, for each value of the aggregate annotation.
 *
 *	BYTES bool         bytes, not packets. Default false
 *	IP_BYTES bool      with BYTES: from the network header on. Default false
 *	MULTIPACKET bool   a packet that stands for more counts as all of them (the extra packets
 *	                   annotation). Default true
 *	EXTRA_LENGTH bool  with BYTES: bytes that a dump cut off count too. Default true
 *	AGGREGATE_FREEZE n, AGGREGATE_STOP n, AGGREGATE_CALL "n HANDLER [VALUE]"
 *	                   when one more aggregate than n comes, before it is counted: freeze, stop
 *	                   counting and the run, write to a handler. One of the three
 *	COUNT_FREEZE n, COUNT_STOP n, COUNT_CALL "n HANDLER [VALUE]"
 *	                   the same when the sum of all counts gets to n
 *	BANNER text        at the head of files. Default empty
 *	CAPACITY n         most aggregates, 1 to 2^26. Default 2^22. (Not in Click)
 *
 * While it is frozen, only aggregates that have a count already are counted.
 *
 * Ports: 1 or 2 inputs: what comes in by the second is counted as if frozen. 1 or 2 outputs: if
 * push, packets that were not counted leave by the second. Push or pull.
 * Handlers: write_text_file, write_ip_file, write_pdf_file, write_file (w: a file's name or -: all
 * counts as lines "AGGREGATE COUNT", with aggregates as addresses, with shares for counts, and as
 * 32-bit binary numbers), write_ascii_file (w, write_text_file), counts (r: the lines of
 * write_text_file), freeze, active, banner, aggregate_call, count_call (rw), count (r: their sum),
 * nagg (r: how many aggregates), full (r: aggregates not counted, CAPACITY was reached), clear,
 * stop, reaggregate_counts, counts_pdf (w: counts become the aggregates, how often each occurred
 * the counts).
 *
 *	FromIPSummaryDump(-, STOP true) -> AggregateIP(ip dst) -> ac :: AggregateCounter -> Discard;
 *	DriverManager(wait, write ac.write_text_file -);
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/aggregate/aggregatecounter.h"

#define AGGREGATECOUNTER_MAX (1u << 26)

struct aggregatecounter_conf {
	bool bytes, ip_bytes, multipacket, extra_length;
};

/* NAME_FREEZE, NAME_STOP or NAME_CALL. */
static int aggregatecounter_call(
	struct nf_args *a, struct nf_countcall *c, const char *const keys[3])
{
	static const char *const calls[] = { "freeze true", "stop" };
	unsigned nb = 0;
	int rc = 0;

	nf_countcall_arg(c, a, keys[2]);
	nb += c->given != UINT64_MAX;
	for (unsigned i = 0; i < 2 && rc == 0; i++) {
		struct nf_text t = { 0 };
		uint64_t at;

		if (!nf_args_u64(a, keys[i], 0, &at))
			continue;
		nb++;
		nf_text_printf(&t, "%s.%s", a->e->name, calls[i]);
		rc = nf_handlercall_set(&c->call, nf_text_get(&t));
		c->at = c->given = at;
		nf_text_free(&t);
	}
	if (nb > 1)
		nf_args_error(a, "only one of %s, %s and %s", keys[0], keys[1], keys[2]);
	return rc;
}

static int aggregatecounter_configure(struct nf_element *e, struct nf_args *a)
{
	static const char *const agg[3] = { "AGGREGATE_FREEZE", "AGGREGATE_STOP",
		"AGGREGATE_CALL" };
	static const char *const count[3] = { "COUNT_FREEZE", "COUNT_STOP", "COUNT_CALL" };
	struct aggregatecounter_conf *c = e->conf;
	struct nf_aggregatecounter *s = e->state;
	const char *banner;

	c->multipacket = c->extra_length = true;
	s->max = NF_AGGTABLE_MAX_DEFAULT;
	s->active = true;
	nf_args_bool(a, "BYTES", 0, &c->bytes);
	nf_args_bool(a, "IP_BYTES", 0, &c->ip_bytes);
	nf_args_bool(a, "MULTIPACKET", 0, &c->multipacket);
	nf_args_bool(a, "EXTRA_LENGTH", 0, &c->extra_length);
	if (nf_args_u32(a, "CAPACITY", 0, &s->max) &&
		(s->max == 0 || s->max > AGGREGATECOUNTER_MAX))
		nf_args_error(a, "CAPACITY is from 1 to %u", AGGREGATECOUNTER_MAX);
	if (aggregatecounter_call(a, &s->on_nagg, agg) < 0 ||
		aggregatecounter_call(a, &s->on_count, count) < 0)
		goto undo_args;
	if (nf_args_string(a, "BANNER", 0, &banner)) {
		s->banner = strdup(banner);
		if (s->banner == NULL)
			goto undo_args;
	}
	return nf_args_end(a);
undo_args:
	nf_args_free(a);
	return -ENOMEM;
}

static int aggregatecounter_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_aggregatecounter *s = e->state;
	int rc = nf_handlercall_check(&s->on_nagg.call, e, errs);

	if (rc == 0)
		rc = nf_handlercall_check(&s->on_count.call, e, errs);
	return rc != 0 ? rc : nf_aggtable_init(&s->table, e->core, s->max);
}

static void aggregatecounter_cleanup(struct nf_element *e)
{
	struct nf_aggregatecounter *s = e->state;

	nf_aggtable_free(&s->table);
	nf_handlercall_free(&s->on_nagg.call);
	nf_handlercall_free(&s->on_count.call);
	free(s->banner);
	s->banner = NULL;
}

void nf_aggregatecounter_clear(struct nf_aggregatecounter *s)
{
	nf_aggtable_clear(&s->table);
	s->nagg = 0;
	s->count = 0;
}

static uint32_t aggregatecounter_amount(
	const struct aggregatecounter_conf *c, const struct uk_netbuf *p)
{
	uint32_t amount;

	if (!c->bytes)
		return 1 + (c->multipacket ? nf_packet_anno_u32(p, NF_ANNO_EXTRA_PACKETS) : 0);
	amount = p->len + (c->extra_length ? nf_packet_anno_u32(p, NF_ANNO_EXTRA_LENGTH) : 0);
	if (c->ip_bytes && p->l3_off != UK_NETBUF_NO_OFF)
		amount -= (uint32_t)(p->l3_off - (int32_t)uk_netbuf_headroom(p));
	return amount;
}

/* Returns whether the packet was counted. `en` is what the lookup found. */
static bool aggregatecounter_update(
	struct nf_element *e, struct uk_netbuf *p, struct nf_aggtable_entry *en, bool frozen)
{
	struct nf_aggregatecounter *s = e->state;
	uint32_t agg = nf_packet_anno_u32(p, NF_ANNO_AGGREGATE);
	uint32_t amount = aggregatecounter_amount(e->conf, p);

	if (en == NULL)
		en = nf_aggtable_find(&s->table, agg);
	if (en == NULL && (frozen || amount == 0))
		return !frozen;
	if (en == NULL && s->nagg >= s->on_nagg.at) {
		nf_countcall_run(&s->on_nagg, e);
		/* the handler may have changed anything */
		if (!s->active || frozen || s->frozen)
			return false;
	}
	if (en == NULL) {
		en = nf_aggtable_get(&s->table, agg);
		if (en == NULL)
			return false;
		s->nagg++;
	}
	en->count += amount;
	s->count += amount;
	nf_countcall_check(&s->on_count, e, s->count);
	return true;
}

/* Moves counted packets to the front in place, others to `not`; returns how many were counted. */
static uint16_t aggregatecounter_vector(struct nf_element *e, unsigned port, struct uk_netbuf **v,
	uint16_t n, struct uk_netbuf * * not )
{
	struct nf_aggregatecounter *s = e->state;
	struct nf_aggtable_entry *found[UK_BURST_MAX];
	uint64_t unlinks = s->table.flows.unlinks;
	uint16_t nb = 0, nb_not = 0;

	if (s->active)
		nf_aggtable_find_burst(&s->table, v, n, found);
	for (uint16_t i = 0; i < n; i++) {
		struct uk_netbuf *p = v[i];

		/* a handler call may have cleared the table */
		if (s->active && aggregatecounter_update(e, p,
					 s->table.flows.unlinks == unlinks ? found[i] : NULL,
					 s->frozen || port == 1))
			v[nb++] = p;
		else
			not [nb_not++] = p;
	}
	return nb;
}

static void aggregatecounter_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct uk_netbuf * not [UK_BURST_MAX], *all[UK_BURST_MAX];
	uint16_t nb;

	if (e->nb_out == 1) {
		memcpy(all, v, n * sizeof(*v));
		aggregatecounter_vector(e, port, v, n, not );
		nf_element_emit(e, 0, all, n);
		return;
	}
	nb = aggregatecounter_vector(e, port, v, n, not );
	nf_element_emit(e, 0, v, nb);
	nf_element_emit(e, 1, not, (uint16_t)(n - nb));
}

static uint16_t aggregatecounter_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct uk_netbuf *counted[UK_BURST_MAX], *not [UK_BURST_MAX];

	n = nf_element_fetch(e, e->nb_in == 1 ? 0 : port, v, n);
	memcpy(counted, v, n * sizeof(*v));
	aggregatecounter_vector(e, port, counted, n, not );
	return n;
}

static void aggregatecounter_take_state(struct nf_element *e, struct nf_element *old)
{
	struct nf_aggregatecounter *s = e->state, *was = old->state;
	struct nf_aggtable fresh = s->table;

	s->table = was->table;
	s->table.max = s->max;
	was->table = fresh;
	s->count = was->count;
	s->nagg = was->nagg;
	s->frozen = was->frozen;
	s->active = was->active;
	nf_countcall_take_state(&s->on_nagg, &was->on_nagg);
	nf_countcall_take_state(&s->on_count, &was->on_count);
}

const struct nf_class nf_aggregatecounter = {
	.name = "AggregateCounter",
	.ports = "1-2/1-2",
	.processing = "a/a",
	.conf_size = sizeof(struct aggregatecounter_conf),
	.state_size = sizeof(struct nf_aggregatecounter),
	.configure = aggregatecounter_configure,
	.initialize = aggregatecounter_initialize,
	.cleanup = aggregatecounter_cleanup,
	.push = aggregatecounter_push,
	.pull = aggregatecounter_pull,
	.handlers = nf_aggregatecounter_handlers,
	.take_state = aggregatecounter_take_state,
	.flags = NF_CLASS_ANNO,
};
