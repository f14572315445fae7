/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RatedSource([DATA, RATE, LIMIT, ACTIVE]
 *	[, keywords LENGTH, BANDWIDTH, HEADROOM, STOP, END_CALL, TIMESTAMP])
 *
 * Makes packets at a rate. What it could not make in time it makes up for: up to a hundredth of a
 * second, and at least two packets.
 *
 *	DATA       bytes of each packet. Default: some text of 69 bytes
 *	RATE       packets per second. Default 10
 *	LIMIT      packets to make, negative: without end. Default -1
 *	ACTIVE     boolean: false makes none. Default true
 *	BANDWIDTH  rate in bytes (or with a unit) per second, in place of RATE
 *	LENGTH, HEADROOM, STOP, END_CALL, TIMESTAMP  as with InfiniteSource
 *
 * Ports: 1 output, push or pull.
 * Handlers: count (r); data, length, rate, limit, active (rw); reset (w); tickets, scheduled (rw).
 * Drops: no buffer (packets that could not be made; it tries again).
 *
 *	RatedSource(\<0800>, 1000, LIMIT 5000, STOP true) -> Queue -> ...
 */
#include "nf-apps/click/signal.h"
#include "nf-apps/element/basic/source.h"
#include "nf-apps/element/queue/tokenbucket.h"

struct ratedsource_state {
	struct nf_source source;
	uint32_t rate;
	struct nf_tokenbucket bucket; /* packets that may be made */
	struct nf_task task;
	struct nf_timer timer;
	bool listens_space;
	struct nf_signal signal;
};

static int ratedsource_configure(struct nf_element *e, struct nf_args *a)
{
	struct ratedsource_state *s = e->state;
	uint64_t bandwidth;

	nf_source_init(&s->source);
	s->rate = 10;
	nf_source_arg_data(&s->source, a);
	nf_args_u32(a, "RATE", NF_ARGS_POS, &s->rate);
	nf_source_arg_limit(&s->source, a, NF_ARGS_POS);
	nf_source_arg_active(&s->source, a, NF_ARGS_POS);
	nf_source_args(&s->source, a);
	if (nf_args_bandwidth(a, "BANDWIDTH", 0, &bandwidth)) {
		bandwidth /= s->source.len > 0 ? s->source.len : 1;
		s->rate = bandwidth > UINT32_MAX ? UINT32_MAX : (uint32_t)bandwidth;
	}
	return nf_args_end(a);
}

static void ratedsource_set_rate(struct ratedsource_state *s)
{
	nf_tokenbucket_set(&s->bucket, s->rate, s->rate < 200 ? 2 : s->rate / 100);
}

static void ratedsource_wake(struct nf_element *e)
{
	struct ratedsource_state *s = e->state;

	if (!s->source.active)
		return;
	if (e->out[0].is_push)
		nf_task_schedule(&s->task);
	else
		nf_signal_wake(&s->signal);
}

static void ratedsource_due(struct nf_element *e, void *arg)
{
	ratedsource_wake(e);
}

/* It is too early: sleeps until it is time, if there is a timer to be had. */
static bool ratedsource_rest(struct ratedsource_state *s)
{
	uint64_t ns = nf_tokenbucket_wait_ns(&s->bucket, 1);

	return s->rate == 0 || ns == UINT64_MAX || nf_timer_after_ns(&s->timer, ns) == 0;
}

static uint16_t ratedsource_make(struct nf_element *e, struct uk_netbuf **v)
{
	struct ratedsource_state *s = e->state;
	uint16_t n = nf_source_make(&s->source, e, v, 1);

	nf_tokenbucket_take(&s->bucket, n);
	return n;
}

static bool ratedsource_is_time(struct nf_element *e)
{
	struct ratedsource_state *s = e->state;

	nf_tokenbucket_fill(&s->bucket, nf_core_now_ns(e->core));
	return s->rate > 0 && nf_tokenbucket_has(&s->bucket, 1);
}

static bool ratedsource_run(struct nf_element *e, void *arg)
{
	struct ratedsource_state *s = e->state;
	struct uk_netbuf *p;

	if (nf_source_may(&s->source, 1) == 0) {
		nf_task_unschedule(&s->task);
		nf_source_end(&s->source, e);
		return false;
	}
	if (!nf_signal_has_space(&s->task, s->listens_space)) {
		nf_task_unschedule(&s->task);
		return false;
	}
	if (!ratedsource_is_time(e)) {
		if (ratedsource_rest(s))
			nf_task_unschedule(&s->task);
		return false;
	}
	if (ratedsource_make(e, &p) == 0)
		return false;
	nf_element_emit_one(e, 0, p);
	return true;
}

