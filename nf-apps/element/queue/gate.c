/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/queue/gate.h"

static bool gate_run(struct nf_element *e, void *arg)
{
	struct nf_gate *g = arg;

	nf_task_unschedule(&g->upstream);
	if (!nf_timer_is_set(&g->timer))
		nf_signal_wake(&g->signal);
	return false;
}

static void gate_timer(struct nf_element *e, void *arg)
{
	struct nf_gate *g = arg;

	nf_signal_wake(&g->signal);
}

void nf_gate_start(struct nf_gate *g, struct nf_element *e)
{
	nf_task_init(&g->upstream, e, gate_run, g);
	nf_timer_init(&g->timer, e, gate_timer, g);
	g->listens = nf_signal_listen(e, 0, &g->upstream);
	/* whoever pulls finds out how it is */
	nf_signal_wake(&g->signal);
}

void nf_gate_empty(struct nf_gate *g)
{
	if (g->listens && g->upstream.nb_active == 0)
		nf_signal_sleep(&g->signal);
}

void nf_gate_close(struct nf_gate *g, uint64_t ns)
{
	struct nf_core *c = g->timer.e->core;

	if (ns < UINT64_MAX - nf_core_now_ns(c)) {
		if (nf_timer_at_ns(&g->timer, nf_core_now_ns(c) + ns) < 0)
			return;
	} else {
		nf_timer_cancel(&g->timer);
	}
	nf_signal_sleep(&g->signal);
}

void nf_gate_open(struct nf_gate *g)
{
	nf_timer_cancel(&g->timer);
	nf_signal_wake(&g->signal);
}
