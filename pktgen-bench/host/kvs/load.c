/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pktgen-bench/host/kvs/load.h"

#define PLACE_ROOM                                                                                 \
	1856u /* bytes of one request: an odd number of lines, for any key and value in bounds */
#define STALL_PER_SEC 20000u /* a turn longer than 50 us: this thread was not running */
#define LOOK_PER_SEC  1000u
#define OPEN_MOST     PG_KVS_WINDOW_MAX

/* -- requests -- */

static void load_template(struct pg_kvs *k, uint8_t *p, struct pg_kvs_request at)
{
	if (k->head)
		pg_kvs_frame_build(p, &k->opts->ends, at.len);
	memset(p + k->head, 0, PG_KVS_FRAME);
	p[k->head + 5] = 1; /* one datagram */
	memcpy(p + k->head + at.key_at, k->keys.text, k->keys.key_len);
}

static void load_set_template(struct pg_kvs *k, struct pg_kvs_place *pl, uint32_t value_len)
{
	pl->set_at = k->opts->proto->set(pl->set + k->head, k->keys.key_len, value_len);
	pl->value_len = value_len;
	load_template(k, pl->set, pl->set_at);
}

static int load_places(struct pg_kvs *k)
{
	k->room = aligned_alloc(64, (size_t)2 * PG_PORT_BURST * PLACE_ROOM);
	if (!k->room)
		return -1;
	for (unsigned int i = 0; i < PG_PORT_BURST; i++) {
		struct pg_kvs_place *pl = &k->place[i];

		pl->get = k->room + (size_t)2 * i * PLACE_ROOM;
		pl->set = pl->get + PLACE_ROOM;
		pl->get_at = k->opts->proto->get(pl->get + k->head, k->keys.key_len);
		load_template(k, pl->get, pl->get_at);
		load_set_template(k, pl, k->keys.value_min);
	}
	return 0;
}

/* What differs from one request to the next: port, id, key. */
static inline void load_patch(struct pg_kvs *k, uint8_t *p, const struct pg_kvs_request *at,
	uint32_t number, uint32_t key)
{
	const struct pg_kvs_ends *e = &k->opts->ends;
	uint8_t *payload = p + k->head;
	uint16_t id = (uint16_t)(number >> k->flight.port_bits);

	if (k->head)
		pg_kvs_frame_port(p, (uint16_t)(e->port + (number & (e->nb_ports - 1u))));
	payload[0] = (uint8_t)(id >> 8);
	payload[1] = (uint8_t)id;
	pg_kvs_keys_digits(&k->keys, payload + at->key_at + k->keys.key_len - 8, key);
}

static inline void load_make_get(
	struct pg_kvs *k, struct pg_kvs_place *pl, struct pg_kvs_slot *s, struct pg_port_frame *f)
{
	s->version = k->keys.version[s->key].acked;
	load_patch(k, pl->get, &pl->get_at, s->number, s->key);
	*f = (struct pg_port_frame){ .data = pl->get, .len = k->head + pl->get_at.len };
	k->count.gets++;
}

static inline void load_make_set(
	struct pg_kvs *k, struct pg_kvs_place *pl, struct pg_kvs_slot *s, struct pg_port_frame *f)
{
	uint32_t len;

	s->version = pg_kvs_keys_next(&k->keys, s->key);
	len = pg_kvs_keys_value_len(&k->keys, s->key, s->version);
	if (len != pl->value_len)
		load_set_template(k, pl, len);
	load_patch(k, pl->set, &pl->set_at, s->number, s->key);
	pg_kvs_keys_fill(
		&k->keys, pl->set + k->head + pl->set_at.value_at, len, s->key, s->version);
	*f = (struct pg_port_frame){ .data = pl->set, .len = k->head + pl->set_at.len };
	k->count.sets++;
}

/* Renews the first @n keys of the next burst. */
static void load_draw(struct pg_kvs *k, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		k->next_key[i] = pg_kvs_draw_key(&k->draw, k->ahead[i]);
		__builtin_prefetch(&k->keys.version[k->next_key[i]], 1);
	}
	for (unsigned int i = 0; i < n; i++) {
		k->ahead[i] = pg_kvs_draw_random(&k->draw);
		pg_kvs_draw_prefetch(&k->draw, k->ahead[i]);
	}
}

