/* SPDX-License-Identifier: BSD-3-Clause */
/* FlowBalancer: backends as text, their changes, the table of places. */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/element/rewrite/flowbalancer.h"
#include "nf-apps/click/router.h"

#define FLOWBALANCER_PURGE 4096u /* entries looked at in a row */

/* "ADDR[:PORT]"; the colon is overwritten. */
static bool flowbalancer_addr(
	const struct nf_element *e, char *text, struct nf_flowbalancer_backend *b)
{
	char *colon = strchr(text, ':');
	uint64_t port = 0;

	if (colon != NULL) {
		*colon = '\0';
		if (nf_addr_u64(colon + 1, &port) < 0 || port == 0 || port > UINT16_MAX)
			return false;
	}
	b->port = nf_inet_hton16((uint16_t)port);
	return nf_args_info_ip4(e, text, &b->addr) == 0 && b->addr != 0;
}

bool nf_flowbalancer_parse(const struct nf_element *e, const char *text,
	struct nf_flowbalancer_backend *b, bool *weighted)
{
	char *w[3], *copy = NULL;
	int nb = nf_args_words(text, w, UK_ARRAY_SIZE(w), &copy);
	uint64_t weight = 1;
	bool ok;

	*b = (struct nf_flowbalancer_backend){ 0 };
	*weighted = nb == 2;
	ok = (nb == 1 || nb == 2) && flowbalancer_addr(e, w[0], b) &&
	     (nb == 1 || (nf_addr_u64(w[1], &weight) == 0 && weight <= NF_FLOWBALANCER_WEIGHT));
	b->weight = (uint32_t)weight;
	if (nb >= 0)
		free(copy);
	return ok;
}

struct nf_flowbalancer_backend *nf_flowbalancer_find(
	struct nf_flowbalancer *s, const struct nf_flowbalancer_backend *b)
{
	for (uint32_t i = 0; i < s->nb_slots; i++) {
		if (s->backend[i].addr == b->addr && s->backend[i].port == b->port)
			return &s->backend[i];
	}
	return NULL;
}

struct nf_flowbalancer_backend *nf_flowbalancer_add(
	struct nf_flowbalancer *s, const struct nf_flowbalancer_backend *b)
{
	uint32_t i = 0;
	uint16_t epoch;

	while (i < s->nb_slots && s->backend[i].addr != 0)
		i++;
	if (i == NF_FLOWBALANCER_BACKENDS)
		return NULL;
	if (i == s->nb_slots)
		s->nb_slots++;
	epoch = s->backend[i].epoch;
	s->backend[i] = *b;
	s->backend[i].epoch = epoch;
	return &s->backend[i];
}

struct flowbalancer_order {
	uint64_t name;
	uint16_t nr;
};

static int flowbalancer_by_name(const void *a, const void *b)
{
	const struct flowbalancer_order *x = a, *y = b;

	return x->name < y->name ? -1 : x->name > y->name;
}

/* Members in the order of their names: where they lie in the list says nothing to other balancers.
 */
int nf_flowbalancer_fill(struct nf_flowbalancer *s)
{
	struct flowbalancer_order *order = calloc(s->nb_slots + 1, sizeof(*order));
	struct nf_maglev_member *m = calloc(s->nb_slots + 1, sizeof(*m));
	uint16_t *was = s->place;
	uint32_t nb = 0;
	int rc = -ENOMEM;

	if (order == NULL || m == NULL)
		goto done;
	for (uint32_t i = 0; i < s->nb_slots; i++) {
		const struct nf_flowbalancer_backend *b = &s->backend[i];

		if (b->addr != 0 && b->health == NF_FLOWBALANCER_UP && b->weight > 0)
			order[nb++] = (struct flowbalancer_order){
				(uint64_t)nf_inet_ntoh32(b->addr) << 16 | nf_inet_ntoh16(b->port),
				(uint16_t)i
			};
	}
	qsort(order, nb, sizeof(*order), flowbalancer_by_name);
	for (uint32_t i = 0; i < nb; i++)
		m[i] = (struct nf_maglev_member){ order[i].name, s->backend[order[i].nr].weight };
	rc = nf_maglev_fill(s->spare, s->size, m, nb, s->seed);
	if (rc < 0)
		goto done;
	for (uint32_t i = 0; i < s->size; i++) {
		if (s->spare[i] != NF_MAGLEV_NONE)
			s->spare[i] = order[s->spare[i]].nr;
	}
	s->place = s->spare;
	s->spare = was;
done:
	free(order);
	free(m);
	return rc;
}

