/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/service/dnsmsg.h"
#include "nf-apps/element/service/dnsstore.h"

static uint64_t dnsstore_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

uint64_t nf_dnsstore_hash(const uint64_t secret[2], const uint8_t *key, uint32_t len, uint8_t kind)
{
	uint64_t h = dnsstore_fold(secret[0] ^ len, secret[1] ^ kind), w;

	for (uint32_t i = 0; i < len; i += 8) {
		w = 0;
		memcpy(&w, key + i, len - i < 8 ? len - i : 8);
		h = dnsstore_fold(h ^ w ^ secret[0], secret[1] + i);
	}
	return h ^ h >> 32;
}

void nf_dnsstore_flush(struct nf_dnsstore *s)
{
	memset(s->chains, 0xff, s->nb_chains * sizeof(*s->chains));
	memset(s->entries, 0, s->nb_entries * sizeof(*s->entries));
	for (unsigned k = 0; k < 2; k++) {
		struct nf_dnsstore_class *c = &s->class[k];

		c->free = c->oldest = c->newest = NF_DNSSTORE_NONE;
		for (uint32_t i = c->nb; i > 0; i--) {
			s->entries[c->first + i - 1].next = c->free;
			c->free = c->first + i - 1;
		}
	}
	s->nb_used = 0;
}

int nf_dnsstore_init(struct nf_dnsstore *s, uint32_t nb, const uint64_t secret[2])
{
	uint32_t nb_long = nb / 8 + 1;

	*s = (struct nf_dnsstore){
		.nb_entries = nb + nb_long, .nb_chains = 1, .secret = { secret[0], secret[1] }
	};
	s->class[0] = (struct nf_dnsstore_class){ .nb = nb, .bytes = NF_DNSSTORE_SHORT };
	s->class[1] =
		(struct nf_dnsstore_class){ .first = nb, .nb = nb_long, .bytes = NF_DNSSTORE_LONG };
	while (s->nb_chains < s->nb_entries)
		s->nb_chains *= 2;
	s->entries = calloc(s->nb_entries, sizeof(*s->entries));
	s->chains = calloc(s->nb_chains, sizeof(*s->chains));
	for (unsigned k = 0; k < 2; k++)
		s->class[k].mem = malloc((size_t)s->class[k].nb * s->class[k].bytes);
	if (s->entries == NULL || s->chains == NULL || s->class[0].mem == NULL ||
		s->class[1].mem == NULL) {
		nf_dnsstore_free(s);
		return -ENOMEM;
	}
	nf_dnsstore_flush(s);
	return 0;
}

void nf_dnsstore_free(struct nf_dnsstore *s)
{
	free(s->entries);
	free(s->chains);
	free(s->class[0].mem);
	free(s->class[1].mem);
	*s = (struct nf_dnsstore){ .nb_used = 0 };
}

static struct nf_dnsstore_class *dnsstore_class(const struct nf_dnsstore *s, uint32_t entry)
{
	return (struct nf_dnsstore_class *)(uintptr_t)&s->class[entry >= s->class[1].first];
}

uint8_t *nf_dnsstore_message(const struct nf_dnsstore *s, uint32_t entry)
{
	const struct nf_dnsstore_class *c = dnsstore_class(s, entry);

	return c->mem + (size_t)(entry - c->first) * c->bytes;
}

static void dnsstore_leave(struct nf_dnsstore *s, uint32_t entry)
{
	struct nf_dnsstore_class *c = dnsstore_class(s, entry);
	struct nf_dnsstore_entry *x = &s->entries[entry];

	*(x->older == NF_DNSSTORE_NONE ? &c->oldest : &s->entries[x->older].newer) = x->newer;
	*(x->newer == NF_DNSSTORE_NONE ? &c->newest : &s->entries[x->newer].older) = x->older;
}

static void dnsstore_enter(struct nf_dnsstore *s, uint32_t entry)
{
	struct nf_dnsstore_class *c = dnsstore_class(s, entry);
	struct nf_dnsstore_entry *x = &s->entries[entry];

	x->older = c->newest;
	x->newer = NF_DNSSTORE_NONE;
	*(x->older == NF_DNSSTORE_NONE ? &c->oldest : &s->entries[x->older].newer) = entry;
	c->newest = entry;
}

void nf_dnsstore_remove(struct nf_dnsstore *s, uint32_t entry)
{
	struct nf_dnsstore_class *c = dnsstore_class(s, entry);
	struct nf_dnsstore_entry *x = &s->entries[entry];
	uint32_t *at = &s->chains[x->hash & (s->nb_chains - 1)];

	while (*at != entry)
		at = &s->entries[*at].next;
	*at = x->next;
	dnsstore_leave(s, entry);
	x->len = 0;
	x->next = c->free;
	c->free = entry;
	s->nb_used--;
}

static uint32_t dnsstore_lookup(const struct nf_dnsstore *s, uint64_t hash, const uint8_t *key,
	uint32_t key_len, uint8_t kind)
{
	uint32_t i = s->chains[hash & (s->nb_chains - 1)];

	for (; i != NF_DNSSTORE_NONE; i = s->entries[i].next) {
		const struct nf_dnsstore_entry *x = &s->entries[i];

		if (x->hash == hash && x->kind == kind && x->key_len == key_len &&
			memcmp(nf_dnsstore_message(s, i) + NF_DNSMSG_HLEN, key, key_len) == 0)
			break;
	}
	return i;
}

uint32_t nf_dnsstore_find(struct nf_dnsstore *s, uint64_t hash, const uint8_t *key,
	uint32_t key_len, uint8_t kind, uint64_t now)
{
	uint32_t i = dnsstore_lookup(s, hash, key, key_len, kind);

	if (i == NF_DNSSTORE_NONE)
		return i;
	if (nf_dnsstore_age(&s->entries[i], now) >= s->entries[i].ttl) {
		nf_dnsstore_remove(s, i);
		return NF_DNSSTORE_NONE;
	}
	dnsstore_leave(s, i);
	dnsstore_enter(s, i);
	return i;
}

bool nf_dnsstore_put(struct nf_dnsstore *s, uint64_t hash, const uint8_t *key, uint32_t key_len,
	uint8_t kind, const uint8_t *m, uint32_t len, uint32_t ttl, uint64_t now)
{
	struct nf_dnsstore_class *c = &s->class[len > NF_DNSSTORE_SHORT];
	uint32_t i = dnsstore_lookup(s, hash, key, key_len, kind), *chain;

	if (i != NF_DNSSTORE_NONE)
		nf_dnsstore_remove(s, i);
	if (len > NF_DNSSTORE_LONG || len < NF_DNSMSG_HLEN + key_len)
		return false;
	if (c->free == NF_DNSSTORE_NONE) {
		nf_dnsstore_remove(s, c->oldest);
		s->nb_evicted++;
	}
	i = c->free;
	c->free = s->entries[i].next;
	chain = &s->chains[hash & (s->nb_chains - 1)];
	s->entries[i] = (struct nf_dnsstore_entry){ .hash = hash,
		.next = *chain,
		.since = now,
		.ttl = ttl,
		.len = (uint16_t)len,
		.key_len = (uint16_t)key_len,
		.kind = kind };
	*chain = i;
	memcpy(nf_dnsstore_message(s, i), m, len);
	memcpy(nf_dnsstore_message(s, i) + NF_DNSMSG_HLEN, key, key_len);
	dnsstore_enter(s, i);
	s->nb_used++;
	return true;
}