/* Keys of the next @n requests; returns for how many there is one. */
static unsigned int load_keys(struct pg_kvs *k, uint32_t *key, unsigned int n)
{
	if (k->source != PG_KVS_MIX) {
		for (unsigned int i = 0; i < n; i++) {
			if (k->nb_retry)
				key[i] = k->retry[--k->nb_retry];
			else if (k->each_next < k->keys.nb)
				key[i] = k->each_next++;
			else
				return i;
		}
		return n;
	}
	memcpy(key, k->next_key, n * sizeof(*key));
	load_draw(k, n);
	return n;
}

static inline bool load_is_set(struct pg_kvs *k, uint32_t key)
{
	if (k->source != PG_KVS_MIX)
		return k->source == PG_KVS_EACH_SET;
	if ((uint32_t)pg_kvs_draw_random(&k->draw) < k->get_below)
		return false;
	return !k->opts->any_order || pg_kvs_keys_settled(&k->keys, key);
}

/* When the next request of a rate was due, in TSC; never later than @tsc. */
static inline uint64_t load_due_tsc(const struct pg_kvs *k, uint64_t nth, uint64_t tsc)
{
	uint64_t due =
		k->start_tsc + k->stalled_tsc +
		(uint64_t)((double)(k->due_taken + nth) * (double)k->clock.hz / k->load.value);

	return due < tsc ? due : tsc;
}

/* Makes up to @n requests into frame[]. */
static void load_make(struct pg_kvs *k, unsigned int n, uint64_t tsc)
{
	uint32_t key[PG_PORT_BURST];
	unsigned int i;

	n = load_keys(k, key, n);
	for (i = 0; i < n; i++) {
		struct pg_kvs_slot *s = pg_kvs_flight_take(&k->flight);
		uint64_t due = k->load.kind == PG_KVS_RATE ? load_due_tsc(k, i, tsc) : tsc;

		if (!s)
			break;
		s->key = key[i];
		s->sent_at = (uint32_t)(due >> PG_KVS_TICK_SHIFT);
		s->set = load_is_set(k, s->key);
		if (s->set)
			load_make_set(k, &k->place[i], s, &k->frame[i]);
		else
			load_make_get(k, &k->place[i], s, &k->frame[i]);
		if (k->opts->ends.checksum && k->head)
			pg_kvs_frame_sum(k->frame[i].data, k->frame[i].len);
	}
	k->at = 0;
	k->nb = i;
	k->count.sent += i;
	k->due_taken += i;
}

/* How many requests may be made now. */
static inline unsigned int load_want(struct pg_kvs *k, uint64_t tsc)
{
	unsigned int burst = k->opts->burst, open = k->flight.open,
		     window = (unsigned int)k->load.value;
	uint64_t due;

	if (k->load.kind == PG_KVS_DRAIN)
		return 0;
	if (k->load.kind == PG_KVS_CLOSED)
		return open >= window ? 0 : window - open < burst ? window - open : burst;
	due = (uint64_t)((double)(tsc - k->start_tsc - k->stalled_tsc) * k->load.value /
			 (double)k->clock.hz);
	due = due > k->due_taken ? due - k->due_taken : 0;
	if (due > PG_KVS_BACKLOG) {
		k->count.refused += due - PG_KVS_BACKLOG;
		k->due_taken += due - PG_KVS_BACKLOG;
		due = PG_KVS_BACKLOG;
	}
	if (open >= OPEN_MOST)
		return 0;
	return due < burst ? (unsigned int)due : burst;
}

/*
 * Two sides that poll the same cache line in lockstep exchange a few frames at a time; after a short burst in a closed
 * loop a ring is left alone for opts.rest_ns (as in traffic.c).
 */
static inline unsigned int load_send(struct pg_kvs *k, uint64_t tsc)
{
	unsigned int n;

	if (tsc < k->tx_after)
		return 0;
	if (k->at == k->nb) {
		n = load_want(k, tsc);
		if (!n)
			return 0;
		load_make(k, n, tsc);
	}
	n = k->link.ops->tx(&k->link, k->frame + k->at, k->nb - k->at);
	k->at += n;
	if (k->at < k->nb)
		k->tx_after = tsc + k->rest_tsc;
	return n;
}

/* -- answers -- */

