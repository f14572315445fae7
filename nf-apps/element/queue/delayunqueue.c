/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DelayUnqueue(DELAY)
 *
 * Pulls packets and pushes each on no earlier than DELAY after its time stamp; a packet without one
 * counts from when it was pulled. It holds one packet, the others wait in the queue before it. A
 * packet leaves with the time at which it leaves as its time stamp.
 *
 * Arguments:
 *	DELAY t   "50ms", plain: seconds
 * Ports: 1 pull input, 1 push output
 * Handlers: delay (rw), tickets (rw), scheduled (rw)
 * Drops: "did not fit" (live change: the new element had one already)
 * Example: FromDevice(eth0) -> SetTimestamp -> Queue(1000) -> DelayUnqueue(30ms) -> ToDevice(eth1);
 */
#include "nf-apps/click/element.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/signal.h"
#include "nf-apps/element/queue/fixed.h"

struct delayunqueue {
	struct uk_netbuf *held; /* its time stamp is when it may go */
	uint64_t delay_ns;
	struct nf_task task;
	struct nf_timer timer;
	bool listens;
};

enum { DELAYUNQUEUE_NO_ROOM };

static int delayunqueue_configure(struct nf_element *e, struct nf_args *a)
{
	struct delayunqueue *s = e->state;

	nf_args_time_ns(a, "DELAY", NF_ARGS_POS | NF_ARGS_MUST, &s->delay_ns);
	return nf_args_end(a);
}

static bool delayunqueue_hold(struct nf_element *e, struct delayunqueue *s, uint64_t now)
{
	struct uk_netbuf *p;
	struct nf_anno *anno;

	if (s->held != NULL)
		return true;
	if (nf_element_fetch(e, 0, &p, 1) == 0)
		return false;
	s->held = p;
	anno = nf_packet_anno(p);
	if (anno->time_ns == 0)
		anno->time_ns = now;
	anno->time_ns += s->delay_ns;
	return true;
}

static bool delayunqueue_run(struct nf_element *e, void *arg)
{
	struct delayunqueue *s = arg;
	struct uk_netbuf *v[UK_BURST_MAX];
	uint64_t now = nf_core_wall_ns();
	uint16_t n = 0;

	while (n < UK_BURST_MAX) {
		uint64_t due;

		if (!delayunqueue_hold(e, s, now)) {
			if (n == 0)
				nf_signal_rest(&s->task, s->listens);
			break;
		}
		due = nf_packet_anno(s->held)->time_ns;
		if (due > now) {
			if (nf_timer_after_ns(&s->timer, due - now) == 0)
				nf_task_unschedule(&s->task);
			break;
		}
		nf_packet_anno(s->held)->time_ns = now;
		v[n++] = s->held;
		s->held = NULL;
	}
	nf_element_emit(e, 0, v, n);
	return n > 0;
}

static void delayunqueue_timer(struct nf_element *e, void *arg)
{
	struct delayunqueue *s = arg;

	nf_task_schedule(&s->task);
}

static int delayunqueue_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct delayunqueue *s = e->state;

	nf_task_init(&s->task, e, delayunqueue_run, s);
	nf_timer_init(&s->timer, e, delayunqueue_timer, s);
	s->listens = nf_signal_listen(e, 0, &s->task);
	nf_task_schedule(&s->task);
	return 0;
}

static void delayunqueue_cleanup(struct nf_element *e)
{
	struct delayunqueue *s = e->state;

	if (s->held != NULL)
		uk_netbuf_free(s->held);
	s->held = NULL;
}

static void delayunqueue_take_state(struct nf_element *e, struct nf_element *old)
{
	struct delayunqueue *s = e->state, *was = old->state;

	if (s->held == NULL)
		s->held = was->held;
	else if (was->held != NULL)
		nf_element_drop_one(e, DELAYUNQUEUE_NO_ROOM, was->held);
	was->held = NULL;
}

static uint32_t delayunqueue_stored(const struct nf_element *e)
{
	const struct delayunqueue *s = e->state;

	return s->held != NULL;
}

static int delayunqueue_read(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct delayunqueue *s = e->state;

	nf_fixed_print_interval(s->delay_ns, out);
	return 0;
}

/* Of the packets that are pulled from now on. */
static int delayunqueue_write(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct delayunqueue *s = e->state;
	uint64_t ns;

	if (nf_addr_time_ns(value, &ns) < 0)
		return nf_errors_add(errs, NULL, "DELAY is a time, not '%s'", value);
	s->delay_ns = ns;
	return 0;
}

static const struct nf_handler delayunqueue_handlers[] = {
	{ .name = "delay", .read = delayunqueue_read, .write = delayunqueue_write },
	NF_HANDLER_TASK(struct delayunqueue, task),
	{ .name = NULL },
};

const struct nf_class nf_delayunqueue = {
	.name = "DelayUnqueue",
	.ports = "1/1",
	.processing = "l/h",
	.state_size = sizeof(struct delayunqueue),
	.configure = delayunqueue_configure,
	.initialize = delayunqueue_initialize,
	.cleanup = delayunqueue_cleanup,
	.take_state = delayunqueue_take_state,
	.stored = delayunqueue_stored,
	.handlers = delayunqueue_handlers,
	.drops = (const char *const[]){ "did not fit", NULL },
	.flags = NF_CLASS_ANNO,
};
