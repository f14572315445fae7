/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A vector of keys through the trees: each step is done for all keys that need it before the next
 * one begins. So loads for different keys overlap, and what differs from key to key is no branch:
 * lists of the keys that are to go on are written as if all did, and their length counts those that
 * do.
 */
#include "dataplane/netbuf.h"
#include "nf-apps/element/classify/cut.h"

/* Keys on their way through a tree. Lists hold numbers of keys; NULL stands for all, in order. */
struct run {
	const struct nf_cut *c;
	const struct nf_lane_key *key;
	uint32_t *rule;
	nf_cut_confirm confirm;
	void *arg;
	uint64_t at[UK_BURST_MAX]; /* the node to which each key has come */
};

/* A step from node to node. Returns how many have not come to a leaf: left[0..). */
UK_INLINE unsigned run_step(
	struct run *r, const uint64_t *root, const uint8_t list[], unsigned nb, uint8_t left[])
{
	const struct nf_lane_key *const key = r->key;
	const struct nf_cut *const c = r->c;
	unsigned n = 0;

	for (unsigned i = 0; i < nb; i++) {
		unsigned k = list != NULL ? list[i] : i;
		uint64_t w = nf_cut_child(c, root != NULL ? *root : r->at[k], &key[k]);

		r->at[k] = w;
		left[n] = (uint8_t)k;
		n += (w & NF_CUT_LEAF) == 0;
	}
	return n;
}

/* How a tree differs from others. */
struct run_how {
	bool first;   /* no rule was found before */
	bool inexact; /* some boxes have to be confirmed */
};

/*
 * Compares keys with box nr of their leaves. Returns how many have not found their rule: left[0..).
 * Conditions are numbers here, for the compiler would make branches of them.
 */
UK_INLINE unsigned run_box(struct run *r, uint32_t nr, const uint8_t list[], unsigned nb,
	uint8_t left[], struct run_how how)
{
	const struct nf_lane_key *const key = r->key;
	const struct nf_cut *const c = r->c;
	uint32_t *const rule = r->rule;
	unsigned n = 0;

	for (unsigned i = 0; i < nb; i++) {
		unsigned k = list != NULL ? list[i] : i;
		uint64_t w = r->at[k];
		const uint32_t *rules = nf_cut_rules(c, w, nr);
		uint32_t in = nf_cut_in(&key[k], nf_cut_box(c, w, nr)), found;

		if (how.inexact && UK_UNLIKELY((rules[0] >> 31 & in) != 0))
			in = r->confirm(r->arg, k, rules[0] & ~NF_CUT_INEXACT);
		found = nf_cut_pick(rules, in);
		if (how.inexact)
			found &= ~NF_CUT_INEXACT;
		rule[k] = how.first || found < rule[k] ? found : rule[k];
		left[n] = (uint8_t)k;
		n += (in ^ 1) & (nr + 1 != nf_cut_boxes(w));
	}
	return n;
}

UK_INLINE void run_boxes(struct run *r, unsigned nb, struct run_how how)
{
	uint8_t left[UK_BURST_MAX];

	nb = run_box(r, 0, NULL, nb, left, how);
	for (uint32_t nr = 1; nb > 0; nr++)
		nb = run_box(r, nr, left, nb, left, how);
}

static void run_tree(struct run *r, unsigned t, unsigned nb)
{
	uint8_t left[UK_BURST_MAX];
	unsigned n = run_step(r, &r->c->root[t], NULL, nb, left);

	while (n > 0)
		n = run_step(r, NULL, left, n, left);
	if (r->c->inexact && t == 0)
		run_boxes(r, nb, (struct run_how){ true, true });
	else if (r->c->inexact)
		run_boxes(r, nb, (struct run_how){ false, true });
	else if (t == 0)
		run_boxes(r, nb, (struct run_how){ true, false });
	else
		run_boxes(r, nb, (struct run_how){ false, false });
}

void nf_cut_run(const struct nf_cut *c, const struct nf_lane_key key[], uint32_t rule[], unsigned n,
	nf_cut_confirm confirm, void *arg)
{
	struct run r;

	r.c = c;
	r.key = key;
	r.rule = rule;
	r.confirm = confirm;
	r.arg = arg;
	for (unsigned t = 0; t < c->nb_trees; t++)
		run_tree(&r, t, n);
	for (unsigned i = 0; i < n && c->nb_trees == 0; i++)
		rule[i] = c->nb_rules;
}

/* The rule that a leaf has for a key. */
static uint32_t run_one_leaf(const struct nf_cut *c, uint64_t w, const struct nf_lane_key *key,
	nf_cut_confirm confirm, void *arg)
{
	uint32_t nb = nf_cut_boxes(w);

	for (uint32_t nr = 0; nr < nb; nr++) {
		uint32_t rule = nf_cut_rules(c, w, nr)[0];

		if (!nf_cut_in(key, nf_cut_box(c, w, nr)))
			continue;
		if ((rule & NF_CUT_INEXACT) == 0)
			return rule;
		rule &= ~NF_CUT_INEXACT;
		if (confirm(arg, 0, rule))
			return rule;
	}
	return nf_cut_rules(c, w, nb - 1)[1];
}

uint32_t nf_cut_run_one(
	const struct nf_cut *c, const struct nf_lane_key *key, nf_cut_confirm confirm, void *arg)
{
	uint32_t best = c->nb_rules;

	for (unsigned t = 0; t < c->nb_trees; t++) {
		uint64_t w = c->root[t];
		uint32_t rule;

		while ((w & NF_CUT_LEAF) == 0)
			w = nf_cut_child(c, w, key);
		rule = run_one_leaf(c, w, key, confirm, arg);
		best = rule < best ? rule : best;
	}
	return best;
}
