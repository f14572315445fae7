/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unqueue([keywords])
 *
 * Pulls packets as long as there are any and pushes them on. While the queues before it are empty,
 * its task sleeps.
 *
 * Arguments:
 *	BURST n       at most so many packets each time the task runs; less than 0: all there are.
 *	              Default: as many as a source of this core makes at once (a vector; 1 in the
 *	              twin)
 *	LIMIT n       so many packets in all, then none until `reset`; less than 0 (default): no
 *	              limit
 *	ACTIVE bool   false: pulls nothing until the handler says so. Default true
 * Ports: 1 pull input, 1 push output
 * Handlers: count (r), reset (w: count is 0 again, so that LIMIT more may pass), active (rw),
 *	limit (rw), burst (rw), tickets (rw), scheduled (rw)
 * Example: FromDevice(eth0) -> Queue(1000) -> Unqueue -> ToDevice(eth1);
 */
#include "nf-apps/click/element.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/signal.h"

/* "All there are" ends, so that a source without end does not hold up the others. */
#define UNQUEUE_BURST_MAX 65536

struct unqueue {
	struct nf_task task;
	bool active, listens;
	int32_t burst, limit;
	uint64_t count;
};

static int unqueue_configure(struct nf_element *e, struct nf_args *a)
{
	struct unqueue *s = e->state;

	s->burst = e->core->burst;
	s->limit = -1;
	s->active = true;
	nf_args_i32(a, "BURST", NF_ARGS_POS, &s->burst);
	nf_args_bool(a, "ACTIVE", 0, &s->active);
	nf_args_i32(a, "LIMIT", 0, &s->limit);
	return nf_args_end(a);
}

static uint16_t unqueue_want(const struct unqueue *s, uint32_t done)
{
	uint32_t most = s->burst < 0 || s->burst > UNQUEUE_BURST_MAX ? UNQUEUE_BURST_MAX
								     : (uint32_t)s->burst;
	uint64_t want = done < most ? most - done : 0;

	if (s->limit >= 0 && s->count + want > (uint32_t)s->limit)
		want = s->count < (uint32_t)s->limit ? (uint32_t)s->limit - s->count : 0;
	return (uint16_t)(want < UK_BURST_MAX ? want : UK_BURST_MAX);
}

/* What is pushed may write this element's handlers: count is right before, all is read anew after.
 */
static bool unqueue_run(struct nf_element *e, void *arg)
{
	struct unqueue *s = arg;
	struct uk_netbuf *v[UK_BURST_MAX];
	uint32_t done = 0;

	while (s->active) {
		uint16_t want = unqueue_want(s, done), n;

		if (want == 0)
			break;
		n = nf_element_fetch(e, 0, v, want);
		if (n == 0) {
			nf_signal_rest(&s->task, s->listens);
			return done > 0;
		}
		done += n;
		s->count += n;
		nf_element_emit(e, 0, v, n);
	}
	if (!s->active || unqueue_want(s, 0) == 0)
		nf_task_unschedule(&s->task);
	return done > 0;
}

static int unqueue_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct unqueue *s = e->state;

	if (s->burst == 0)
		nf_errors_warn(errs, e->where, "BURST 0: no packets will be pulled");
	nf_task_init(&s->task, e, unqueue_run, s);
	s->listens = nf_signal_listen(e, 0, &s->task);
	if (s->active)
		nf_task_schedule(&s->task);
	return 0;
}

static void unqueue_take_state(struct nf_element *e, struct nf_element *old)
{
	struct unqueue *s = e->state, *was = old->state;

	s->count = was->count;
}

static int unqueue_read_i32(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_text_printf(out, "%d", *(const int32_t *)((const char *)e->state + off));
	return 0;
}

static int unqueue_write_i32(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	struct unqueue *s = e->state;
	int64_t v;

	if (nf_addr_i64(value, &v) < 0 || v < INT32_MIN || v > INT32_MAX)
		return nf_errors_add(errs, NULL, "'%s' is no number of packets", value);
	*(int32_t *)((char *)s + off) = (int32_t)v;
	nf_task_schedule(&s->task);
	return 0;
}

static int unqueue_write_active(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	struct unqueue *s = e->state;
	int rc = nf_handler_write_bool(e, off, value, errs);

	if (rc == 0 && s->active)
		nf_task_schedule(&s->task);
	return rc;
}

static int unqueue_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct unqueue *s = e->state;

	s->count = 0;
	nf_task_schedule(&s->task);
	return 0;
}

#define UNQUEUE_I32(nm, field)                                                                     \
	{                                                                                          \
		.name = nm, .read = unqueue_read_i32, .write = unqueue_write_i32,                  \
		.arg = offsetof(struct unqueue, field)                                             \
	}

static const struct nf_handler unqueue_handlers[] = {
	NF_HANDLER_U64("count", struct unqueue, count),
	UNQUEUE_I32("burst", burst),
	UNQUEUE_I32("limit", limit),
	{ .name = "active",
		.read = nf_handler_read_bool,
		.write = unqueue_write_active,
		.arg = offsetof(struct unqueue, active) },
	{ .name = "reset", .write = unqueue_reset, .flags = NF_HANDLER_BUTTON },
	NF_HANDLER_TASK(struct unqueue, task),
	{ .name = NULL },
};

const struct nf_class nf_unqueue = {
	.name = "Unqueue",
	.ports = "1/1",
	.processing = "l/h",
	.state_size = sizeof(struct unqueue),
	.configure = unqueue_configure,
	.initialize = unqueue_initialize,
	.take_state = unqueue_take_state,
	.handlers = unqueue_handlers,
};