static void load_answer_arp(struct pg_kvs *k, const uint8_t *question)
{
	uint8_t answer[PG_KVS_ARP_LEN + 18] = { 0 };
	struct pg_port_frame f = { .data = answer,
		.len = sizeof(answer) }; /* 60 bytes: Ethernet's least */

	pg_kvs_frame_arp(&k->opts->ends, question, answer);
	/* If it is refused, it is asked for again. */
	(void)k->link.ops->tx(&k->link, &f, 1);
}

/* One received frame: the payload behind the frame header of an answer, with its slot's low bits; NULL: none. */
struct load_heard {
	const uint8_t *p;
	uint32_t len, port;
	uint16_t id;
};

static inline struct load_heard load_hear(struct pg_kvs *k, const struct pg_port_frame *f)
{
	bool partial = k->link.no_sums || f->flags & PG_PORT_F_NEEDS_CSUM;
	struct load_heard h = { .p = f->data, .len = f->len };
	enum pg_kvs_frame what = PG_KVS_FRAME_ANSWER;

	if (k->head)
		what = pg_kvs_frame_look(
			&k->opts->ends, f->data, f->len, partial, &h.port, &h.p, &h.len);
	if (what == PG_KVS_FRAME_ARP)
		load_answer_arp(k, f->data);
	else if (what == PG_KVS_FRAME_OTHER)
		k->count.foreign++;
	/* Sequence number 0 of 1 datagram, nothing reserved. */
	else if (what == PG_KVS_FRAME_BAD || h.len < PG_KVS_FRAME ||
		 memcmp(h.p + 2, "\0\0\0\1\0\0", 6) != 0)
		k->count.malformed++;
	else
		return (struct load_heard){ h.p + PG_KVS_FRAME, h.len - PG_KVS_FRAME, h.port,
			(uint16_t)(h.p[0] << 8 | h.p[1]) };
	return (struct load_heard){ 0 };
}

static inline unsigned int load_receive(struct pg_kvs *k, uint64_t tsc)
{
	struct pg_port_frame f[PG_PORT_BURST];
	struct load_heard h[PG_PORT_BURST];
	unsigned int n;
	uint32_t now;

	if (tsc < k->rx_after)
		return 0;
	n = k->link.ops->rx(&k->link, f, k->opts->burst);
	if (n < k->opts->burst)
		k->rx_after = tsc + k->rest_tsc;
	if (!n)
		return 0;
	tsc = pg_clock_now();
	now = (uint32_t)(tsc >> PG_KVS_TICK_SHIFT);
	for (unsigned int i = 0; i < n; i++) {
		h[i] = load_hear(k, &f[i]);
		if (h[i].p) {
			uint32_t low = pg_kvs_flight_low(&k->flight, h[i].port, h[i].id);
			uint32_t key = k->flight.slot[low & k->flight.mask].key;

			__builtin_prefetch(&k->keys.version[key], 1);
		}
	}
	for (unsigned int i = 0; i < n; i++) {
		struct pg_kvs_slot *s =
			h[i].p ? pg_kvs_flight_land(&k->flight, h[i].port, h[i].id, &k->count)
			       : NULL;

		if (!s || !pg_kvs_flight_judge(
				  &k->keys, k->opts->proto, s, h[i].p, h[i].len, &k->count))
			continue;
		pg_hist_add(&k->lat, pg_clock_ns(&k->clock, (uint64_t)(uint32_t)(now - s->sent_at)
								    << PG_KVS_TICK_SHIFT));
		if (!k->first_tsc)
			k->first_tsc = tsc;
	}
	return n;
}

/* -- runs -- */

static void load_lost(void *arg, uint32_t key)
{
	struct pg_kvs *k = arg;

	/* There is room for as many as can be under way. */
	if (k->source != PG_KVS_MIX)
		k->retry[k->nb_retry++] = key;
}

static void load_expire(struct pg_kvs *k, uint64_t tsc, double timeout_s)
{
	uint64_t timeout = pg_clock_ticks(&k->clock, timeout_s);

	pg_kvs_flight_expire(&k->flight, (uint32_t)(tsc >> PG_KVS_TICK_SHIFT),
		(uint32_t)(timeout >> PG_KVS_TICK_SHIFT), &k->count, load_lost, k);
}

static bool load_over(const struct pg_kvs *k)
{
	return k->load.kind == PG_KVS_DRAIN ? !k->flight.open && k->at == k->nb
					    : pg_kvs_load_done(k);
}