static bool flowbalancer_is_down(const struct nf_flowbalancer *s, const struct nf_rwflow *f)
{
	for (uint32_t i = 0; i < s->nb_slots; i++) {
		const struct nf_flowbalancer_backend *b = &s->backend[i];

		if (b->addr == f->key[1].src && (b->port == 0 || b->port == f->key[1].sport))
			return b->health == NF_FLOWBALANCER_DOWN;
	}
	return true; /* removed */
}

/* The rewriter to search next, or NULL: all are done. */
static struct nf_rwbase *flowbalancer_next_rw(struct nf_flowbalancer *s)
{
	const struct nf_router *r = s->e->router;

	for (; s->purge_rw < r->nb_elements; s->purge_rw++, s->purge_at = 0) {
		struct nf_rwbase *rw = nf_rwbase_of(r->elements[s->purge_rw]);

		for (unsigned i = 0; rw != NULL && i < rw->nb_inputs; i++) {
			if (rw->input[i].mapper == s->e && s->purge_at < rw->set->flows.nb_fresh)
				return rw;
		}
	}
	return NULL;
}

static void flowbalancer_purge_one(struct nf_flowbalancer *s, struct nf_rwbase *rw, uint32_t entry)
{
	const struct nf_rwflow *f = nf_rwset_flow(rw->set, entry);

	if (f->key[0].proto != 0 && f->key[0].owner == rw->owner && f->input < rw->nb_inputs &&
		rw->input[f->input].mapper == s->e && flowbalancer_is_down(s, f)) {
		nf_rwset_destroy(rw->set, entry);
		s->nb_moved++;
	}
}

void nf_flowbalancer_purge(struct nf_flowbalancer *s)
{
	struct nf_rwbase *rw;

	if (!s->purging)
		return;
	rw = flowbalancer_next_rw(s);
	for (uint32_t i = 0; rw != NULL && i < FLOWBALANCER_PURGE; i++) {
		if (s->purge_at >= rw->set->flows.nb_fresh)
			return; /* the next one in the next tick */
		flowbalancer_purge_one(s, rw, s->purge_at++);
	}
	if (rw != NULL)
		return;
	s->purging = s->purge_again;
	s->purge_again = false;
	s->purge_rw = s->purge_at = 0;
}

static void flowbalancer_start_purge(struct nf_flowbalancer *s)
{
	if (s->purging)
		s->purge_again = true;
	s->purging = true;
	(void)nf_timer_after_ns(&s->tick, 0);
}

enum {
	FLOWBALANCER_ADD,
	FLOWBALANCER_REMOVE,
	FLOWBALANCER_WEIGHT,
	FLOWBALANCER_TO_UP,
	FLOWBALANCER_TO_DRAIN,
	FLOWBALANCER_TO_DOWN
};

/* What a write does to the backend `b`, which is there unless it is to be added. */
static void flowbalancer_change(struct nf_flowbalancer *s, uintptr_t what,
	struct nf_flowbalancer_backend *b, const struct nf_flowbalancer_backend *as)
{
	switch (what) {
	case FLOWBALANCER_REMOVE:
		b->addr = 0;
		b->epoch++;
		flowbalancer_start_purge(s);
		break;
	case FLOWBALANCER_WEIGHT:
		b->weight = as->weight;
		break;
	case FLOWBALANCER_TO_UP:
		b->health = NF_FLOWBALANCER_UP;
		break;
	case FLOWBALANCER_TO_DRAIN:
		b->health = NF_FLOWBALANCER_DRAIN;
		break;
	case FLOWBALANCER_TO_DOWN:
		b->health = NF_FLOWBALANCER_DOWN;
		flowbalancer_start_purge(s);
		break;
	default:
		break;
	}
}

