/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/aggregate/ratetree.h"
#include "nf-apps/element/basic/number.h"

#define RATETREE_SHIFT    5  /* log2 of 32 */
#define RATETREE_FOLDS    16 /* levels that one epoch looks at */
#define RATETREE_AVG_MAX  (1ull << 42)
#define RATETREE_RATE_MAX UINT32_MAX

/* (31/32)^(2^i) * 2^32 */
static const uint32_t ratetree_decay[] = { 4160749568u, 4030726144u, 3782742016u, 3331605615u,
	2584326075u, 1555015627u, 563001633u, 73800524u, 1268116u, 374u };

static uint32_t ratetree_epoch(uint64_t now_ns)
{
	return (uint32_t)(now_ns / NF_RATETREE_EPOCH_NS);
}

static void ratetree_roll_one(struct nf_ratetree_counter *c, unsigned way, uint32_t silent)
{
	uint64_t sample = (uint64_t)c->now[way] << NF_RATETREE_SCALE, avg = c->avg[way];

	if (sample > avg)
		avg += (sample - avg + (1u << RATETREE_SHIFT) - 1) >> RATETREE_SHIFT;
	else
		avg -= (avg - sample + (1u << RATETREE_SHIFT) - 1) >> RATETREE_SHIFT;
	if (silent >= 1u << UK_ARRAY_SIZE(ratetree_decay))
		avg = 0;
	for (unsigned i = 0; avg != 0 && i < UK_ARRAY_SIZE(ratetree_decay); i++) {
		if (silent >> i & 1)
			avg = (uint64_t)((unsigned __int128)avg * ratetree_decay[i] >> 32);
	}
	c->avg[way] = avg < RATETREE_AVG_MAX ? avg : RATETREE_AVG_MAX;
	c->now[way] = 0;
}

static void ratetree_roll(struct nf_ratetree_counter *c, uint32_t epoch)
{
	uint32_t past = epoch - c->epoch;

	if (UK_LIKELY(past == 0))
		return;
	for (unsigned way = 0; way < NF_RATETREE_WAYS; way++) {
		if (c->avg[way] != 0 || c->now[way] != 0)
			ratetree_roll_one(c, way, past - 1);
	}
	c->epoch = epoch;
}

static uint32_t ratetree_rate(const struct nf_ratetree_counter *c, unsigned way)
{
	uint64_t rate = c->avg[way] * NF_RATETREE_PER_SECOND >> NF_RATETREE_SCALE;

	return rate < RATETREE_RATE_MAX ? (uint32_t)rate : RATETREE_RATE_MAX;
}

static bool ratetree_is_high(const struct nf_ratetree *t, const struct nf_ratetree_counter *c)
{
	return ratetree_rate(c, NF_RATETREE_FWD) >= t->thresh ||
	       ratetree_rate(c, NF_RATETREE_REV) >= t->thresh;
}

/* Takes a level away that has none below it. */
static void ratetree_close(struct nf_ratetree *t, struct nf_ratetree_level *l)
{
	if (t->cursor == l)
		t->cursor = l->next;
	*(l->prev != NULL ? &l->prev->next : &t->first) = l->next;
	*(l->next != NULL ? &l->next->prev : &t->last) = l->prev;
	l->parent->below = NULL;
	l->up->nb_below--;
	t->bytes -= sizeof(*l);
	free(l);
}

/* The level below `c`, and all below that. */
static void ratetree_close_below(struct nf_ratetree *t, struct nf_ratetree_counter *c)
{
	struct nf_ratetree_level *l = c->below;

	if (l == NULL)
		return;
	for (unsigned i = 0; l->nb_below > 0 && i < 256; i++)
		ratetree_close_below(t, &l->counter[i]);
	ratetree_close(t, l);
}

static void ratetree_open(struct nf_ratetree *t, struct nf_ratetree_level *up,
	struct nf_ratetree_counter *c, unsigned next_byte)
{
	size_t max = t->max_bytes ? t->max_bytes : NF_RATETREE_BYTES_MAX;
	struct nf_ratetree_level *l = t->bytes + sizeof(*l) <= max ? calloc(1, sizeof(*l)) : NULL;

	if (l == NULL)
		return;
	l->up = up;
	l->parent = c;
	l->counter[next_byte] = *c; /* all of the cluster's rate, until its neighbours come */
	l->counter[next_byte].below = NULL;
	l->counter[next_byte].shut_until = 0;
	l->prev = t->last;
	*(t->last != NULL ? &t->last->next : &t->first) = l;
	t->last = l;
	c->below = l;
	up->nb_below++;
	t->bytes += sizeof(*l);
}

/* Closes levels whose rate has fallen; each call looks at a few. */
static void ratetree_fold(struct nf_ratetree *t, uint32_t epoch)
{
	for (unsigned i = 0; i < RATETREE_FOLDS; i++) {
		struct nf_ratetree_level *l = t->cursor != NULL ? t->cursor : t->first;

		if (l == NULL)
			return;
		t->cursor = l->next;
		ratetree_roll(l->parent, epoch);
		if (l->nb_below == 0 && !ratetree_is_high(t, l->parent))
			ratetree_close(t, l);
	}
}

