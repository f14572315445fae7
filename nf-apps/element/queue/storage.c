/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/router.h"
#include "nf-apps/element/queue/storage.h"

static int storage_add(struct nf_storage *s, struct nf_element *e)
{
	struct nf_element **v;

	for (uint32_t i = 0; i < s->nb; i++) {
		if (s->v[i] == e)
			return 0;
	}
	if (s->nb == NF_STORAGE_MAX)
		return -E2BIG;
	v = realloc(s->v, (s->nb + 1) * sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	s->v = v;
	v[s->nb++] = e;
	return 0;
}

static int storage_name(
	struct nf_storage *s, struct nf_element *e, struct nf_args *a, const char *name)
{
	struct nf_element *q = nf_element_find(e, name);
	int rc;

	if (q == NULL)
		return nf_args_error(a, "QUEUES: there is no element '%s'", name);
	if (q->class->stored == NULL)
		return nf_args_error(a, "QUEUES: '%s' stores no packets", name);
	rc = storage_add(s, q);
	return rc == -E2BIG ? nf_args_error(a, "QUEUES: more than %u", NF_STORAGE_MAX) : rc;
}

int nf_storage_names(struct nf_storage *s, struct nf_element *e, struct nf_args *a)
{
	char *words[NF_STORAGE_MAX], *copy = NULL;
	const char *names;
	int n, rc = 0;

	if (!nf_args_raw(a, "QUEUES", 0, &names))
		return 0;
	n = nf_args_words(names, words, NF_STORAGE_MAX, &copy);
	if (n == -ENOMEM)
		return -ENOMEM;
	if (n < 0) {
		nf_args_error(a, "QUEUES: more than %u", NF_STORAGE_MAX);
		return 0;
	}
	for (int i = 0; i < n && rc != -ENOMEM; i++)
		rc = storage_name(s, e, a, words[i]);
	free(copy);
	return rc == -ENOMEM ? rc : 0;
}

struct storage_walk {
	struct nf_storage *s;
	bool downstream;
	uint8_t *seen;
	int rc;
};

static void storage_visit(struct storage_walk *w, struct nf_element *e, unsigned port);

/* What is connected to one port: outputs downstream, inputs upstream. */
static void storage_port(struct storage_walk *w, const struct nf_element *e, unsigned port)
{
	const struct nf_config *c = e->router->config;

	for (uint32_t i = 0; i < c->nb_links; i++) {
		const struct nf_config_link *l = &c->links[i];

		if (w->downstream && l->from == e->index && l->from_port == port)
			storage_visit(w, e->router->elements[l->to], l->to_port);
		if (!w->downstream && l->to == e->index && l->to_port == port)
			storage_visit(w, e->router->elements[l->from], l->from_port);
	}
}

static void storage_visit(struct storage_walk *w, struct nf_element *e, unsigned port)
{
	unsigned nb = w->downstream ? e->nb_out : e->nb_in;

	if (w->seen[e->index] || w->rc < 0)
		return;
	w->seen[e->index] = 1;
	if (e->class->stored != NULL) {
		w->rc = storage_add(w->s, e);
		return;
	}
	for (unsigned i = 0; i < nb; i++) {
		if (w->downstream ? nf_router_flows(e, port, i) : nf_router_flows(e, i, port))
			storage_port(w, e, i);
	}
}

int nf_storage_find(
	struct nf_storage *s, struct nf_element *e, bool downstream, struct nf_errors *errs)
{
	struct storage_walk w = { .s = s, .downstream = downstream };

	if (s->nb > 0)
		return 0;
	w.seen = calloc(e->router->nb_elements, 1);
	if (w.seen == NULL)
		return -ENOMEM;
	w.seen[e->index] = 1;
	storage_port(&w, e, 0);
	free(w.seen);
	if (w.rc == -E2BIG)
		return nf_errors_add(errs, e->where, "'%s :: %s': more than %u queues nearby",
			e->name, e->class->name, NF_STORAGE_MAX);
	if (w.rc < 0)
		return w.rc;
	return s->nb > 0 ? 0
			 : nf_errors_add(errs, e->where, "'%s :: %s': no queues nearby", e->name,
				   e->class->name);
}

void nf_storage_free(struct nf_storage *s)
{
	free(s->v);
	*s = (struct nf_storage){ .v = NULL };
}

void nf_storage_print(const struct nf_storage *s, struct nf_text *out)
{
	for (uint32_t i = 0; i < s->nb; i++)
		nf_text_printf(out, "%s\n", s->v[i]->name);
}
