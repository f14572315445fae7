/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes through all of the store: background work, figures. */
#include "nf-apps/kvs/store_int.h"

/* Unlinks the dead of a chain's bucket; false: one went, so the chain may have changed. */
static bool walk_bucket(struct nf_store *s, struct store_bucket *b, uint32_t home, unsigned *nb)
{
	for (uint32_t i = 0; i < STORE_SLOTS && b->ref[i]; i++) {
		struct nf_item *it = store_ptr(s, b->ref[i]);

		(*nb)++;
		if (!store_dead(s, it))
			continue;
		nf_store_drop_dead(s, it, (struct store_pos){ b, i }, home);
		return false;
	}
	return true;
}

static void walk_prefetch(const struct nf_store *s, uint32_t home)
{
	const struct store_bucket *b = &s->buckets[home];

	for (uint32_t i = 0; i < STORE_SLOTS && b->ref[i]; i++)
		__builtin_prefetch(store_ptr(s, b->ref[i]));
}

void nf_store_sweep(struct nf_store *s, uint32_t now, unsigned budget)
{
	unsigned nb = 0;

	store_clock(s, now);
	while (nb < budget) {
		uint32_t home = s->swept, next = home + 1 < s->nb_buckets ? home + 1 : 0;
		struct store_bucket *b = &s->buckets[home];

		walk_prefetch(s, next);
		while (b)
			b = walk_bucket(s, b, home, &nb) ? store_next(s, b) : &s->buckets[home];
		nb++;
		s->swept = next;
	}
}

void nf_store_stats(const struct nf_store *s, struct nf_store_stats *st)
{
	*st = s->stats;
	st->limit_bytes = s->bytes;
	st->used_bytes = s->bytes - (uint64_t)s->free_units * NF_STORE_UNIT;
	st->hash_bytes = s->nb_buckets * sizeof(struct store_bucket) +
			 s->nb_over * sizeof(struct store_over);
	st->hash_power = 63 - (uint64_t)__builtin_clzll((uint64_t)s->nb_buckets * STORE_SLOTS);
}

void nf_store_stats_reset(struct nf_store *s)
{
	s->stats = (struct nf_store_stats){ .nb_items = s->stats.nb_items,
		.item_bytes = s->stats.item_bytes };
}

void nf_store_each(
	const struct nf_store *s, bool (*fn)(const struct nf_item *it, void *arg), void *arg)
{
	for (uint32_t home = 0; home < s->nb_buckets; home++) {
		for (const struct store_bucket *b = &s->buckets[home]; b; b = store_next(s, b)) {
			for (uint32_t i = 0; i < STORE_SLOTS && b->ref[i]; i++) {
				const struct nf_item *it = store_ptr(s, b->ref[i]);

				if (!store_dead(s, it) && !fn(it, arg))
					return;
			}
		}
	}
}