void nf_ratetree_add(struct nf_ratetree *t, uint32_t addr, unsigned way, uint32_t nb,
	uint64_t now_ns, uint32_t rates[NF_RATETREE_WAYS])
{
	uint32_t epoch = ratetree_epoch(now_ns);
	struct nf_ratetree_level *l = t->base;
	struct nf_ratetree_counter *c;
	unsigned shift = 24;

	for (;;) {
		c = &l->counter[addr >> shift & 255];
		ratetree_roll(c, epoch);
		c->now[way] = nb < UINT32_MAX - c->now[way] ? c->now[way] + nb : UINT32_MAX;
		if (c->below == NULL)
			break;
		l = c->below;
		shift -= 8;
	}
	for (unsigned i = 0; i < NF_RATETREE_WAYS; i++)
		rates[i] = ratetree_rate(c, i);
	if (c->shut_until != 0 && (int32_t)(epoch - c->shut_until) >= 0)
		c->shut_until = 0;
	if (shift > 0 && c->shut_until == 0 && ratetree_is_high(t, c))
		ratetree_open(t, l, c, addr >> (shift - 8) & 255);
	if (epoch != t->fold_epoch) {
		t->fold_epoch = epoch;
		ratetree_fold(t, epoch);
	}
}

void nf_ratetree_shut(
	struct nf_ratetree *t, uint32_t addr, unsigned depth, uint32_t seconds, uint64_t now_ns)
{
	struct nf_ratetree_level *l = t->base;
	uint64_t epochs = (uint64_t)seconds * NF_RATETREE_PER_SECOND;

	for (unsigned shift = 24; l != NULL; shift -= 8, depth--) {
		struct nf_ratetree_counter *c = &l->counter[addr >> shift & 255];

		l = c->below;
		if (depth > 0)
			continue;
		c->shut_until = ratetree_epoch(now_ns) +
				(epochs < INT32_MAX ? (uint32_t)epochs : INT32_MAX);
		c->shut_until += c->shut_until == 0;
		ratetree_close_below(t, c);
		return;
	}
}

void nf_ratetree_shrink(struct nf_ratetree *t)
{
	/* the youngest level has none below it that is older; those below are younger */
	while (t->max_bytes != 0 && t->bytes > t->max_bytes && t->last != NULL)
		ratetree_close_below(t, t->last->parent);
}

int nf_ratetree_init(struct nf_ratetree *t, uint64_t now_ns)
{
	t->base = calloc(1, sizeof(*t->base));
	if (t->base == NULL)
		return -ENOMEM;
	t->bytes = sizeof(*t->base);
	t->reset_epoch = t->fold_epoch = ratetree_epoch(now_ns);
	return 0;
}

void nf_ratetree_reset(struct nf_ratetree *t, uint64_t now_ns)
{
	while (t->last != NULL)
		ratetree_close_below(t, t->last->parent);
	memset(t->base, 0, sizeof(*t->base));
	t->reset_epoch = t->fold_epoch = ratetree_epoch(now_ns);
}

void nf_ratetree_free(struct nf_ratetree *t)
{
	while (t->last != NULL)
		ratetree_close_below(t, t->last->parent);
	free(t->base);
	t->base = NULL;
}

static void ratetree_print_level(struct nf_ratetree_level *l, uint32_t prefix, unsigned depth,
	uint32_t epoch, struct nf_text *out)
{
	for (uint32_t i = 0; i < 256; i++) {
		struct nf_ratetree_counter *c = &l->counter[i];
		uint32_t cluster = prefix | i << (24 - 8 * depth);

		ratetree_roll(c, epoch);
		if (c->avg[0] == 0 && c->avg[1] == 0)
			continue;
		for (unsigned d = 0; d < depth; d++)
			nf_text_add(out, "\t", 1);
		for (unsigned d = 0; d <= depth; d++)
			nf_text_printf(out, d > 0 ? ".%u" : "%u", cluster >> (24 - 8 * d) & 255);
		for (unsigned way = 0; way < NF_RATETREE_WAYS; way++) {
			nf_text_add(out, "\t", 1);
			nf_number_print_milli(
				(c->avg[way] * NF_RATETREE_PER_SECOND >> NF_RATETREE_SCALE) * 1000 +
					((c->avg[way] * NF_RATETREE_PER_SECOND &
						 ((1u << NF_RATETREE_SCALE) - 1)) *
							1000 >>
						NF_RATETREE_SCALE),
				out);
		}
		nf_text_add(out, "\n", 1);
		if (c->below != NULL)
			ratetree_print_level(c->below, cluster, depth + 1, epoch, out);
	}
}

void nf_ratetree_print(struct nf_ratetree *t, uint64_t now_ns, struct nf_text *out)
{
	uint32_t epoch = ratetree_epoch(now_ns);

	nf_text_printf(out, "%u\n", epoch - t->reset_epoch);
	ratetree_print_level(t->base, 0, 0, epoch, out);
}
