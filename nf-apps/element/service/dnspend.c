/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/service/dnspend.h"

int nf_dnspend_init(struct nf_dnspend *p, uint32_t nb)
{
	*p = (struct nf_dnspend){
		.nb = nb, .oldest = NF_DNSPEND_NONE, .newest = NF_DNSPEND_NONE, .mask = 1
	};
	while (p->mask < nb)
		p->mask *= 2;
	p->entries = calloc(nb, sizeof(*p->entries));
	p->questions = malloc(p->mask * sizeof(*p->questions));
	p->ids = malloc(p->mask * sizeof(*p->ids));
	if (p->entries == NULL || p->questions == NULL || p->ids == NULL) {
		nf_dnspend_free(p);
		return -ENOMEM;
	}
	memset(p->questions, 0xff, p->mask * sizeof(*p->questions));
	memset(p->ids, 0xff, p->mask * sizeof(*p->ids));
	p->mask--;
	for (uint32_t i = 0; i < nb; i++)
		p->entries[i].newer = i + 1 < nb ? i + 1 : NF_DNSPEND_NONE;
	return 0;
}

void nf_dnspend_free(struct nf_dnspend *p)
{
	free(p->entries);
	free(p->questions);
	free(p->ids);
	*p = (struct nf_dnspend){ .nb = 0 };
}

static uint32_t dnspend_id_hash(const struct nf_dnspend *p, uint16_t id, uint16_t port)
{
	return (id ^ (uint32_t)port * 40503u) & p->mask;
}

uint32_t nf_dnspend_find(const struct nf_dnspend *p, uint64_t hash, const uint8_t *key,
	uint32_t key_len, uint8_t kind)
{
	uint32_t i = p->questions[hash & p->mask];

	for (; i != NF_DNSPEND_NONE; i = p->entries[i].by_question) {
		const struct nf_dnspend_entry *x = &p->entries[i];

		if (x->hash == hash && x->kind == kind && x->key_len == key_len &&
			memcmp(x->key, key, key_len) == 0)
			break;
	}
	return i;
}

uint32_t nf_dnspend_find_id(const struct nf_dnspend *p, uint16_t id, uint16_t port)
{
	uint32_t i = p->ids[dnspend_id_hash(p, id, port)];

	while (i != NF_DNSPEND_NONE && (p->entries[i].id != id || p->entries[i].port != port))
		i = p->entries[i].by_id;
	return i;
}

uint32_t nf_dnspend_add(struct nf_dnspend *p, uint64_t hash, const struct nf_dnsmsg *q,
	uint8_t kind, uint16_t id, uint16_t port, uint32_t now)
{
	uint32_t i = p->free, *question = &p->questions[hash & p->mask],
		 *by_id = &p->ids[dnspend_id_hash(p, id, port)];
	struct nf_dnspend_entry *x;

	if (i == NF_DNSPEND_NONE)
		return i;
	x = &p->entries[i];
	p->free = x->newer;
	memset(x, 0, offsetof(struct nf_dnspend_entry, key));
	x->hash = hash;
	x->kind = kind;
	x->id = id;
	x->port = port;
	x->since = x->sent = now;
	x->key_len = q->key_len;
	memcpy(x->key, q->key, q->key_len);
	x->by_question = *question;
	x->by_id = *by_id;
	*question = *by_id = i;
	x->older = p->newest;
	x->newer = NF_DNSPEND_NONE;
	*(x->older == NF_DNSPEND_NONE ? &p->oldest : &p->entries[x->older].newer) = i;
	p->newest = i;
	p->nb_used++;
	return i;
}

void nf_dnspend_remove(struct nf_dnspend *p, uint32_t entry)
{
	struct nf_dnspend_entry *x = &p->entries[entry];
	uint32_t *at = &p->questions[x->hash & p->mask];

	while (*at != entry)
		at = &p->entries[*at].by_question;
	*at = x->by_question;
	at = &p->ids[dnspend_id_hash(p, x->id, x->port)];
	while (*at != entry)
		at = &p->entries[*at].by_id;
	*at = x->by_id;
	*(x->older == NF_DNSPEND_NONE ? &p->oldest : &p->entries[x->older].newer) = x->newer;
	*(x->newer == NF_DNSPEND_NONE ? &p->newest : &p->entries[x->newer].older) = x->older;
	x->nb_waiters = 0;
	x->newer = p->free;
	p->free = entry;
	p->nb_used--;
}
