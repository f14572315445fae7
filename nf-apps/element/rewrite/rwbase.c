/* SPDX-License-Identifier: BSD-3-Clause */
/* A rewriter's arguments, start and end. */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/rewrite/rwbase.h"

#define RWBASE_REAP_NS    (900ull * 1000000000)
#define RWBASE_REAP_BATCH 512u     /* flows in a row */
#define RWBASE_REAP_AGAIN 1000000u /* ns until the next batch */
#define RWBASE_DEPTH      16       /* of names in MAPPING_CAPACITY */

uint32_t nf_rwbase_random(void *core)
{
	return nf_core_random(core);
}

struct nf_rwbase *nf_rwbase_of(struct nf_element *e)
{
	struct nf_rwbase *rw = e->state;

	return e->class->cleanup == nf_rwbase_cleanup && rw->ops != NULL ? rw : NULL;
}

struct nf_rwbase *nf_rwbase_named(struct nf_element *e, const char *name)
{
	struct nf_element *other = nf_element_find(e, name);

	return other != NULL ? nf_rwbase_of(other) : NULL;
}

static void rwbase_read_capacity(struct nf_rwbase *rw, struct nf_args *a)
{
	const char *word = NULL;
	uint64_t v;

	rw->capacity = NF_RWSET_CAPACITY;
	nf_args_word(a, "CAPACITY", 0, &word);
	nf_args_word(a, "MAPPING_CAPACITY", 0, &word);
	if (word == NULL)
		return;
	if (nf_addr_u64(word, &v) == 0 && v <= INT32_MAX) {
		rw->capacity = (uint32_t)v;
		return;
	}
	rw->capacity_of = strdup(word);
	if (rw->capacity_of == NULL)
		nf_args_error(a, "out of memory");
	else if (nf_rwbase_named(a->e, word) == NULL && nf_element_find(a->e, word) == NULL)
		nf_args_error(a, "bad MAPPING_CAPACITY");
}

static void rwbase_read_common(struct nf_rwbase *rw, struct nf_args *a, bool ports)
{
	/* of earlier versions of Click; the shortest counts */
	static const char *const old[] = { "REAP_TIME", "REAP_TCP", "REAP_TCP_DONE", "REAP_UDP" };
	struct nf_rwconf *c = rw->e->conf;

	c->dst_anno = true;
	nf_args_bool(a, "DST_ANNO", 0, &c->dst_anno);
	c->reply_anno = nf_args_anno(a, "REPLY_ANNO", 0, 1, &c->reply_at);
	rw->reap_ns = RWBASE_REAP_NS;
	for (unsigned i = 0; i < UK_ARRAY_SIZE(old); i++) {
		uint64_t ns = UINT64_MAX;

		nf_args_time_ns(a, old[i], 0, &ns);
		rw->reap_ns = ns < rw->reap_ns ? ns : rw->reap_ns;
	}
	nf_args_time_ns(a, "REAP_INTERVAL", 0, &rw->reap_ns);
	rwbase_read_capacity(rw, a);
	if (!ports)
		return;
	nf_args_bool(a, "ENDPOINT_INDEPENDENT", 0, &rw->endpoint);
	nf_args_bool(a, "INBOUND", 0, &rw->inbound);
	nf_args_bool(a, "HAIRPIN", 0, &rw->hairpin);
	nf_args_bool(a, "PARITY", 0, &rw->parity);
}

static void rwbase_read_specs(struct nf_rwbase *rw, struct nf_args *a)
{
	for (unsigned i = 0; i < rw->nb_inputs; i++) {
		const char *text = nf_args_next(a);
		struct nf_text why = { 0 };

		if (text != NULL && nf_rwbase_spec(rw, text, &rw->input[i], &why) < 0)
			nf_args_error(a, "input spec %u: %s", i, nf_text_get(&why));
		nf_text_free(&why);
	}
}

