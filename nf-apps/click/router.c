/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/router.h"
#include "nf-apps/click/router_ports.h"

const struct nf_class *nf_router_class(const char *name)
{
	for (const struct nf_class *const *c = nf_classes; *c != NULL; c++) {
		if (strcmp((*c)->name, name) == 0)
			return *c;
	}
	return NULL;
}

/* Edits from one name to the other (Levenshtein), case aside; names are cut at 63 letters. */
static unsigned router_distance(const char *a, const char *b)
{
	unsigned row[64], nb = (unsigned)strlen(b);

	if (nb > 63)
		nb = 63;
	for (unsigned j = 0; j <= nb; j++)
		row[j] = j;
	for (unsigned i = 1; *a != '\0' && i < 64; a++, i++) {
		unsigned diag = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= nb; j++) {
			unsigned best = diag + ((*a | 32) != (b[j - 1] | 32));

			diag = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[nb];
}

static const char *router_nearest(const char *name)
{
	const char *best = NULL;
	unsigned least = (unsigned)strlen(name) / 2 + 1;

	for (const struct nf_class *const *c = nf_classes; *c != NULL; c++) {
		unsigned d = router_distance(name, (*c)->name);

		if (d < least) {
			least = d;
			best = (*c)->name;
		}
	}
	return best;
}

static unsigned router_nb_drops(const struct nf_class *class)
{
	unsigned nb = 0;

	while (class->drops != NULL && class->drops[nb] != NULL)
		nb++;
	return NF_ELEMENT_DROPS_OWN + nb;
}

/* Stands for a class that does not exist, so that all other errors are found as well. */
static const struct nf_class router_unknown = { .name = "?", .ports = "-/-", .processing = "a/a" };

static int router_element(struct nf_router *r, uint32_t i, struct nf_errors *errs)
{
	const struct nf_config_element *ce = &r->config->elements[i];
	const struct nf_class *class = nf_router_class(ce->class_name);
	const char *nearest = class == NULL ? router_nearest(ce->class_name) : NULL;
	struct nf_element *e;

	if (class == NULL) {
		nf_errors_add(errs, ce->where, "unknown element class '%s'%s%s%s", ce->class_name,
			nearest ? "; did you mean '" : "", nearest ? nearest : "",
			nearest ? "'?" : "");
		class = &router_unknown;
	}
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return -ENOMEM;
	*e = (struct nf_element){ .class = class,
		.router = r,
		.core = r->core,
		.index = i,
		.name = ce->name,
		.args = ce->args,
		.where = ce->where };
	r->elements[i] = e;
	e->conf = calloc(1, class->conf_size ? class->conf_size : 1);
	e->state = aligned_alloc(UK_CACHE_LINE, UK_ALIGN_UP(class->state_size + 1u, UK_CACHE_LINE));
	e->drops = calloc(router_nb_drops(class), sizeof(*e->drops));
	if (e->conf == NULL || e->state == NULL || e->drops == NULL)
		return -ENOMEM;
	memset(e->state, 0, class->state_size);
	if (class->flags & NF_CLASS_ANNO)
		r->uses_anno = true;
	return 0;
}

static int router_elements(struct nf_router *r, struct nf_errors *errs)
{
	r->nb_elements = r->config->nb_elements;
	r->elements = calloc(r->nb_elements ? r->nb_elements : 1, sizeof(*r->elements));
	if (r->elements == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->nb_elements; i++) {
		int rc = router_element(r, i, errs);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int router_configure(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_args a;
	int rc;

	if (e->class == &router_unknown)
		return 0;
	rc = nf_args_init(&a, e->args, e, e->where, errs);

	if (rc < 0)
		return rc;
	rc = e->class->configure != NULL ? e->class->configure(e, &a) : nf_args_end(&a);
	nf_args_free(&a); /* one that gave up may have left them */
	return rc;
}

static int router_initialize(struct nf_element *e, struct nf_errors *errs)
{
	unsigned before = errs->nb_errors;
	void *was = UK_DEBUG ? malloc(e->class->conf_size) : NULL;
	int rc;

	if (was != NULL)
		memcpy(was, e->conf, e->class->conf_size);
	rc = e->class->initialize != NULL ? e->class->initialize(e, errs) : 0;
	/* compiled configurations have it as constants */
	UK_ASSERT(was == NULL || e->class->each == NULL ||
		  memcmp(was, e->conf, e->class->conf_size) == 0);
	free(was);
	if (rc < 0 && errs->nb_errors == before)
		nf_errors_add(errs, e->where, "'%s :: %s' can not start: %s", e->name,
			e->class->name, rc == -ENOMEM ? "out of memory" : strerror(-rc));
	return rc;
}

/* The next phase after `phase` that an element has; INT32_MAX: none. */
static int router_next_phase(const struct nf_router *r, int phase)
{
	int next = INT32_MAX;

	for (uint32_t i = 0; i < r->nb_elements; i++) {
		int p = r->elements[i]->class->phase;

		if (p > phase && p < next)
			next = p;
	}
	return next;
}

/* Every element, phase by phase; all errors are wanted, so it goes on after one. */
static int router_each(struct nf_router *r, int (*step)(struct nf_element *, struct nf_errors *),
	struct nf_errors *errs)
{
	int result = 0;

	for (int p = router_next_phase(r, INT32_MIN); p < INT32_MAX; p = router_next_phase(r, p)) {
		for (uint32_t i = 0; i < r->nb_elements; i++) {
			int rc = r->elements[i]->class->phase == p ? step(r->elements[i], errs) : 0;

			if (rc < 0 && result == 0)
				result = rc;
		}
	}
	return result;
}

/* Of the same name and class in the router before. */
static void router_take_states(struct nf_router *r, struct nf_router *old)
{
	for (uint32_t i = 0; i < r->nb_elements; i++) {
		struct nf_element *e = r->elements[i], *was = nf_router_find(old, e->name);

		if (was != NULL && was->class == e->class && e->class->take_state != NULL)
			e->class->take_state(e, was);
		if (was != NULL && was->class == e->class) {
			for (unsigned d = 0; d < router_nb_drops(e->class); d++)
				e->drops[d] += was->drops[d];
		}
	}
}

/* Elements, ports, arguments. */
static int router_setup(struct nf_router *r, struct nf_errors *errs)
{
	unsigned before = errs->nb_errors, before_ports;
	int rc = router_elements(r, errs);

	before_ports = errs->nb_errors;
	if (rc == 0)
		rc = nf_router_ports_count(r, errs);
	/* links to ports that there can not be lead nowhere */
	if (rc == 0 && errs->nb_errors == before_ports)
		rc = nf_router_ports_connect(r, errs);
	if (rc == 0)
		rc = router_each(r, router_configure, errs);
	return rc == 0 && errs->nb_errors != before ? -EINVAL : rc;
}

static int router_start(struct nf_router *r, struct nf_router *old, struct nf_errors *errs)
{
	unsigned before = errs->nb_errors;
	int rc = router_each(r, router_initialize, errs);

	if (rc < 0 || errs->nb_errors != before)
		return rc < 0 ? rc : -EINVAL;
	r->live = true;
	if (old != NULL)
		router_take_states(r, old);
	return 0;
}

/* A router that was set up; NULL: errs is told, and *rc says why. Takes the configuration. */
static struct nf_router *router_new(struct nf_core *core, struct nf_config *config,
	const char *text, int *rc, struct nf_errors *errs)
{
	struct nf_router *r = calloc(1, sizeof(*r));

	*rc = -ENOMEM;
	if (r == NULL) {
		nf_config_free(config);
		return NULL;
	}
	*r = (struct nf_router){ .core = core, .config = config, .text = strdup(text) };
	if (r->text != NULL)
		*rc = router_setup(r, errs);
	if (*rc == 0)
		return r;
	nf_router_destroy(r);
	return NULL;
}

/* What a failure is to be called if nobody has said anything yet. */
static int router_failed(int rc, struct nf_errors *errs)
{
	if (rc == -ENOMEM && errs->nb_errors == 0)
		nf_errors_add(errs, NULL, "out of memory for the configuration");
	return rc;
}

int nf_router_check(struct nf_core *core, struct nf_config *config, const char *text,
	struct nf_router **out, struct nf_errors *errs)
{
	int rc;

	*out = router_new(core, config, text, &rc, errs);
	return router_failed(rc, errs);
}

int nf_router_make(struct nf_core *core, struct nf_config *config, const char *text,
	struct nf_router *old, struct nf_router **out, struct nf_errors *errs)
{
	int rc;
	struct nf_router *r = router_new(core, config, text, &rc, errs);

	if (rc == 0)
		rc = router_start(r, old, errs);
	if (rc == 0) {
		*out = r;
		return 0;
	}
	nf_router_destroy(r);
	return router_failed(rc, errs);
}

int nf_router_load(struct nf_core *core, const char *text, size_t len, const char *file,
	const struct nf_config_define *defines, unsigned nb_defines, struct nf_router *old,
	struct nf_router **out, struct nf_errors *errs)
{
	struct nf_config *config = NULL;
	int rc = nf_config_parse(text, len, file, defines, nb_defines, &config, errs);
	struct nf_text copy = { 0 };

	if (rc < 0)
		return rc;
	nf_text_add(&copy, text, len);
	rc = nf_router_make(core, config, nf_text_get(&copy), old, out, errs);
	if (rc == 0) {
		(*out)->defines = defines;
		(*out)->nb_defines = nb_defines;
	}
	nf_text_free(&copy);
	return rc;
}

/* Whatever an element left behind in the core: its tasks and timers. */
static void router_sweep(struct nf_router *r)
{
	struct nf_core *c = r->core;
	struct nf_task **at = &c->tasks;

	while (*at != NULL) {
		struct nf_task *t = *at;

		if (t->e->router == r) {
			*at = t->next;
			t->scheduled = false;
		} else {
			at = &t->next;
		}
	}
	for (uint32_t i = c->nb_timers; i-- > 0;) {
		if (i < c->nb_timers && c->timers[i]->e->router == r) {
			nf_timer_cancel(c->timers[i]);
			i = c->nb_timers;
		}
	}
}

static void router_free_element(struct nf_element *e)
{
	free(e->in);
	free(e->out);
	free(e->conf);
	free(e->state);
	free(e->drops);
	free(e);
}

void nf_router_destroy(struct nf_router *r)
{
	if (r == NULL)
		return;
	router_sweep(r);
	for (uint32_t i = 0; r->elements != NULL && i < r->nb_elements; i++) {
		struct nf_element *e = r->elements[i];

		if (e != NULL && e->state != NULL && e->conf != NULL && e->drops != NULL &&
			e->class->cleanup != NULL)
			e->class->cleanup(e);
	}
	router_sweep(r);
	for (uint32_t i = 0; r->elements != NULL && i < r->nb_elements; i++) {
		if (r->elements[i] != NULL)
			router_free_element(r->elements[i]);
	}
	free(r->elements);
	nf_config_free(r->config);
	free(r->text);
	free(r);
}

struct nf_element *nf_router_find(const struct nf_router *r, const char *name)
{
	for (uint32_t i = 0; i < r->nb_elements; i++) {
		if (r->elements[i] != NULL && strcmp(r->elements[i]->name, name) == 0)
			return r->elements[i];
	}
	return NULL;
}

void nf_router_stop_driver(struct nf_router *r)
{
	r->driver_stops++;
}

void nf_router_check_stop(struct nf_router *r)
{
	while (r->driver_stops > 0 && !r->core->stopping) {
		r->driver_stops--;
		if (r->on_stop == NULL || !r->on_stop(r->manager))
			r->core->stopping = true;
	}
}

int nf_router_change(
	struct nf_router *r, const char *text, size_t len, const char *file, struct nf_errors *errs)
{
	if (r->core->next_router != NULL)
		return nf_errors_add(errs, NULL, "another change is under way");
	return nf_router_load(r->core, text, len, file, r->defines, r->nb_defines, r,
		&r->core->next_router, errs);
}

struct nf_router *nf_router_switch(struct nf_router *r)
{
	struct nf_router *next = r->core->next_router;

	if (next == NULL)
		return r;
	r->core->next_router = NULL;
	nf_router_destroy(r);
	return next;
}
