/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows of PatternMatcher: how they begin, age, end, and move on to the next router. */
#include "nf-apps/element/service/patternmatcher.h"

#define PATTERNMATCHER_BATCH 512u /* old flows removed in a row */
#define PATTERNMATCHER_WORK  64u  /* see nf_flowage_oldest */

static void patternmatcher_end(struct nf_patternmatcher *s, uint32_t entry)
{
	struct nf_patternmatcher_flow *f = nf_patternmatcher_flow(s, entry);

	for (unsigned i = 0; i < 2; i++)
		nf_flowhead_end(&s->pool, &f->side[i].head);
	nf_flowage_remove(&s->age, entry);
	(void)nf_flowtable_unlink(&s->flows, entry, 0);
	nf_flowtable_put(&s->flows, entry);
}

uint32_t nf_patternmatcher_open(
	struct nf_patternmatcher *s, const struct nf_patternmatcher_key *key, uint32_t now)
{
	uint32_t work = PATTERNMATCHER_WORK, entry;

	if (s->flows.nb_entries >= s->capacity) {
		entry = nf_flowage_oldest(&s->age, now, &work);
		if (entry == NF_FLOWTABLE_NONE)
			return entry;
		patternmatcher_end(s, entry);
		s->nb_evicted++;
	}
	entry = nf_flowtable_alloc(&s->flows);
	if (entry == NF_FLOWTABLE_NONE)
		return entry;
	nf_patternmatcher_flow(s, entry)->key = *key;
	nf_patternmatcher_flow(s, entry)->age.last = now;
	if (!nf_flowage_add(&s->age, entry, NF_PATTERNMATCHER_OPEN))
		goto undo_alloc;
	if (nf_flowtable_link(&s->flows, entry, 0)) {
		s->nb_opened++;
		return entry;
	}
	nf_flowage_remove(&s->age, entry);
undo_alloc:
	nf_flowtable_put(&s->flows, entry);
	return NF_FLOWTABLE_NONE;
}

void nf_patternmatcher_reap(struct nf_element *e, void *arg)
{
	struct nf_patternmatcher *s = e->state;
	uint32_t now = (uint32_t)(nf_core_now_ns(e->core) / NF_PATTERNMATCHER_MS);
	uint32_t work = PATTERNMATCHER_BATCH, nb = 0, entry;

	for (; nb < PATTERNMATCHER_BATCH; nb++) {
		entry = nf_flowage_expired(&s->age, now, &work);
		if (entry == NF_FLOWTABLE_NONE)
			break;
		patternmatcher_end(s, entry);
	}
	(void)!nf_timer_after_ns(
		&s->reap, nb == PATTERNMATCHER_BATCH ? NF_PATTERNMATCHER_MS : NF_PATTERNMATCHER_S);
}

static void patternmatcher_restart(void *arg, uint32_t entry)
{
	struct nf_patternmatcher_flow *f = nf_patternmatcher_flow(arg, entry);

	for (unsigned i = 0; i < 2; i++)
		f->side[i].at = (struct nf_patternset_state){ { NF_ACDFA_START, NF_ACDFA_START } };
}

static void patternmatcher_take_flows(
	struct nf_patternmatcher *s, struct nf_patternmatcher *was, bool same)
{
	struct nf_flowhead_pool pool = s->pool;
	struct nf_flowtable flows = s->flows;
	struct nf_flowage age = s->age;

	s->pool = was->pool;
	s->flows = was->flows;
	s->age = was->age;
	was->pool = pool;
	was->flows = flows;
	was->age = age;
	s->age.table = &s->flows;
	was->age.table = &was->flows;
	s->age.classes[NF_PATTERNMATCHER_OPEN].timeout_ms =
		was->age.classes[NF_PATTERNMATCHER_OPEN].timeout_ms;
	if (!same) /* states of other automata mean nothing */
		nf_flowtable_each(&s->flows, patternmatcher_restart, s);
}

void nf_patternmatcher_take_state(struct nf_element *e, struct nf_element *old)
{
	struct nf_patternmatcher *s = e->state, *was = old->state;
	uint64_t i = was->nb_alerts > was->max_alerts ? was->nb_alerts - was->max_alerts : 0;

	for (; i < was->nb_alerts && s->max_alerts != 0; i++)
		*nf_patternmatcher_next_alert(s) = was->alerts[i % was->max_alerts];
	s->nb_matches = was->nb_matches;
	s->nb_opened = was->nb_opened;
	s->nb_evicted = was->nb_evicted;
	s->nb_unheld = was->nb_unheld;
	s->nb_stateless = was->nb_stateless;
	if (s->head_bytes == was->head_bytes)
		patternmatcher_take_flows(s, was, strcmp(e->args, old->args) == 0);
}