int nf_rwbase_configure(struct nf_element *e, struct nf_args *a, bool ports)
{
	struct nf_rwbase *rw = e->state;

	rw->e = e;
	rw->input = calloc(e->nb_in, sizeof(*rw->input));
	if (rw->input == NULL)
		return nf_args_error(a, "out of memory");
	rw->nb_inputs = e->nb_in;
	rwbase_read_common(rw, a, ports);
	if (nf_args_left(a) == rw->nb_inputs)
		rwbase_read_specs(rw, a);
	else
		nf_args_error(a, "need %u arguments, one per input port", rw->nb_inputs);
	while (nf_args_next(a) != NULL)
		;
	for (unsigned i = 0; i < rw->nb_inputs; i++) {
		struct nf_element *m = rw->input[i].mapper;

		if (m != NULL && nf_rwmapper_of(m)->ops->endpoint)
			rw->endpoint = true;
	}
	if ((rw->inbound || rw->hairpin) && !rw->endpoint)
		nf_args_error(a, "INBOUND and HAIRPIN need ENDPOINT_INDEPENDENT");
	return nf_args_end(a);
}

/* The set of this rewriter; the one that it names, if it names one. */
static struct nf_rwset *rwbase_set(struct nf_rwbase *rw, unsigned depth)
{
	struct nf_rwbase *other;

	if (rw->set != NULL)
		return rw->set;
	if (rw->capacity_of == NULL) {
		rw->set = nf_rwset_new(rw->capacity, nf_rwbase_random, rw->e->core);
	} else {
		other = nf_rwbase_named(rw->e, rw->capacity_of);
		if (other != NULL && depth < RWBASE_DEPTH)
			rw->set = rwbase_set(other, depth + 1);
	}
	if (rw->set != NULL)
		rw->set->nb_users++;
	return rw->set;
}

static int rwbase_join(struct nf_rwbase *rw, struct nf_errors *errs)
{
	struct nf_rwset *s = rwbase_set(rw, 0);

	if (s == NULL)
		return rw->capacity_of == NULL
			       ? -ENOMEM
			       : nf_errors_add(errs, rw->e->where, "bad MAPPING_CAPACITY");
	if (s->nb_members == NF_RWSET_MEMBERS)
		return nf_errors_add(errs, rw->e->where, "too many rewriters share one capacity");
	rw->owner = (uint8_t)s->nb_members;
	s->member[s->nb_members++] = rw;
	rw->joined = true;
	for (unsigned i = 0; i < rw->nb_classes; i++) {
		int class_nr = nf_flowage_class(&s->age, rw->timeout_ns[i], rw->guarantee_ns[i]);

		if (class_nr < 0)
			return nf_errors_add(
				errs, rw->e->where, "too many rewriters share one capacity");
		if (i == 0)
			rw->first_class = (uint8_t)class_nr;
	}
	return rw->endpoint ? nf_rwset_need_binds(s, nf_rwbase_random, rw->e->core) : 0;
}

static void rwbase_reap(struct nf_element *e, void *arg)
{
	struct nf_rwbase *rw = e->state;
	bool more = nf_rwset_reap(rw->set, nf_rwset_now(e->core), RWBASE_REAP_BATCH);

	if (more)
		(void)nf_timer_after_ns(&rw->reap, RWBASE_REAP_AGAIN);
	else if (rw->reap_ns > 0)
		(void)nf_timer_after_ns(&rw->reap, rw->reap_ns);
}

int nf_rwbase_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_rwbase *rw = e->state;
	int rc = rwbase_join(rw, errs);

	for (unsigned i = 0; i < rw->nb_inputs; i++) {
		const char *why = nf_rwbase_unfit(rw, &rw->input[i]);

		if (why != NULL)
			rc = nf_errors_add(errs, e->where, "input spec %u: %s", i, why);
	}
	nf_timer_init(&rw->reap, e, rwbase_reap, NULL);
	if (rc == 0 && rw->reap_ns > 0)
		rc = nf_timer_after_ns(&rw->reap, rw->reap_ns);
	return rc;
}

static void rwbase_leave(struct nf_rwbase *rw)
{
	struct nf_rwset *s = rw->set;

	if (s == NULL)
		return;
	if (rw->joined)
		s->member[rw->owner] = NULL;
	if (--s->nb_users == 0)
		nf_rwset_free(s);
	rw->set = NULL;
}

void nf_rwbase_cleanup(struct nf_element *e)
{
	struct nf_rwbase *rw = e->state;

	for (unsigned i = 0; rw->input != NULL && i < rw->nb_inputs; i++)
		nf_rwbase_spec_free(&rw->input[i]);
	free(rw->input);
	rw->input = NULL;
	free(rw->capacity_of);
	if (rw->reap.e != NULL)
		nf_timer_cancel(&rw->reap);
	rwbase_leave(rw);
}
