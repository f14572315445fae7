/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/kvs/store_int.h"

#define EPOCHS_OF_STORE 64u /* epochs in which as many uses happen as there are items */

static uint32_t *age_count(struct store_age *a, uint32_t age)
{
	uint32_t before = a->epoch - age;

	if (before >= STORE_NB_EPOCH)
		before = STORE_NB_EPOCH - 1;
	return &a->nb[(a->epoch - before) % STORE_NB_EPOCH];
}

/* The oldest epochs that have `want` items together. */
static uint32_t age_find(const struct store_age *a, uint32_t want, uint32_t *nb)
{
	uint32_t before = STORE_NB_EPOCH - 1;

	*nb = a->nb[(a->epoch - before) % STORE_NB_EPOCH];
	while (*nb < want && before > 0) {
		before--;
		*nb += a->nb[(a->epoch - before) % STORE_NB_EPOCH];
	}
	return a->epoch - before;
}

static void age_renew(struct nf_store *s)
{
	struct store_age *a = &s->age;
	uint32_t nb_half, nb_items = (uint32_t)s->stats.nb_items;

	a->old = age_find(a, nb_items / 8 + 1, &a->nb_old);
	a->half = age_find(a, nb_items / 2 + 1, &nb_half);
}

void nf_store_age_refill(struct nf_store *s)
{
	if (s->age.nb_old <= s->stats.nb_items / 10)
		age_renew(s);
}

/* The oldest counter becomes the new epoch's; what it held counts one epoch younger from now on. */
static void age_advance(struct nf_store *s)
{
	struct store_age *a = &s->age;
	uint32_t *reused = &a->nb[++a->epoch % STORE_NB_EPOCH];

	a->nb[(a->epoch + 1) % STORE_NB_EPOCH] += *reused;
	*reused = 0;
	a->uses_left = (uint32_t)(s->stats.nb_items / EPOCHS_OF_STORE) + 1;
	age_renew(s);
}

void nf_store_age_add(struct nf_store *s, struct nf_item *it)
{
	struct store_age *a = &s->age;

	if (a->uses_left == 0)
		age_advance(s);
	a->uses_left--;
	it->age = a->epoch;
	a->nb[a->epoch % STORE_NB_EPOCH]++;
	if (store_age_upto(it->age, a->old))
		a->nb_old++;
}

void nf_store_age_del(struct nf_store *s, const struct nf_item *it)
{
	struct store_age *a = &s->age;
	uint32_t *nb = age_count(a, it->age);

	if (*nb)
		(*nb)--;
	if (store_age_upto(it->age, a->old) && a->nb_old)
		a->nb_old--;
}
