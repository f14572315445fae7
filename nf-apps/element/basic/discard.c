/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Discard([keywords ACTIVE, BURST])
 *
 * The end of packets: frees and counts them. Where its input is pull, it pulls whenever there is
 * something.
 *
 *	ACTIVE  boolean: false stops pulling. Default true; means nothing on a push input
 *	BURST   packets per pull, 1 and more. Default 1; means nothing on a push input
 *
 * Ports: one input, push or pull.
 * Handlers: count (r), reset_counts (w), active (rw), tickets (rw), scheduled (rw).
 *
 *	... -> Discard;
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/click/signal.h"

struct discard_state {
	struct nf_task task;
	uint64_t count;
	uint32_t burst;
	bool active, listens;
};

static int discard_configure(struct nf_element *e, struct nf_args *a)
{
	struct discard_state *s = e->state;

	s->active = true;
	s->burst = 1;
	nf_args_bool(a, "ACTIVE", 0, &s->active);
	if (nf_args_u32(a, "BURST", 0, &s->burst) && s->burst == 0)
		nf_args_error(a, "BURST: must be at least 1");
	return nf_args_end(a);
}

static bool discard_run(struct nf_element *e, void *arg)
{
	struct discard_state *s = e->state;
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t n = 0;

	if (s->active)
		n = nf_element_fetch(
			e, 0, v, s->burst < UK_BURST_MAX ? (uint16_t)s->burst : UK_BURST_MAX);
	s->count += n;
	uk_netbuf_free_burst(v, n);
	if (!s->active)
		nf_task_unschedule(&s->task);
	else if (n == 0)
		nf_signal_rest(&s->task, s->listens);
	return n > 0;
}

static int discard_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct discard_state *s = e->state;

	nf_task_init(&s->task, e, discard_run, NULL);
	if (e->in[0].is_push)
		return 0;
	s->listens = nf_signal_listen(e, 0, &s->task);
	if (!s->listens || s->task.nb_active > 0)
		nf_task_schedule(&s->task);
	return 0;
}

static void discard_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	((struct discard_state *)e->state)->count += n;
	uk_netbuf_free_burst(v, n);
}

static void discard_take_state(struct nf_element *e, struct nf_element *old)
{
	((struct discard_state *)e->state)->count += ((struct discard_state *)old->state)->count;
}

static int discard_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	((struct discard_state *)e->state)->count = 0;
	return 0;
}

static int discard_set_active(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct discard_state *s = e->state;
	int rc = nf_handler_write_bool(e, arg, value, errs);

	if (rc == 0 && s->active && !e->in[0].is_push)
		nf_task_schedule(&s->task);
	return rc;
}

static const struct nf_handler discard_handlers[] = {
	NF_HANDLER_U64("count", struct discard_state, count),
	{ .name = "reset_counts", .write = discard_reset, .flags = NF_HANDLER_BUTTON },
	{ .name = "active",
		.read = nf_handler_read_bool,
		.write = discard_set_active,
		.arg = offsetof(struct discard_state, active) },
	NF_HANDLER_TASK(struct discard_state, task),
	{ .name = NULL },
};

const struct nf_class nf_discard = {
	.name = "Discard",
	.ports = "1/0",
	.processing = "a/a",
	.state_size = sizeof(struct discard_state),
	.configure = discard_configure,
	.initialize = discard_initialize,
	.push = discard_push,
	.handlers = discard_handlers,
	.take_state = discard_take_state,
};