static int flowbalancer_write(
	struct nf_element *e, uintptr_t what, const char *value, struct nf_errors *errs)
{
	struct nf_flowbalancer *s = e->state;
	struct nf_flowbalancer_backend as, *b;
	bool weighted;

	if (!nf_flowbalancer_parse(e, value, &as, &weighted) ||
		(what == FLOWBALANCER_WEIGHT && !weighted))
		return nf_errors_add(errs, NULL, "bad backend '%s'", value);
	b = nf_flowbalancer_find(s, &as);
	if (what == FLOWBALANCER_ADD && b != NULL)
		return nf_errors_add(errs, NULL, "backend '%s' is there already", value);
	if (what == FLOWBALANCER_ADD && nf_flowbalancer_add(s, &as) == NULL)
		return nf_errors_add(errs, NULL, "more than %u backends", NF_FLOWBALANCER_BACKENDS);
	if (what != FLOWBALANCER_ADD && b == NULL)
		return nf_errors_add(errs, NULL, "no backend '%s'", value);
	if (b != NULL)
		flowbalancer_change(s, what, b, &as);
	return nf_flowbalancer_fill(s) < 0 ? nf_errors_add(errs, NULL, "out of memory") : 0;
}

static int flowbalancer_read_backends(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	static const char *const names[] = { [NF_FLOWBALANCER_UP] = "up",
		[NF_FLOWBALANCER_DRAIN] = "drain",
		[NF_FLOWBALANCER_DOWN] = "down" };
	const struct nf_flowbalancer *s = e->state;
	uint32_t *share = calloc(s->nb_slots + 1, sizeof(*share));
	char a[NF_ADDR_IP4_LEN];

	for (uint32_t i = 0; share != NULL && i < s->size; i++)
		share[s->place[i] < s->nb_slots ? s->place[i] : s->nb_slots]++;
	for (uint32_t i = 0; i < s->nb_slots; i++) {
		const struct nf_flowbalancer_backend *b = &s->backend[i];

		if (b->addr == 0)
			continue;
		nf_text_printf(out, "%s:%u weight %u %s picks %lu share %u\n",
			nf_addr_print_ip4(b->addr, a), nf_inet_ntoh16(b->port), b->weight,
			names[b->health], b->nb_picks, share != NULL ? share[i] : 0);
	}
	free(share);
	return 0;
}

static int flowbalancer_read_size(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_text_printf(out, "%u", ((const struct nf_flowbalancer *)e->state)->flows.nb_entries);
	return 0;
}

#define FLOWBALANCER_WRITE(nm, what)                                                               \
	{                                                                                          \
		.name = nm, .write = flowbalancer_write, .arg = what                               \
	}

const struct nf_handler nf_flowbalancer_handlers[] = {
	{ .name = "backends", .read = flowbalancer_read_backends },
	{ .name = "size", .read = flowbalancer_read_size },
	FLOWBALANCER_WRITE("add", FLOWBALANCER_ADD),
	FLOWBALANCER_WRITE("remove", FLOWBALANCER_REMOVE),
	FLOWBALANCER_WRITE("weight", FLOWBALANCER_WEIGHT),
	FLOWBALANCER_WRITE("up", FLOWBALANCER_TO_UP),
	FLOWBALANCER_WRITE("drain", FLOWBALANCER_TO_DRAIN),
	FLOWBALANCER_WRITE("down", FLOWBALANCER_TO_DOWN),
	NF_HANDLER_U64("no_backend", struct nf_flowbalancer, nb_none),
	NF_HANDLER_U64("moved", struct nf_flowbalancer, nb_moved),
	NF_HANDLER_U64("evicted", struct nf_flowbalancer, nb_evicted),
	NF_HANDLER_U64("refused", struct nf_flowbalancer, nb_refused),
	{ .name = NULL },
};
