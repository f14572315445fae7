/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * QuitWatcher(ELEMENT, ...)
 *
 * Ends the run as soon as one of the elements is no longer scheduled (its handler `scheduled` says
 * false); it looks every 10 ms.
 *
 * Arguments:
 *	ELEMENT, ... names   elements with a handler `scheduled`; any number
 * Ports: none
 * Example: s :: InfiniteSource(LIMIT 1000) -> Discard; QuitWatcher(s);
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/click/router.h"

#define QUITWATCHER_NS 10000000

struct quitwatcher {
	struct nf_element **watched;
	const struct nf_handler **handlers;
	uint32_t nb;
	struct nf_timer timer;
};

static int quitwatcher_configure(struct nf_element *e, struct nf_args *a)
{
	struct quitwatcher *s = e->state;
	unsigned nb = nf_args_left(a);

	s->watched = calloc(nb + 1u, sizeof(*s->watched));
	s->handlers = calloc(nb + 1u, sizeof(*s->handlers));
	if (s->watched == NULL || s->handlers == NULL) {
		nf_args_free(a);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < nb; i++) {
		const char *name = nf_args_next(a);
		struct nf_element *w = name != NULL ? nf_element_find(e, name) : NULL;
		const struct nf_handler *h = w != NULL ? nf_handler_find(w, "scheduled") : NULL;

		if (w == NULL) {
			nf_args_error(a, "there is no element '%s'", name != NULL ? name : "");
		} else if (h == NULL || h->read == NULL) {
			nf_args_error(a, "'%s' has no handler 'scheduled'", name);
		} else {
			s->watched[s->nb] = w;
			s->handlers[s->nb++] = h;
		}
	}
	return nf_args_end(a);
}

static bool quitwatcher_runs(struct nf_element *e, const struct nf_handler *h)
{
	struct nf_text text = { 0 };
	struct nf_errors errs = { 0 };
	bool runs = h->read(e, h->arg, "", &text, &errs) < 0 ||
		    strcmp(nf_text_get(&text), "false") != 0;

	nf_text_free(&text);
	nf_errors_free(&errs);
	return runs;
}

static void quitwatcher_timer(struct nf_element *e, void *arg)
{
	struct quitwatcher *s = arg;

	for (uint32_t i = 0; i < s->nb; i++) {
		if (!quitwatcher_runs(s->watched[i], s->handlers[i])) {
			nf_router_stop_driver(e->router);
			return;
		}
	}
	(void)nf_timer_after_ns(&s->timer, QUITWATCHER_NS);
}

static int quitwatcher_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct quitwatcher *s = e->state;

	nf_timer_init(&s->timer, e, quitwatcher_timer, s);
	return nf_timer_after_ns(&s->timer, QUITWATCHER_NS);
}

static void quitwatcher_cleanup(struct nf_element *e)
{
	struct quitwatcher *s = e->state;

	free(s->watched);
	free(s->handlers);
}

const struct nf_class nf_quitwatcher = {
	.name = "QuitWatcher",
	.ports = "0/0",
	.processing = "a/a",
	.state_size = sizeof(struct quitwatcher),
	.configure = quitwatcher_configure,
	.initialize = quitwatcher_initialize,
	.cleanup = quitwatcher_cleanup,
};
