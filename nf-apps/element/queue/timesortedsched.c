/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TimeSortedSched([keywords])
 *
 * Merges streams of packets that are each sorted by time stamp: gives, when it is pulled, the
 * packet with the earliest one of those that its inputs have. Equal ones keep the order in which
 * they were fetched.
 *
 * Arguments:
 *	STOP bool   true: ends the run when there are no packets, and no queue before it is active.
 *	            Default false
 *	BUFFER n    packets per input that it looks at, 1 (default) to 1024: more puts streams
 *	            right that are a little out of order
 * Ports: any number of pull inputs, 1 pull output
 * Handlers: well_ordered (r): false if a packet came too late to be put in order
 * Drops: "did not fit" (live change: packets of inputs that are gone)
 * Example: t :: TimeSortedSched(STOP true);
 *          FromDump(a) -> [0] t; FromDump(b) -> [1] t; t -> ToDump(c);
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/click/router.h"
#include "nf-apps/click/signal.h"

#define TIMESORTEDSCHED_BUFFER_MAX 1024

enum { TIMESORTEDSCHED_NO_ROOM };

struct timesortedsched_conf {
	uint32_t buffer;
	bool stop;
};

struct timesortedsched_packet {
	struct uk_netbuf *p;
	uint64_t time_ns, order;
	uint32_t input;
};

struct timesortedsched {
	struct timesortedsched_packet *heap; /* earliest first; room for buffer * inputs */
	uint32_t *held;                      /* packets of each input */
	uint32_t nb;
	bool well_ordered, listens, stopped;
	uint64_t order, last_ns;
	struct nf_task task; /* knows whether something may come; does nothing */
};

static int timesortedsched_configure(struct nf_element *e, struct nf_args *a)
{
	struct timesortedsched_conf *c = e->conf;

	c->buffer = 1;
	nf_args_bool(a, "STOP", 0, &c->stop);
	nf_args_u32(a, "BUFFER", 0, &c->buffer);
	if (c->buffer < 1 || c->buffer > TIMESORTEDSCHED_BUFFER_MAX)
		nf_args_error(a, "BUFFER is 1 to %u", TIMESORTEDSCHED_BUFFER_MAX);
	return nf_args_end(a);
}

static bool timesortedsched_run(struct nf_element *e, void *arg)
{
	nf_task_unschedule(arg);
	return false;
}

static int timesortedsched_initialize(struct nf_element *e, struct nf_errors *errs)
{
	const struct timesortedsched_conf *c = e->conf;
	struct timesortedsched *s = e->state;

	s->well_ordered = true;
	s->heap = calloc((size_t)e->nb_in * c->buffer + 1, sizeof(*s->heap));
	s->held = calloc(e->nb_in + 1u, sizeof(*s->held));
	if (s->heap == NULL || s->held == NULL)
		return -ENOMEM;
	nf_task_init(&s->task, e, timesortedsched_run, &s->task);
	s->listens = true;
	for (unsigned i = 0; i < e->nb_in; i++)
		s->listens &= nf_signal_listen(e, i, &s->task);
	return 0;
}

static void timesortedsched_cleanup(struct nf_element *e)
{
	struct timesortedsched *s = e->state;

	for (uint32_t i = 0; i < s->nb; i++)
		uk_netbuf_free(s->heap[i].p);
	s->nb = 0;
	free(s->heap);
	free(s->held);
}

static bool timesortedsched_before(
	const struct timesortedsched_packet *a, const struct timesortedsched_packet *b)
{
	return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->order < b->order;
}

static void timesortedsched_add(struct timesortedsched *s, uint32_t input, struct uk_netbuf *p)
{
	struct timesortedsched_packet x = { p, nf_packet_anno(p)->time_ns, s->order++, input };
	uint32_t at = s->nb++;

	for (; at > 0 && timesortedsched_before(&x, &s->heap[(at - 1) / 2]); at = (at - 1) / 2)
		s->heap[at] = s->heap[(at - 1) / 2];
	s->heap[at] = x;
	s->held[input]++;
}

static struct uk_netbuf *timesortedsched_earliest(struct timesortedsched *s)
{
	struct timesortedsched_packet first = s->heap[0], last = s->heap[--s->nb];
	uint32_t at = 0;

	for (uint32_t kid = 1; kid < s->nb; kid = 2 * at + 1) {
		if (kid + 1 < s->nb && timesortedsched_before(&s->heap[kid + 1], &s->heap[kid]))
			kid++;
		if (!timesortedsched_before(&s->heap[kid], &last))
			break;
		s->heap[at] = s->heap[kid];
		at = kid;
	}
	s->heap[at] = last;
	s->held[first.input]--;
	if (first.time_ns != 0 && first.time_ns < s->last_ns)
		s->well_ordered = false;
	if (first.time_ns != 0)
		s->last_ns = first.time_ns;
	return first.p;
}

static void timesortedsched_refill(struct nf_element *e, struct timesortedsched *s)
{
	const struct timesortedsched_conf *c = e->conf;
	struct uk_netbuf *v[UK_BURST_MAX];

	for (uint32_t i = 0; i < e->nb_in; i++) {
		while (s->held[i] < c->buffer) {
			uint32_t want = c->buffer - s->held[i];
			uint16_t n = nf_element_fetch(
				e, i, v, (uint16_t)(want < UK_BURST_MAX ? want : UK_BURST_MAX));

			for (uint16_t k = 0; k < n; k++)
				timesortedsched_add(s, i, v[k]);
			if (n == 0)
				break;
		}
	}
}

static uint16_t timesortedsched_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	const struct timesortedsched_conf *c = e->conf;
	struct timesortedsched *s = e->state;
	uint16_t got = 0;

	while (got < n) {
		timesortedsched_refill(e, s);
		if (s->nb == 0)
			break;
		v[got++] = timesortedsched_earliest(s);
	}
	if (got > 0) {
		s->stopped = false;
	} else if (c->stop && !s->stopped && s->listens && s->task.nb_active == 0) {
		s->stopped = true;
		nf_router_stop_driver(e->router);
	}
	return got;
}

static void timesortedsched_take_state(struct nf_element *e, struct nf_element *old)
{
	const struct timesortedsched_conf *c = e->conf;
	struct timesortedsched *s = e->state, *was = old->state;

	s->well_ordered = was->well_ordered;
	s->last_ns = was->last_ns;
	for (uint32_t i = 0; i < was->nb; i++) {
		const struct timesortedsched_packet *x = &was->heap[i];

		if (x->input < e->nb_in && s->held[x->input] < c->buffer)
			timesortedsched_add(s, x->input, x->p);
		else
			nf_element_drop_one(e, TIMESORTEDSCHED_NO_ROOM, x->p);
	}
	was->nb = 0;
}

static const struct nf_handler timesortedsched_handlers[] = {
	{ .name = "well_ordered",
		.read = nf_handler_read_bool,
		.arg = offsetof(struct timesortedsched, well_ordered) },
	{ .name = NULL },
};

const struct nf_class nf_timesortedsched = {
	.name = "TimeSortedSched",
	.ports = "-/1",
	.processing = "l/l",
	.conf_size = sizeof(struct timesortedsched_conf),
	.state_size = sizeof(struct timesortedsched),
	.configure = timesortedsched_configure,
	.initialize = timesortedsched_initialize,
	.cleanup = timesortedsched_cleanup,
	.take_state = timesortedsched_take_state,
	.pull = timesortedsched_pull,
	.handlers = timesortedsched_handlers,
	.drops = (const char *const[]){ "did not fit", NULL },
	.flags = NF_CLASS_ANNO,
};