static uint16_t ratedsource_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct ratedsource_state *s = e->state;

	if (nf_source_may(&s->source, 1) == 0) {
		nf_signal_sleep(&s->signal);
		nf_source_end(&s->source, e);
		return 0;
	}
	if (n == 0)
		return 0;
	if (ratedsource_is_time(e))
		return ratedsource_make(e, v);
	if (ratedsource_rest(s))
		nf_signal_sleep(&s->signal);
	return 0;
}

static int ratedsource_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct ratedsource_state *s = e->state;

	nf_task_init(&s->task, e, ratedsource_run, NULL);
	nf_timer_init(&s->timer, e, ratedsource_due, NULL);
	ratedsource_set_rate(s);
	nf_tokenbucket_level(&s->bucket, 1, nf_core_now_ns(e->core)); /* the first packet at once */
	if (e->out[0].is_push)
		s->listens_space = nf_signal_listen_space(e, 0, &s->task);
	ratedsource_wake(e);
	return nf_source_check(&s->source, e, errs);
}

static void ratedsource_cleanup(struct nf_element *e)
{
	struct ratedsource_state *s = e->state;

	if (nf_timer_is_set(&s->timer))
		nf_timer_cancel(&s->timer);
	nf_source_free(&s->source);
}

static void ratedsource_take_state(struct nf_element *e, struct nf_element *old)
{
	nf_source_take_state(&((struct ratedsource_state *)e->state)->source,
		&((struct ratedsource_state *)old->state)->source);
}

static struct nf_signal *ratedsource_signal(struct nf_element *e, unsigned port)
{
	return &((struct ratedsource_state *)e->state)->signal;
}

/* Each is the offset of a field; the count is only reset. */
#define RATEDSOURCE_RATE   offsetof(struct ratedsource_state, rate)
#define RATEDSOURCE_LIMIT  offsetof(struct ratedsource_state, source.limit)
#define RATEDSOURCE_ACTIVE offsetof(struct ratedsource_state, source.active)
#define RATEDSOURCE_COUNT  offsetof(struct ratedsource_state, source.count)

static int ratedsource_write(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	struct ratedsource_state *s = e->state;
	int rc = 0;

	if (off == RATEDSOURCE_RATE)
		rc = nf_handler_write_u32(e, off, value, errs);
	else if (off == RATEDSOURCE_LIMIT)
		rc = nf_number_write_limit(e, off, value, errs);
	else if (off == RATEDSOURCE_ACTIVE)
		rc = nf_handler_write_bool(e, off, value, errs);
	else
		s->source.count = 0;
	if (rc != 0)
		return rc;
	ratedsource_set_rate(s);
	if (!nf_source_done(&s->source))
		s->source.ended = false;
	ratedsource_wake(e);
	return 0;
}

static const struct nf_handler ratedsource_handlers[] = {
	NF_HANDLER_U64("count", struct ratedsource_state, source.count),
	NF_SOURCE_HANDLERS_DATA(struct ratedsource_state, source),
	NF_SOURCE_HANDLERS_LENGTH(struct ratedsource_state, source),
	{ .name = "rate",
		.read = nf_handler_read_u32,
		.write = ratedsource_write,
		.arg = RATEDSOURCE_RATE },
	{ .name = "limit",
		.read = nf_number_read_i64,
		.write = ratedsource_write,
		.arg = RATEDSOURCE_LIMIT },
	{ .name = "active",
		.read = nf_handler_read_bool,
		.write = ratedsource_write,
		.arg = RATEDSOURCE_ACTIVE },
	{ .name = "reset",
		.write = ratedsource_write,
		.arg = RATEDSOURCE_COUNT,
		.flags = NF_HANDLER_BUTTON },
	NF_HANDLER_TASK(struct ratedsource_state, task),
	{ .name = NULL },
};

const struct nf_class nf_ratedsource = {
	.name = "RatedSource",
	.ports = "0/1",
	.processing = "a/a",
	.state_size = sizeof(struct ratedsource_state),
	.configure = ratedsource_configure,
	.initialize = ratedsource_initialize,
	.cleanup = ratedsource_cleanup,
	.pull = ratedsource_pull,
	.drops = nf_source_drops,
	.handlers = ratedsource_handlers,
	.take_state = ratedsource_take_state,
	.signal = ratedsource_signal,
};
