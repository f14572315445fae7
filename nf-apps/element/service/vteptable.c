/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/service/vteptable.h"

int nf_vteptable_init(struct nf_vteptable *t, uint32_t capacity, uint32_t timeout, uint64_t seed)
{
	uint32_t nb = 1;

	while (nb * NF_VTEPTABLE_WAYS < capacity && nb * NF_VTEPTABLE_WAYS < NF_VTEPTABLE_MAX)
		nb *= 2;
	*t = (struct nf_vteptable){ .nb_buckets = nb, .timeout = timeout, .seed = seed | 1 };
	t->entries =
		aligned_alloc(UK_CACHE_LINE, (size_t)nb * NF_VTEPTABLE_WAYS * sizeof(*t->entries));
	if (t->entries == NULL)
		return -ENOMEM;
	nf_vteptable_clear(t);
	return 0;
}

void nf_vteptable_free(struct nf_vteptable *t)
{
	free(t->entries);
	t->entries = NULL;
}

void nf_vteptable_clear(struct nf_vteptable *t)
{
	memset(t->entries, 0, (size_t)t->nb_buckets * NF_VTEPTABLE_WAYS * sizeof(*t->entries));
}

static struct nf_vteptable_entry *vtep_bucket(const struct nf_vteptable *t, uint64_t mac)
{
	uint64_t h = (mac ^ mac >> 29) * t->seed;

	return &t->entries[(size_t)((h >> 32) & (t->nb_buckets - 1)) * NF_VTEPTABLE_WAYS];
}

void nf_vteptable_learn(struct nf_vteptable *t, uint64_t mac, uint32_t vtep, uint32_t now)
{
	struct nf_vteptable_entry *b = vtep_bucket(t, mac), *to = &b[0];

	for (unsigned i = 0; i < NF_VTEPTABLE_WAYS; i++) {
		if (b[i].mac == mac + 1) {
			to = &b[i];
			break;
		}
		if (b[i].mac == 0 || (to->mac != 0 && now - b[i].seen > now - to->seen))
			to = &b[i];
	}
	if (to->mac != 0 && to->mac != mac + 1 && now - to->seen < t->timeout)
		t->nb_evicted++;
	*to = (struct nf_vteptable_entry){ .mac = mac + 1, .vtep = vtep, .seen = now };
}

uint32_t nf_vteptable_find(const struct nf_vteptable *t, uint64_t mac, uint32_t now)
{
	const struct nf_vteptable_entry *b = vtep_bucket(t, mac);

	for (unsigned i = 0; i < NF_VTEPTABLE_WAYS; i++) {
		if (b[i].mac == mac + 1)
			return now - b[i].seen < t->timeout ? b[i].vtep : 0;
	}
	return 0;
}
