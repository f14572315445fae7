/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/ether/mactable.h"

int nf_mactable_init(struct nf_mactable *t, uint32_t capacity, uint64_t seed)
{
	uint32_t bits = 1;

	if (capacity > NF_MACTABLE_MAX)
		capacity = NF_MACTABLE_MAX;
	/* half full on average, so that two buckets are hardly ever full at once */
	while ((uint64_t)NF_MACTABLE_WAYS << bits < 2ull * capacity)
		bits++;
	t->nb_buckets = 1u << bits;
	t->shift = 64 - bits;
	t->seed = seed | 1;
	t->buckets = aligned_alloc(UK_CACHE_LINE, t->nb_buckets * sizeof(*t->buckets));
	if (t->buckets == NULL)
		return -ENOMEM;
	nf_mactable_clear(t);
	return 0;
}

void nf_mactable_free(struct nf_mactable *t)
{
	free(t->buckets);
	t->buckets = NULL;
}

void nf_mactable_clear(struct nf_mactable *t)
{
	memset(t->buckets, 0, t->nb_buckets * sizeof(*t->buckets));
}

/* The best place in a bucket: a free one, an old one, or the one that was silent longest. */
static struct nf_mactable_entry *mactable_place(
	struct nf_mactable_bucket *b, uint64_t stamp, uint64_t timeout_ns, bool *is_free)
{
	struct nf_mactable_entry *best = &b->way[0];

	for (unsigned i = 0; i < NF_MACTABLE_WAYS; i++) {
		struct nf_mactable_entry *x = &b->way[i];

		*is_free = x->addr_port == 0 || nf_mactable_is_old(x, stamp, timeout_ns);
		if (*is_free)
			return x;
		if (x->stamp < best->stamp)
			best = x;
	}
	return best;
}

void nf_mactable_insert(
	struct nf_mactable *t, uint64_t addr, uint16_t port, uint64_t stamp, uint64_t timeout_ns)
{
	bool is_free;
	struct nf_mactable_entry *other,
		*x = mactable_place(nf_mactable_bucket(t, addr, 0), stamp, timeout_ns, &is_free);

	if (!is_free) {
		other = mactable_place(nf_mactable_bucket(t, addr, 1), stamp, timeout_ns, &is_free);
		if (is_free || other->stamp < x->stamp)
			x = other;
		t->nb_evicted += !is_free;
	}
	x->addr_port = addr << 16 | (port + 1u);
	x->stamp = stamp;
}
