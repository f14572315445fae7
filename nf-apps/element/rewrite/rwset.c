/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include "nf-apps/element/rewrite/rwbase.h"

#define RWSET_SEQ_LOG   5
#define RWSET_WORK      256u /* stale stamps corrected in a row for new flows, most */
#define RWSET_WORK_EACH 4u   /* as many more for each new flow */

struct nf_rwset *nf_rwset_new(uint32_t capacity, uint32_t (*random)(void *), void *arg)
{
	struct nf_rwset *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->capacity = capacity;
	s->work = RWSET_WORK;
	nf_steparray_init(&s->seqs, sizeof(struct nf_rwseq), RWSET_SEQ_LOG);
	if (nf_flowtable_init(&s->flows, sizeof(struct nf_rwkey), sizeof(struct nf_rwflow), random,
		    arg) == 0 &&
		nf_flowage_init(&s->age, &s->flows, offsetof(struct nf_rwflow, age),
			NF_FLOWAGE_CLASSES) == 0)
		return s;
	nf_rwset_free(s);
	return NULL;
}

void nf_rwset_free(struct nf_rwset *s)
{
	if (s == NULL)
		return;
	nf_flowage_free(&s->age);
	nf_flowtable_free(&s->flows);
	if (s->binds.key_bytes != 0)
		nf_flowtable_free(&s->binds);
	nf_steparray_free(&s->seqs);
	free(s);
}

int nf_rwset_need_binds(struct nf_rwset *s, uint32_t (*random)(void *), void *arg)
{
	int rc;

	if (s->binds.key_bytes != 0)
		return 0;
	rc = nf_flowtable_init(
		&s->binds, sizeof(struct nf_rwkey), sizeof(struct nf_rwbind), random, arg);
	if (rc < 0)
		s->binds.key_bytes = 0;
	return rc;
}

static bool rwset_is_loop(const struct nf_rwflow *f)
{
	return nf_flowtable_same(&f->key[0], &f->key[1], sizeof(f->key[0]));
}

static void rwset_seq_put(struct nf_rwset *s, struct nf_rwflow *f)
{
	struct nf_rwseq *q;

	if (f->seq == 0)
		return;
	q = nf_steparray_at(&s->seqs, f->seq - 1);
	q->next_free = s->free_seq;
	s->free_seq = f->seq;
	f->seq = 0;
}

struct nf_rwseq *nf_rwset_seq(struct nf_rwset *s, struct nf_rwflow *f)
{
	struct nf_rwseq *q;

	if (f->seq != 0)
		return nf_steparray_at(&s->seqs, f->seq - 1);
	if (s->free_seq == 0) {
		if (s->nb_seqs == nf_steparray_size(&s->seqs) && !nf_steparray_grow(&s->seqs))
			return NULL;
		f->seq = ++s->nb_seqs;
		q = nf_steparray_at(&s->seqs, f->seq - 1);
	} else {
		f->seq = s->free_seq;
		q = nf_steparray_at(&s->seqs, f->seq - 1);
		s->free_seq = q->next_free;
	}
	memset(q, 0, sizeof(*q));
	return q;
}

void nf_rwset_destroy(struct nf_rwset *s, uint32_t entry)
{
	struct nf_rwflow *f = nf_rwset_flow(s, entry);
	struct nf_rwbase *owner = s->member[f->key[0].owner];

	if (!rwset_is_loop(f))
		nf_flowtable_unlink(&s->flows, entry, 0);
	nf_flowtable_unlink(&s->flows, entry, 1);
	nf_flowage_remove(&s->age, entry);
	rwset_seq_put(s, f);
	if (owner != NULL)
		nf_rwbase_flow_gone(owner, f);
	if (f->bind != 0)
		nf_rwset_unbind(s, f->bind - 1);
	nf_flowtable_put(&s->flows, entry);
}

void nf_rwset_clear(struct nf_rwset *s)
{
	for (uint32_t i = 0; i < s->nb_members; i++) {
		if (s->member[i] != NULL)
			nf_rwbase_cleared(s->member[i]);
	}
	nf_flowage_clear(&s->age);
	nf_flowtable_clear(&s->flows);
	if (s->binds.key_bytes != 0)
		nf_flowtable_clear(&s->binds);
	s->nb_seqs = s->free_seq = 0;
}

/* A flow goes so that another one can come; false: the other one has to stay out. */
static bool rwset_evict(struct nf_rwset *s, unsigned class_nr, uint32_t now)
{
	const struct nf_flowage_class *c = &s->age.classes[class_nr];
	int64_t left = 0;
	uint32_t victim = nf_flowage_victim(&s->age, now, &left, &s->work);

	/* without a guarantee the new one is one of those that may go */
	if (victim == NF_FLOWTABLE_NONE || (c->guarantee_ms == 0 && left > c->timeout_ms)) {
		s->nb_refused++;
		return false;
	}
	nf_rwset_destroy(s, victim);
	s->nb_evicted++;
	return true;
}

