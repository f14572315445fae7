/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "pktgen-bench/host/kvs/flight.h"

#define FLIGHT_LEAST 4096u

int pg_kvs_flight_init(struct pg_kvs_flight *f, uint32_t most, uint32_t port_bits)
{
	uint32_t nb = FLIGHT_LEAST;

	/* At most half of the numbers that come back, so that an answer tells an old request from a new one. */
	while (nb < 4 * most && nb < 1u << (15 + port_bits))
		nb *= 2;
	*f = (struct pg_kvs_flight){ .mask = nb - 1, .port_bits = port_bits };
	f->slot = aligned_alloc(64, nb * sizeof(*f->slot));
	if (!f->slot)
		return -1;
	memset(f->slot, 0, nb * sizeof(*f->slot));
	return 0;
}

void pg_kvs_flight_free(struct pg_kvs_flight *f)
{
	free(f->slot);
	f->slot = NULL;
}

void pg_kvs_flight_expire(struct pg_kvs_flight *f, uint32_t now, uint32_t timeout,
	struct pg_kvs_counts *c, void (*lost)(void *arg, uint32_t key), void *arg)
{
	for (; f->tail != f->next; f->tail++) {
		struct pg_kvs_slot *s = &f->slot[f->tail & f->mask];

		/* A number that was left out has no slot of its own. */
		if (s->state != PG_KVS_OPEN || s->number != f->tail)
			continue;
		if ((int32_t)(now - s->sent_at - timeout) < 0)
			return;
		s->state = PG_KVS_LOST;
		f->open--;
		c->lost++;
		lost(arg, s->key);
	}
}

struct pg_kvs_slot *pg_kvs_flight_land(
	struct pg_kvs_flight *f, uint32_t port, uint16_t id, struct pg_kvs_counts *c)
{
	uint32_t low = pg_kvs_flight_low(f, port, id), known = (1u << (16 + f->port_bits)) - 1;
	struct pg_kvs_slot *s = &f->slot[low & f->mask];

	if (__builtin_expect(s->state == PG_KVS_FREE || ((s->number ^ low) & known) != 0, 0)) {
		c->stray++;
		return NULL;
	}
	if (__builtin_expect(s->state == PG_KVS_OPEN, 1)) {
		s->state = PG_KVS_DONE;
		f->open--;
		return s;
	}
	if (s->state == PG_KVS_LOST) {
		s->state = PG_KVS_DONE;
		c->late++;
	} else {
		c->duplicate++;
	}
	return NULL;
}

static bool flight_judge_value(struct pg_kvs_keys *k, const struct pg_kvs_slot *s,
	const struct pg_kvs_answer *a, struct pg_kvs_counts *c)
{
	uint16_t version;

	if ((a->key && !pg_kvs_keys_is(k, a->key, a->key_len, s->key)) ||
		a->value_len < PG_KVS_VALUE_MIN ||
		!pg_kvs_keys_match(k, a->value, a->value_len, s->key, &version)) {
		c->wrong++;
		return false;
	}
	if (!pg_kvs_keys_may(k, s->key, s->version, version)) {
		c->stale++;
		return false;
	}
	c->hits++;
	return true;
}

bool pg_kvs_flight_judge(struct pg_kvs_keys *k, const struct pg_kvs_proto *proto,
	const struct pg_kvs_slot *s, const uint8_t *p, uint32_t len, struct pg_kvs_counts *c)
{
	struct pg_kvs_answer a;

	switch (proto->parse(p, len, &a)) {
	case PG_KVS_VALUE:
		if (s->set)
			break;
		return flight_judge_value(k, s, &a, c);
	case PG_KVS_STORED:
		if (!s->set)
			break;
		pg_kvs_keys_ack(k, s->key, s->version);
		c->stored++;
		return true;
	case PG_KVS_MISS:
		if (s->set)
			break;
		c->misses++;
		return true;
	case PG_KVS_ERROR:
		c->errors++;
		return false;
	case PG_KVS_MALFORMED:
		break;
	}
	c->malformed++;
	return false;
}
