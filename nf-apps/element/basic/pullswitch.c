/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PullSwitch([INPUT])
 *
 * Pulls all packets from one of its inputs, which can be changed while it runs. Who pulls from it
 * sleeps while that input has nothing, whatever the others have.
 *
 *	INPUT  number of the input; negative, or one that is not there: no packets. Default 0
 *
 * Ports: any number of pull inputs, 1 pull output.
 * Handlers: switch (rw): the input.
 *
 *	q1 -> sw :: PullSwitch(1) -> ToDevice(0); q2 -> [1]sw;
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/signal.h"
#include "nf-apps/element/basic/number.h"

/* One for each input: a task that hears when there is something. */
struct pullswitch_ear {
	struct nf_task task;
	bool listens; /* it will hear; else the input has to be asked */
};

struct pullswitch_state {
	struct nf_signal signal; /* follows the input in use */
	int32_t input;           /* -1: none */
	struct pullswitch_ear *ears;
};

static int pullswitch_configure(struct nf_element *e, struct nf_args *a)
{
	struct pullswitch_state *s = e->state;

	nf_args_i32(a, "INPUT", NF_ARGS_POS, &s->input);
	if (s->input < 0 || s->input >= e->nb_in)
		s->input = -1;
	s->signal.active = s->input >= 0;
	return nf_args_end(a);
}

static bool pullswitch_heard(struct nf_element *e, void *arg)
{
	struct pullswitch_state *s = e->state;
	struct pullswitch_ear *ear = arg;

	nf_task_unschedule(&ear->task);
	if (s->input >= 0 && ear == &s->ears[s->input])
		nf_signal_wake(&s->signal);
	return false;
}

static int pullswitch_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct pullswitch_state *s = e->state;

	s->ears = calloc(e->nb_in + 1u, sizeof(*s->ears));
	if (s->ears == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < e->nb_in; i++) {
		nf_task_init(&s->ears[i].task, e, pullswitch_heard, &s->ears[i]);
		s->ears[i].listens = nf_signal_listen(e, i, &s->ears[i].task);
	}
	return 0;
}

static void pullswitch_cleanup(struct nf_element *e)
{
	struct pullswitch_state *s = e->state;

	for (unsigned i = 0; s->ears != NULL && i < e->nb_in; i++)
		nf_task_unschedule(&s->ears[i].task);
	free(s->ears);
}

static bool pullswitch_silent(const struct pullswitch_state *s)
{
	return s->input < 0 || (s->ears[s->input].listens && s->ears[s->input].task.nb_active == 0);
}

static uint16_t pullswitch_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct pullswitch_state *s = e->state;

	n = s->input >= 0 ? nf_element_fetch(e, (unsigned)s->input, v, n) : 0;
	if (n == 0 && pullswitch_silent(s))
		nf_signal_sleep(&s->signal);
	return n;
}

static int pullswitch_set(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct pullswitch_state *s = e->state;
	int rc = nf_number_write_port(e, arg, e->nb_in, value, errs);

	if (rc != 0)
		return rc;
	if (pullswitch_silent(s))
		nf_signal_sleep(&s->signal);
	else
		nf_signal_wake(&s->signal);
	return 0;
}

static struct nf_signal *pullswitch_signal(struct nf_element *e, unsigned port)
{
	return &((struct pullswitch_state *)e->state)->signal;
}

static const struct nf_handler pullswitch_handlers[] = {
	{ .name = "switch",
		.read = nf_number_read_i32,
		.write = pullswitch_set,
		.arg = offsetof(struct pullswitch_state, input) },
	{ .name = NULL },
};

const struct nf_class nf_pullswitch = {
	.name = "PullSwitch",
	.ports = "-/1",
	.processing = "l/l",
	.state_size = sizeof(struct pullswitch_state),
	.configure = pullswitch_configure,
	.initialize = pullswitch_initialize,
	.cleanup = pullswitch_cleanup,
	.pull = pullswitch_pull,
	.handlers = pullswitch_handlers,
	.signal = pullswitch_signal,
};
