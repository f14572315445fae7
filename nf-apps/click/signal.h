/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signals of pull paths (Click: notifiers): a queue that has packets wakes the tasks that pull from
 * it, and they sleep while it has none. A signal belongs to an element with storage; a task
 * listens to all signals that it can reach against the direction of pull.
 */
#ifndef SLUICE_NF_APPS_CLICK_SIGNAL_H
#define SLUICE_NF_APPS_CLICK_SIGNAL_H

#include "nf-apps/click/core.h"

#define NF_SIGNAL_LISTENERS_MAX 16

struct nf_signal {
	bool active;
	bool is_space; /* listened to for room, not for packets */
	uint8_t nb_listeners;
	struct nf_task *listeners[NF_SIGNAL_LISTENERS_MAX];
};

/*
 * Lets `t` be scheduled whenever a signal that can be reached from input `port` of `e` wakes.
 * Returns true if every source there has a signal: then the task may unschedule itself when a pull
 * gave nothing. False: it has to go on polling. Call it in initialize; the element with the signal
 * may be initialised later.
 */
bool nf_signal_listen(struct nf_element *e, unsigned port, struct nf_task *t);

/* The same along a push path from output `port` (Click: downstream full notifiers). */
bool nf_signal_listen_space(struct nf_element *e, unsigned port, struct nf_task *t);

/* Wakes all listeners. */
void nf_signal_wake_all(struct nf_signal *s);
/* Tells them that there is nothing. */
void nf_signal_sleep_all(struct nf_signal *s);

/* Something can be had: cheap when it is known already. */
UK_INLINE void nf_signal_wake(struct nf_signal *s)
{
	if (!s->active)
		nf_signal_wake_all(s);
}

UK_INLINE void nf_signal_sleep(struct nf_signal *s)
{
	if (s->active)
		nf_signal_sleep_all(s);
}

/*
 * What a task does when a pull gave nothing; `listens` is what nf_signal_listen said. While a
 * signal is active it stays scheduled: an element between may have dropped everything, or a switch
 * points elsewhere for now.
 */
UK_INLINE void nf_signal_rest(struct nf_task *t, bool listens)
{
	if (listens && t->nb_active == 0)
		nf_task_unschedule(t);
}

/* False: all queues that it pushes to are full; `listens` is what nf_signal_listen_space said. */
UK_INLINE bool nf_signal_has_space(const struct nf_task *t, bool listens)
{
	return !listens || t->nb_space > 0;
}

#endif
