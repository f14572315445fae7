/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RatedUnqueue(RATE [, keywords]), BandwidthRatedUnqueue(RATE [, keywords])
 *
 * Pulls packets and pushes them on, RATE packets (or bytes) per second at most, measured with a
 * token bucket that is full at the start. While the bucket or the queue is empty, its task sleeps.
 *
 * Arguments: see rated.h; and ACTIVE bool, false: pulls nothing until the handler says so
 * Ports: 1 pull input, 1 push output
 * Handlers: rate (rw), reset (w), count (r), active (rw), tickets (rw), scheduled (rw)
 * Example: Queue(100) -> RatedUnqueue(1000, BURST_SIZE 10) -> ToDevice(eth0);
 *          Queue(100) -> BandwidthRatedUnqueue(10Mbps) -> ToDevice(eth0);
 */
#include "nf-apps/click/signal.h"
#include "nf-apps/element/queue/rated.h"

struct ratedunqueue {
	struct nf_rated rated;
	struct nf_task task;
	struct nf_timer timer;
	bool active, listens;
	uint64_t count;
};

static int ratedunqueue_configure_as(struct nf_element *e, struct nf_args *a, bool bytes)
{
	struct ratedunqueue *s = e->state;

	s->active = true;
	nf_rated_configure(e, a, bytes);
	nf_args_bool(a, "ACTIVE", 0, &s->active);
	return nf_args_end(a);
}

static int ratedunqueue_configure(struct nf_element *e, struct nf_args *a)
{
	return ratedunqueue_configure_as(e, a, false);
}

static int ratedunqueue_configure_bytes(struct nf_element *e, struct nf_args *a)
{
	return ratedunqueue_configure_as(e, a, true);
}

/* Until the bucket allows the next packet. */
static void ratedunqueue_wait(struct nf_element *e, struct ratedunqueue *s, bool bytes)
{
	uint64_t ns = nf_tokenbucket_wait_ns(&s->rated.tb, bytes ? 0 : 1);

	if (s->rated.tb.rate == 0)
		ns = UINT64_MAX;
	if (ns == UINT64_MAX || nf_timer_at_ns(&s->timer, nf_core_now_ns(e->core) + ns) == 0)
		nf_task_unschedule(&s->task);
}

static bool ratedunqueue_run(struct nf_element *e, void *arg)
{
	const struct nf_rated_conf *c = e->conf;
	struct ratedunqueue *s = arg;
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t n;

	if (!s->active) {
		nf_task_unschedule(&s->task);
		return false;
	}
	nf_tokenbucket_fill(&s->rated.tb, nf_core_now_ns(e->core));
	if (!nf_rated_may(&s->rated, c->bytes)) {
		ratedunqueue_wait(e, s, c->bytes);
		return false;
	}
	n = nf_rated_fetch(e, c->bytes, v, e->core->burst);
	if (n == 0) {
		nf_signal_rest(&s->task, s->listens);
		return false;
	}
	s->count += n;
	nf_element_emit(e, 0, v, n);
	return true;
}

static void ratedunqueue_timer(struct nf_element *e, void *arg)
{
	struct ratedunqueue *s = arg;

	nf_task_schedule(&s->task);
}

static int ratedunqueue_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct ratedunqueue *s = e->state;

	nf_rated_initialize(e, false);
	nf_task_init(&s->task, e, ratedunqueue_run, s);
	nf_timer_init(&s->timer, e, ratedunqueue_timer, s);
	s->listens = nf_signal_listen(e, 0, &s->task);
	if (s->active)
		nf_task_schedule(&s->task);
	return 0;
}

static void ratedunqueue_take_state(struct nf_element *e, struct nf_element *old)
{
	struct ratedunqueue *s = e->state, *was = old->state;

	nf_rated_take_state(e, old);
	s->count = was->count;
}

/* A new rate, a full bucket or being active again may end the wait. */
static int ratedunqueue_write(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct ratedunqueue *s = e->state;
	int rc = 0;

	switch (arg) {
	case 0:
		rc = nf_rated_write_rate(e, 0, value, errs);
		break;
	case 1:
		rc = nf_rated_reset(e, 0, value, errs);
		break;
	default:
		rc = nf_handler_write_bool(e, offsetof(struct ratedunqueue, active), value, errs);
	}
	if (rc == 0 && s->active)
		nf_task_schedule(&s->task);
	return rc;
}

static const struct nf_handler ratedunqueue_handlers[] = {
	{ .name = "rate", .read = nf_rated_read_rate, .write = ratedunqueue_write, .arg = 0 },
	{ .name = "reset", .write = ratedunqueue_write, .arg = 1, .flags = NF_HANDLER_BUTTON },
	{ .name = "active",
		.read = nf_handler_read_bool,
		.write = ratedunqueue_write,
		.arg = offsetof(struct ratedunqueue, active) },
	NF_HANDLER_U64("count", struct ratedunqueue, count),
	NF_HANDLER_TASK(struct ratedunqueue, task),
	{ .name = NULL },
};

#define RATEDUNQUEUE_CLASS(click_name, conf_fn)                                                    \
	.name = click_name, .ports = "1/1", .processing = "l/h",                                   \
	.conf_size = sizeof(struct nf_rated_conf), .state_size = sizeof(struct ratedunqueue),      \
	.configure = conf_fn, .initialize = ratedunqueue_initialize,                               \
	.take_state = ratedunqueue_take_state, .handlers = ratedunqueue_handlers

const struct nf_class nf_ratedunqueue = {
	RATEDUNQUEUE_CLASS("RatedUnqueue", ratedunqueue_configure),
};
const struct nf_class nf_ratedunqueue_bandwidth = {
	RATEDUNQUEUE_CLASS("BandwidthRatedUnqueue", ratedunqueue_configure_bytes),
};
