/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include "nf-apps/click/router.h"
#include "nf-apps/click/signal.h"

static void signal_count(const struct nf_signal *s, struct nf_task *t, int by)
{
	uint16_t *nb = s->is_space ? &t->nb_space : &t->nb_active;

	*nb = (uint16_t)(*nb + by);
}

void nf_signal_wake_all(struct nf_signal *s)
{
	for (unsigned i = 0; i < s->nb_listeners; i++) {
		if (!s->active)
			signal_count(s, s->listeners[i], 1);
		nf_task_schedule(s->listeners[i]);
	}
	s->active = true;
}

void nf_signal_sleep_all(struct nf_signal *s)
{
	for (unsigned i = 0; s->active && i < s->nb_listeners; i++)
		signal_count(s, s->listeners[i], -1);
	s->active = false;
}

static bool signal_add(struct nf_signal *s, struct nf_task *t, bool is_space)
{
	s->is_space = is_space;
	for (unsigned i = 0; i < s->nb_listeners; i++) {
		if (s->listeners[i] == t)
			return true;
	}
	if (s->nb_listeners == NF_SIGNAL_LISTENERS_MAX)
		return false;
	s->listeners[s->nb_listeners++] = t;
	if (s->active)
		signal_count(s, t, 1);
	return true;
}

/* One walk over the graph: which elements it has been at. */
struct signal_walk {
	struct nf_task *t;
	bool upstream;
	uint8_t *seen;
};

static bool signal_visit(struct signal_walk *w, struct nf_element *e, unsigned port);

/* All that is connected to one port, since several links may end at it. */
static bool signal_port(struct signal_walk *w, const struct nf_element *e, unsigned port)
{
	const struct nf_config *c = e->router->config;
	bool all = true;

	for (uint32_t i = 0; i < c->nb_links; i++) {
		const struct nf_config_link *l = &c->links[i];

		if (w->upstream && l->to == e->index && l->to_port == port)
			all &= signal_visit(w, e->router->elements[l->from], l->from_port);
		if (!w->upstream && l->from == e->index && l->from_port == port)
			all &= signal_visit(w, e->router->elements[l->to], l->to_port);
	}
	return all;
}

/* `port`: the one by which the walk came in. */
static bool signal_visit(struct signal_walk *w, struct nf_element *e, unsigned port)
{
	struct nf_signal *(*of)(struct nf_element *, unsigned) =
		w->upstream ? e->class->signal : e->class->space;
	struct nf_signal *s = of != NULL ? of(e, port) : NULL;
	unsigned nb = w->upstream ? e->nb_in : e->nb_out;
	bool all = true, any = false;

	if (s != NULL)
		return signal_add(s, w->t, !w->upstream);
	if (w->seen[e->index])
		return true;
	w->seen[e->index] = 1;
	for (unsigned i = 0; i < nb; i++) {
		const struct nf_link *l = w->upstream ? &e->in[i] : &e->out[i];

		if (l->is_push == w->upstream)
			continue;
		if (w->upstream ? !nf_router_flows(e, i, port) : !nf_router_flows(e, port, i))
			continue;
		all &= signal_port(w, e, i);
		any = true;
	}
	return all && any;
}

static bool signal_listen(struct nf_element *e, unsigned port, struct nf_task *t, bool upstream)
{
	struct signal_walk w = { .t = t, .upstream = upstream };
	bool all;

	w.seen = calloc(e->router->nb_elements, 1);
	if (w.seen == NULL)
		return false;
	w.seen[e->index] = 1;
	all = signal_port(&w, e, port);
	free(w.seen);
	return all;
}

bool nf_signal_listen(struct nf_element *e, unsigned port, struct nf_task *t)
{
	return signal_listen(e, port, t, true);
}

bool nf_signal_listen_space(struct nf_element *e, unsigned port, struct nf_task *t)
{
	return signal_listen(e, port, t, false);
}
