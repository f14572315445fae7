/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TimedSource([INTERVAL, DATA]
 *	[, keywords LIMIT, LENGTH, HEADROOM, ACTIVE, STOP, END_CALL, TIMESTAMP])
 *
 * Makes a packet every INTERVAL, the first one after one INTERVAL.
 *
 *	INTERVAL  time between packets. Default 0.5 s
 *	DATA      bytes of each packet. Default: some text of 69 bytes
 *	LIMIT     packets to make, negative: without end. Default -1
 *	ACTIVE    boolean: false makes none. Default true
 *	LENGTH, HEADROOM, STOP, END_CALL, TIMESTAMP  as with InfiniteSource
 *
 * Ports: 1 push output.
 * Handlers: count (r); data, length, interval, active (rw); reset (w).
 * Drops: no buffer (packets that could not be made; it tries again).
 *
 *	TimedSource(10s, "still here") -> UDPIPEncap(10.0.0.1, 9, 10.0.0.2, 9) -> ...
 */
#include <errno.h>
#include "nf-apps/element/basic/source.h"

struct timedsource_state {
	struct nf_source source;
	uint64_t interval_ns;
	struct nf_timer timer;
};

static int timedsource_configure(struct nf_element *e, struct nf_args *a)
{
	struct timedsource_state *s = e->state;

	nf_source_init(&s->source);
	s->interval_ns = 500000000;
	nf_args_time_ns(a, "INTERVAL", NF_ARGS_POS, &s->interval_ns);
	nf_source_arg_data(&s->source, a);
	nf_source_arg_limit(&s->source, a, 0);
	nf_source_arg_active(&s->source, a, 0);
	nf_source_args(&s->source, a);
	return nf_args_end(a);
}

static void timedsource_due(struct nf_element *e, void *arg)
{
	struct timedsource_state *s = e->state;
	struct uk_netbuf *p;

	if (!s->source.active)
		return;
	if (nf_source_done(&s->source)) {
		nf_source_end(&s->source, e);
		return;
	}
	/* no time is lost if it is late, but it does not run after the clock either */
	if (s->timer.due_ns + s->interval_ns < nf_core_now_ns(e->core))
		(void)nf_timer_after_ns(&s->timer, s->interval_ns);
	else
		(void)nf_timer_at_ns(&s->timer, s->timer.due_ns + s->interval_ns);
	if (nf_source_make(&s->source, e, &p, 1) == 1)
		nf_element_emit_one(e, 0, p);
}

static int timedsource_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct timedsource_state *s = e->state;
	int rc = nf_source_check(&s->source, e, errs);

	nf_timer_init(&s->timer, e, timedsource_due, NULL);
	if (rc == 0 && s->source.active)
		rc = nf_timer_after_ns(&s->timer, s->interval_ns);
	return rc;
}

static void timedsource_cleanup(struct nf_element *e)
{
	struct timedsource_state *s = e->state;

	if (nf_timer_is_set(&s->timer))
		nf_timer_cancel(&s->timer);
	nf_source_free(&s->source);
}

static void timedsource_take_state(struct nf_element *e, struct nf_element *old)
{
	nf_source_take_state(&((struct timedsource_state *)e->state)->source,
		&((struct timedsource_state *)old->state)->source);
}

static int timedsource_read_interval(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_addr_print_time(((struct timedsource_state *)e->state)->interval_ns, out);
	return 0;
}

static int timedsource_write_interval(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct timedsource_state *s = e->state;

	if (nf_addr_time_ns(value, &s->interval_ns) != 0)
		return nf_errors_add(errs, NULL, "'%.40s' is not a time", value);
	if (nf_timer_is_set(&s->timer))
		return nf_timer_after_ns(&s->timer, s->interval_ns);
	return 0;
}

/* active: true starts it again; reset: the count is 0 again. */
static int timedsource_write_active(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	struct timedsource_state *s = e->state;
	int rc = nf_handler_write_bool(e, off, value, errs);

	if (rc == 0 && s->source.active && !nf_timer_is_set(&s->timer))
		rc = nf_timer_after_ns(&s->timer, s->interval_ns);
	return rc;
}

static int timedsource_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct timedsource_state *s = e->state;

	s->source.count = 0;
	s->source.ended = false;
	if (s->source.active && !nf_timer_is_set(&s->timer))
		return nf_timer_after_ns(&s->timer, s->interval_ns);
	return 0;
}

static const struct nf_handler timedsource_handlers[] = {
	NF_HANDLER_U64("count", struct timedsource_state, source.count),
	NF_SOURCE_HANDLERS_DATA(struct timedsource_state, source),
	NF_SOURCE_HANDLERS_LENGTH(struct timedsource_state, source),
	{ .name = "interval",
		.read = timedsource_read_interval,
		.write = timedsource_write_interval },
	{ .name = "active",
		.read = nf_handler_read_bool,
		.write = timedsource_write_active,
		.arg = offsetof(struct timedsource_state, source.active) },
	{ .name = "reset", .write = timedsource_reset, .flags = NF_HANDLER_BUTTON },
	{ .name = NULL },
};

const struct nf_class nf_timedsource = {
	.name = "TimedSource",
	.ports = "0/1",
	.processing = "h/h",
	.state_size = sizeof(struct timedsource_state),
	.configure = timedsource_configure,
	.initialize = timedsource_initialize,
	.cleanup = timedsource_cleanup,
	.drops = nf_source_drops,
	.handlers = timedsource_handlers,
	.take_state = timedsource_take_state,
};