static bool rwset_room(struct nf_rwset *s, unsigned class_nr, uint32_t now)
{
	if (UK_LIKELY(s->flows.nb_entries < s->capacity))
		return true;
	return rwset_evict(s, class_nr, now) && s->flows.nb_entries < s->capacity;
}

/* One's complement of what changes, never 0xffff: see RFC 1624 on the two zeros. */
static uint16_t rwset_fold(uint64_t sum)
{
	uint16_t d = (uint16_t)~nf_inet_fold(sum);

	return d == 0xffff ? 0 : d;
}

static void rwset_deltas(struct nf_rwflow *f)
{
	const struct nf_rwkey *was = &f->key[0], *is = &f->key[1];
	uint64_t sum = (uint64_t)is->src + is->dst + (uint32_t)~was->src + (uint32_t)~was->dst;

	f->ip_delta = rwset_fold(sum);
	/* an echo's checksum covers its identifier only */
	if (was->proto == NF_IP_ICMP)
		sum = (uint64_t)is->dport + (uint16_t)~was->sport;
	else
		sum += (uint64_t)is->sport + is->dport + (uint16_t)~was->sport +
		       (uint16_t)~was->dport;
	f->l4_delta = rwset_fold(sum);
}

/* All of it, or nothing. */
static bool rwset_enter(struct nf_rwset *s, uint32_t entry, unsigned class_nr)
{
	bool loop = rwset_is_loop(nf_rwset_flow(s, entry));

	if (!nf_flowage_add(&s->age, entry, class_nr))
		return false;
	if (!nf_flowtable_link(&s->flows, entry, 1))
		goto undo_age;
	if (loop || nf_flowtable_link(&s->flows, entry, 0))
		return true;
	nf_flowtable_unlink(&s->flows, entry, 1);
undo_age:
	nf_flowage_remove(&s->age, entry);
	return false;
}

uint32_t nf_rwset_add(
	struct nf_rwset *s, const struct nf_rwflow *f, unsigned class_nr, uint32_t now)
{
	uint32_t ref = nf_flowtable_find(&s->flows, &f->key[1]), entry;
	struct nf_rwflow *new;

	s->work = s->work + RWSET_WORK_EACH > RWSET_WORK ? RWSET_WORK : s->work + RWSET_WORK_EACH;
	if (UK_UNLIKELY(ref != NF_FLOWTABLE_NONE))
		nf_rwset_destroy(s, ref >> 1);
	if (!rwset_room(s, class_nr, now))
		return NF_FLOWTABLE_NONE;
	entry = nf_flowtable_alloc(&s->flows);
	/* memory is full before the capacity is reached: the same as full */
	if (entry == NF_FLOWTABLE_NONE && rwset_evict(s, class_nr, now))
		entry = nf_flowtable_alloc(&s->flows);
	if (entry == NF_FLOWTABLE_NONE)
		return entry;
	new = nf_rwset_flow(s, entry);
	*new = *f;
	rwset_deltas(new);
	if (rwset_enter(s, entry, class_nr))
		return entry;
	nf_flowtable_put(&s->flows, entry);
	s->nb_refused++;
	return NF_FLOWTABLE_NONE;
}

bool nf_rwset_reap(struct nf_rwset *s, uint32_t now, uint32_t most)
{
	uint32_t work = most, victim;

	while (most > 0 && work > 0) {
		victim = nf_flowage_expired(&s->age, now, &work);
		if (victim == NF_FLOWTABLE_NONE && s->flows.nb_entries > s->capacity) {
			int64_t left;

			victim = nf_flowage_victim(&s->age, now, &left, &work);
			if (victim == NF_FLOWTABLE_NONE)
				victim = nf_flowage_oldest(&s->age, now, &work);
		}
		if (victim == NF_FLOWTABLE_NONE)
			return work == 0;
		nf_rwset_destroy(s, victim);
		s->nb_expired++;
		most--;
	}
	return true;
}

uint32_t nf_rwset_bind(struct nf_rwset *s, const struct nf_rwbind *b)
{
	uint32_t entry = nf_flowtable_alloc(&s->binds);

	if (entry == NF_FLOWTABLE_NONE)
		return entry;
	*nf_rwset_binding(s, entry) = *b;
	if (!nf_flowtable_link(&s->binds, entry, 0))
		goto undo_alloc;
	if (nf_flowtable_link(&s->binds, entry, 1))
		return entry;
	nf_flowtable_unlink(&s->binds, entry, 0);
undo_alloc:
	nf_flowtable_put(&s->binds, entry);
	return NF_FLOWTABLE_NONE;
}

void nf_rwset_unbind(struct nf_rwset *s, uint32_t bind)
{
	struct nf_rwbind *b = nf_rwset_binding(s, bind);

	if (b->nb_flows > 1) {
		b->nb_flows--;
		return;
	}
	if (s->member[b->key[0].owner] != NULL)
		nf_rwbase_bind_gone(s->member[b->key[0].owner], b);
	nf_flowtable_unlink(&s->binds, bind, 0);
	nf_flowtable_unlink(&s->binds, bind, 1);
	nf_flowtable_put(&s->binds, bind);
}