/* How many frames it moved. */
static inline unsigned int load_turn(struct pg_kvs *k, uint64_t tsc)
{
	unsigned int sent, got;

	if (!k->link.ops->enter(&k->link))
		return 0;
	sent = load_send(k, tsc);
	got = load_receive(k, tsc);
	/* Receiving is tried twice a turn, so that a full ring at the server drains. */
	if (got == k->opts->burst)
		load_receive(k, tsc);
	k->link.ops->leave(&k->link);
	return sent + got;
}

double pg_kvs_load_run(struct pg_kvs *k, const struct pg_kvs_load *l, double seconds,
	bool (*look)(struct pg_kvs *k, uint64_t tsc, void *arg), void *arg)
{
	uint64_t tsc = pg_clock_now(), stall = k->clock.hz / STALL_PER_SEC, last = tsc,
		 next_look = 0;
	unsigned int moved = 0;
	uint64_t end = seconds > 0 ? tsc + pg_clock_ticks(&k->clock, seconds) : UINT64_MAX;

	k->load = *l;
	k->start_tsc = tsc;
	k->due_taken = k->stalled_tsc = k->first_tsc = k->busy_tsc = 0;
	k->rest_tsc = k->link.rings && l->kind == PG_KVS_CLOSED
			      ? k->opts->rest_ns * k->clock.hz / 1000000000u
			      : 0;
	for (; !*k->stop; last = tsc, tsc = pg_clock_now()) {
		/* We were not running: what fell due meanwhile is not the server's fault. */
		if (__builtin_expect(tsc - last > stall, 0))
			k->stalled_tsc += tsc - last;
		else if (moved)
			k->busy_tsc += tsc - last;
		if (__builtin_expect(tsc >= next_look, 0)) {
			next_look = tsc + k->clock.hz / LOOK_PER_SEC;
			load_expire(k, tsc, k->opts->timeout_s);
			if (tsc >= end || load_over(k) || (look && !look(k, tsc, arg)))
				break;
		}
		moved = load_turn(k, tsc);
	}
	return (double)(tsc - k->start_tsc) / (double)k->clock.hz;
}

void pg_kvs_load_drain(struct pg_kvs *k)
{
	struct pg_kvs_load none = { .kind = PG_KVS_DRAIN };
	uint64_t first = k->first_tsc;

	pg_kvs_load_run(k, &none, k->opts->timeout_s, NULL, NULL);
	k->first_tsc = first;
	k->at = k->nb;
	load_expire(k, pg_clock_now(), 0);
}

void pg_kvs_load_source(struct pg_kvs *k, enum pg_kvs_source source)
{
	k->source = source;
	k->each_next = k->nb_retry = 0;
}

int pg_kvs_load_init(struct pg_kvs *k, const struct pg_kvs_opts *o, volatile sig_atomic_t *stop)
{
	uint32_t bits = (uint32_t)__builtin_ctz(o->ends.nb_ports);

	k->opts = o;
	k->stop = stop;
	k->head = k->link.bare ? 0 : PG_KVS_HEADERS;
	k->get_below = (uint64_t)(o->get_share * 4294967296.0);
	pg_clock_init(&k->clock);
	pg_hist_reset(&k->lat);
	if (pg_kvs_keys_init(&k->keys, o->keys, o->key_len, o->value_min, o->value_max, o->seed) <
			0 ||
		pg_kvs_draw_init(&k->draw, o->keys, o->zipf, o->seed) < 0 ||
		pg_kvs_flight_init(&k->flight, OPEN_MOST, bits) < 0 || load_places(k) < 0)
		goto no_memory;
	k->retry = malloc((k->flight.mask + 1) * sizeof(*k->retry));
	if (!k->retry)
		goto no_memory;
	/* Twice: the first draw is of random numbers that are still 0. */
	load_draw(k, PG_PORT_BURST);
	load_draw(k, PG_PORT_BURST);
	return 0;

no_memory:
	fprintf(stderr, "pgbench-host: not enough memory for %u keys\n", o->keys);
	return -1;
}

void pg_kvs_load_free(struct pg_kvs *k)
{
	pg_kvs_keys_free(&k->keys);
	pg_kvs_draw_free(&k->draw);
	pg_kvs_flight_free(&k->flight);
	free(k->room);
	free(k->retry);
}
