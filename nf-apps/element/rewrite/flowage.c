/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/rewrite/flowage.h"

#define FLOWAGE_WAYS 8u
#define FLOWAGE_STEP 12 /* log2 of a heap's items per step: 32 KiB */

struct flowage_item {
	uint32_t stamp;
	uint32_t entry;
};

/* Place p lies at p + 7, so that the eight children of a place fill one cache line. */
static struct flowage_item *flowage_item(const struct nf_flowage_class *c, uint32_t place)
{
	return nf_steparray_item(
		&c->heap, place + FLOWAGE_WAYS - 1, FLOWAGE_STEP, sizeof(struct flowage_item));
}

static bool flowage_older(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

int nf_flowage_init(struct nf_flowage *a, const struct nf_flowtable *table, uint32_t mark_at,
	uint32_t nb_classes)
{
	*a = (struct nf_flowage){ .table = table, .mark_at = mark_at, .room_classes = nb_classes };
	if (nb_classes > NF_FLOWAGE_CLASSES)
		return -EINVAL;
	a->classes = calloc(nb_classes, sizeof(*a->classes));
	return a->classes != NULL ? 0 : -ENOMEM;
}

void nf_flowage_free(struct nf_flowage *a)
{
	for (uint32_t i = 0; i < a->nb_classes; i++)
		nf_steparray_free(&a->classes[i].heap);
	free(a->classes);
	a->classes = NULL;
	a->nb_classes = 0;
}

void nf_flowage_clear(struct nf_flowage *a)
{
	for (uint32_t i = 0; i < a->nb_classes; i++)
		a->classes[i].nb = 0;
}

static uint32_t flowage_ms(uint64_t ns)
{
	uint64_t ms = ns / 1000000;

	return ms > NF_FLOWAGE_MAX_MS ? NF_FLOWAGE_MAX_MS : (uint32_t)ms;
}

int nf_flowage_class(struct nf_flowage *a, uint64_t timeout_ns, uint64_t guarantee_ns)
{
	struct nf_flowage_class *c;

	if (a->nb_classes == a->room_classes)
		return -ENOSPC;
	c = &a->classes[a->nb_classes];
	*c = (struct nf_flowage_class){ .timeout_ms = flowage_ms(timeout_ns),
		.guarantee_ms = flowage_ms(guarantee_ns) };
	nf_steparray_init(&c->heap, sizeof(struct flowage_item), FLOWAGE_STEP);
	return (int)a->nb_classes++;
}

static void flowage_place(
	struct nf_flowage *a, struct nf_flowage_class *c, uint32_t place, struct flowage_item item)
{
	*flowage_item(c, place) = item;
	nf_flowage_mark(a, item.entry)->place = place;
}

static uint32_t flowage_rise(
	struct nf_flowage *a, struct nf_flowage_class *c, uint32_t place, struct flowage_item item)
{
	while (place > 0) {
		struct flowage_item up = *flowage_item(c, (place - 1) / FLOWAGE_WAYS);

		if (!flowage_older(item.stamp, up.stamp))
			break;
		flowage_place(a, c, place, up);
		place = (place - 1) / FLOWAGE_WAYS;
	}
	return place;
}

static uint32_t flowage_sink(
	struct nf_flowage *a, struct nf_flowage_class *c, uint32_t place, struct flowage_item item)
{
	for (;;) {
		uint32_t kid = FLOWAGE_WAYS * place + 1, least = kid;
		uint32_t nb = kid < c->nb ? c->nb - kid : 0;
		const struct flowage_item *kids;

		if (nb == 0)
			return place;
		kids = flowage_item(c, kid);
		for (uint32_t i = 1; i < FLOWAGE_WAYS && i < nb; i++) {
			if (flowage_older(kids[i].stamp, kids[least - kid].stamp))
				least = kid + i;
		}
		if (!flowage_older(kids[least - kid].stamp, item.stamp))
			return place;
		flowage_place(a, c, place, kids[least - kid]);
		place = least;
	}
}

bool nf_flowage_add(struct nf_flowage *a, uint32_t entry, unsigned class_nr)
{
	struct nf_flowage_class *c = &a->classes[class_nr];
	struct nf_flowage_mark *m = nf_flowage_mark(a, entry);
	struct flowage_item item = { m->last, entry };

	if (c->nb + FLOWAGE_WAYS > nf_steparray_size(&c->heap) && !nf_steparray_grow(&c->heap))
		return false;
	m->class_nr = (uint8_t)class_nr;
	c->nb++;
	flowage_place(a, c, flowage_rise(a, c, c->nb - 1, item), item);
	return true;
}

void nf_flowage_remove(struct nf_flowage *a, uint32_t entry)
{
	struct nf_flowage_mark *m = nf_flowage_mark(a, entry);
	struct nf_flowage_class *c = &a->classes[m->class_nr];
	uint32_t place = m->place, up;
	struct flowage_item last = *flowage_item(c, --c->nb);

	if (place == c->nb)
		return;
	up = flowage_rise(a, c, place, last);
	flowage_place(a, c, up < place ? up : flowage_sink(a, c, place, last), last);
}

bool nf_flowage_move(struct nf_flowage *a, uint32_t entry, unsigned class_nr)
{
	struct nf_flowage_class *c = &a->classes[class_nr];

	if (c->nb + FLOWAGE_WAYS > nf_steparray_size(&c->heap) && !nf_steparray_grow(&c->heap))
		return false;
	nf_flowage_remove(a, entry);
	return nf_flowage_add(a, entry, class_nr);
}

/*
 * The oldest of a class, as far as `work` allows to know. With `fresh_ms`: the search ends as soon
 * as all are known to be younger than that (their stamps say so, and stamps are never too young).
 */
static uint32_t flowage_top(struct nf_flowage *a, struct nf_flowage_class *c, uint32_t now,
	uint32_t fresh_ms, uint32_t *work)
{
	uint32_t best = NF_FLOWTABLE_NONE, best_last = 0;

	while (c->nb > 0) {
		struct flowage_item top = *flowage_item(c, 0);
		uint32_t last = nf_flowage_mark(a, top.entry)->last;

		if (best == NF_FLOWTABLE_NONE || flowage_older(last, best_last)) {
			best = top.entry;
			best_last = last;
		}
		if (last == top.stamp || now - top.stamp < fresh_ms || *work == 0)
			break;
		(*work)--;
		top.stamp = last;
		flowage_place(a, c, flowage_sink(a, c, 0, top), top);
	}
	return best;
}

uint32_t nf_flowage_victim(struct nf_flowage *a, uint32_t now, int64_t *left_ms, uint32_t *work)
{
	uint32_t victim = NF_FLOWTABLE_NONE;

	for (uint32_t i = 0; i < a->nb_classes; i++) {
		struct nf_flowage_class *c = &a->classes[i];
		uint32_t top = flowage_top(a, c, now, c->guarantee_ms, work), idle;
		int64_t left;

		if (top == NF_FLOWTABLE_NONE)
			continue;
		idle = now - nf_flowage_mark(a, top)->last;
		left = (int64_t)c->timeout_ms - idle;
		if (idle < c->guarantee_ms || (victim != NF_FLOWTABLE_NONE && left >= *left_ms))
			continue;
		victim = top;
		*left_ms = left;
	}
	return victim;
}

static uint32_t flowage_kept_ms(const struct nf_flowage_class *c)
{
	return c->timeout_ms > c->guarantee_ms ? c->timeout_ms : c->guarantee_ms;
}

uint32_t nf_flowage_expired(struct nf_flowage *a, uint32_t now, uint32_t *work)
{
	for (uint32_t i = 0; i < a->nb_classes; i++) {
		struct nf_flowage_class *c = &a->classes[i];
		uint32_t kept = flowage_kept_ms(c), top = flowage_top(a, c, now, kept, work);

		if (top != NF_FLOWTABLE_NONE && now - nf_flowage_mark(a, top)->last >= kept)
			return top;
	}
	return NF_FLOWTABLE_NONE;
}

uint32_t nf_flowage_oldest(struct nf_flowage *a, uint32_t now, uint32_t *work)
{
	uint32_t oldest = NF_FLOWTABLE_NONE, idle = 0;

	for (uint32_t i = 0; i < a->nb_classes; i++) {
		uint32_t top = flowage_top(a, &a->classes[i], now, 0, work);

		if (top == NF_FLOWTABLE_NONE)
			continue;
		if (oldest == NF_FLOWTABLE_NONE || now - nf_flowage_mark(a, top)->last > idle) {
			oldest = top;
			idle = now - nf_flowage_mark(a, top)->last;
		}
	}
	return oldest;
}

uint32_t nf_flowage_left_ms(const struct nf_flowage *a, uint32_t entry, uint32_t now)
{
	const struct nf_flowage_mark *m = nf_flowage_mark(a, entry);
	uint32_t kept = flowage_kept_ms(&a->classes[m->class_nr]), idle = now - m->last;

	return idle < kept ? kept - idle : 0;
}
