/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Live change: a rewriter gets the flows of the one before it. A set with one user on both sides
 * changes hands whole; flows of shared sets move one by one. Flows go on as they were made,
 * whatever the new input specifications say, until they time out; those that lead to outputs that
 * are gone are given up.
 */
#include "nf-apps/element/rewrite/rwbase.h"

#define RWTAKE_SWAP(a, b)                                                                          \
	do {                                                                                       \
		__typeof__(a) swap_ = (a);                                                         \
		(a) = (b);                                                                         \
		(b) = swap_;                                                                       \
	} while (0)

struct rwtake {
	struct nf_rwbase *rw, *was;
	uint32_t now;
};

static void rwtake_out_of_range(void *arg, uint32_t entry)
{
	struct rwtake *t = arg;
	const struct nf_rwflow *f = nf_rwset_flow(t->rw->set, entry);

	if (f->key[0].owner == t->rw->owner &&
		(f->out[0] >= t->rw->e->nb_out || f->out[1] >= t->rw->e->nb_out))
		nf_rwset_destroy(t->rw->set, entry);
}

static void rwtake_count(void *arg, uint32_t entry)
{
	struct rwtake *t = arg;
	const struct nf_rwflow *f = nf_rwset_flow(t->rw->set, entry);

	if (f->key[0].owner == t->rw->owner && f->input < t->rw->nb_inputs)
		t->rw->input[f->input].nb_flows++;
}

/* The whole set; what the new one was made with lies in the old rewriter and ends with it. */
static void rwtake_whole(struct rwtake *t)
{
	struct nf_rwbase *rw = t->rw, *was = t->was;
	struct nf_rwset *mine = rw->set, *set = was->set;

	set->capacity = mine->capacity;
	for (unsigned i = 0; i < rw->nb_classes; i++) {
		set->age.classes[was->first_class + i].timeout_ms =
			mine->age.classes[rw->first_class + i].timeout_ms;
		set->age.classes[was->first_class + i].guarantee_ms =
			mine->age.classes[rw->first_class + i].guarantee_ms;
	}
	mine->member[rw->owner] = was;
	set->member[was->owner] = rw;
	rw->set = set;
	was->set = mine;
	RWTAKE_SWAP(rw->owner, was->owner);
	RWTAKE_SWAP(rw->first_class, was->first_class);
	if (mine->binds.key_bytes != 0 && set->binds.key_bytes == 0)
		RWTAKE_SWAP(set->binds, mine->binds);
}

/* The binding of a flow in the new set, with one flow more; + 1, 0: no memory. */
static uint32_t rwtake_bind(struct rwtake *t, const struct nf_rwflow *f)
{
	struct nf_rwset *to = t->rw->set;
	struct nf_rwbind b = *nf_rwset_binding(t->was->set, f->bind - 1);
	uint32_t ref, bind;

	b.nb_flows = 0;
	b.key[0].owner = b.key[1].owner = t->rw->owner;
	if (to->binds.key_bytes == 0 &&
		nf_rwset_need_binds(to, nf_rwbase_random, t->rw->e->core) < 0)
		return 0;
	ref = nf_flowtable_find(&to->binds, &b.key[0]);
	bind = ref != NF_FLOWTABLE_NONE ? ref >> 1 : nf_rwset_bind(to, &b);
	if (bind == NF_FLOWTABLE_NONE)
		return 0;
	nf_rwset_binding(to, bind)->nb_flows++;
	return bind + 1;
}

static void rwtake_one(void *arg, uint32_t entry)
{
	struct rwtake *t = arg;
	struct nf_rwset *from = t->was->set, *to = t->rw->set;
	struct nf_rwflow *f = nf_rwset_flow(from, entry), copy = *f, *new;
	unsigned class_nr = f->age.class_nr - t->was->first_class + t->rw->first_class;
	uint32_t made;

	if (f->key[0].owner != t->was->owner)
		return;
	if (f->bind != 0)
		copy.bind = rwtake_bind(t, f);
	if (f->bind != 0 && copy.bind == 0)
		return;
	copy.key[0].owner = copy.key[1].owner = t->rw->owner;
	copy.seq = 0;
	made = nf_rwset_add(to, &copy, class_nr, t->now);
	if (made == NF_FLOWTABLE_NONE && copy.bind != 0)
		nf_rwset_unbind(to, copy.bind - 1);
	if (made == NF_FLOWTABLE_NONE)
		return;
	new = nf_rwset_flow(to, made);
	memcpy(new->age.user, f->age.user, sizeof(new->age.user));
	if (f->seq != 0) {
		struct nf_rwseq *q = nf_rwset_seq(to, new);

		if (q != NULL)
			*q = *nf_rwset_seq(from, f);
	}
}

void nf_rwbase_take_state(struct nf_element *e, struct nf_element *old)
{
	struct rwtake t = { .rw = e->state, .was = old->state, .now = nf_rwset_now(e->core) };
	struct nf_rwbase *rw = t.rw, *was = t.was;

	if (rw->set->nb_users == 1 && was->set->nb_users == 1)
		rwtake_whole(&t);
	else
		nf_flowtable_each(&was->set->flows, rwtake_one, &t);
	for (unsigned i = 0; i < rw->nb_inputs && i < was->nb_inputs; i++)
		rw->input[i].nb_failures = was->input[i].nb_failures;
	nf_flowtable_each(&rw->set->flows, rwtake_count, &t);
	if (rw->e->nb_out < was->e->nb_out)
		nf_flowtable_each(&rw->set->flows, rwtake_out_of_range, &t);
	(void)nf_rwset_reap(rw->set, t.now, UINT32_MAX);
}
