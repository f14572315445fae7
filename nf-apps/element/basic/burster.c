/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TimedUnqueue(INTERVAL [, BURST])
 * Burster(INTERVAL [, BURST])
 *
 * Every INTERVAL, pull up to BURST packets and push them on.
 *
 *	INTERVAL  time between bursts
 *	BURST     packets of a burst, 1 and more. Default: TimedUnqueue 1, Burster 8
 *
 * Ports: 1 pull input, 1 push output.
 * Handlers: interval (rw), burst (rw).
 *
 *	Queue -> Burster(0.1, 16) -> ...
 */
#include "nf-apps/click/handler.h"

struct burster_state {
	struct nf_timer timer;
	uint64_t interval_ns;
	uint32_t burst;
};

static int burster_configure(struct nf_element *e, struct nf_args *a)
{
	struct burster_state *s = e->state;

	s->burst = nf_element_is(e, "Burster") ? 8 : 1;
	if (nf_args_time_ns(a, "INTERVAL", NF_ARGS_POS | NF_ARGS_MUST, &s->interval_ns) &&
		s->interval_ns == 0)
		nf_args_error(a, "INTERVAL: must be more than 0");
	if (nf_args_u32(a, "BURST", NF_ARGS_POS, &s->burst) && s->burst == 0)
		nf_args_error(a, "BURST: must be at least 1");
	return nf_args_end(a);
}

static void burster_due(struct nf_element *e, void *arg)
{
	struct burster_state *s = e->state;
	struct uk_netbuf *v[UK_BURST_MAX];

	(void)nf_timer_after_ns(&s->timer, s->interval_ns);
	for (uint32_t left = s->burst; left > 0;) {
		uint16_t n = left < UK_BURST_MAX ? (uint16_t)left : UK_BURST_MAX;

		n = nf_element_fetch(e, 0, v, n);
		if (n == 0)
			break;
		nf_element_emit(e, 0, v, n);
		left -= n;
	}
}

static int burster_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct burster_state *s = e->state;

	nf_timer_init(&s->timer, e, burster_due, NULL);
	return nf_timer_after_ns(&s->timer, s->interval_ns);
}

static void burster_cleanup(struct nf_element *e)
{
	struct burster_state *s = e->state;

	if (nf_timer_is_set(&s->timer))
		nf_timer_cancel(&s->timer);
}

static int burster_read_interval(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_addr_print_time(((struct burster_state *)e->state)->interval_ns, out);
	return 0;
}

static int burster_write_interval(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct burster_state *s = e->state;
	uint64_t ns;

	if (nf_addr_time_ns(value, &ns) != 0 || ns == 0)
		return nf_errors_add(errs, NULL, "'%.40s' is not a time of more than 0", value);
	s->interval_ns = ns;
	return nf_timer_after_ns(&s->timer, ns);
}

static int burster_write_burst(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	uint64_t v;

	if (nf_addr_u64(value, &v) != 0 || v < 1 || v > INT32_MAX)
		return nf_errors_add(
			errs, NULL, "'%.40s' is no number from 1 to %d", value, INT32_MAX);
	((struct burster_state *)e->state)->burst = (uint32_t)v;
	return 0;
}

static const struct nf_handler burster_handlers[] = {
	{ .name = "interval", .read = burster_read_interval, .write = burster_write_interval },
	{ .name = "burst",
		.read = nf_handler_read_u32,
		.write = burster_write_burst,
		.arg = offsetof(struct burster_state, burst) },
	{ .name = NULL },
};

const struct nf_class nf_burster = {
	.name = "Burster",
	.ports = "1/1",
	.processing = "l/h",
	.state_size = sizeof(struct burster_state),
	.configure = burster_configure,
	.initialize = burster_initialize,
	.cleanup = burster_cleanup,
	.handlers = burster_handlers,
};

const struct nf_class nf_burster_timedunqueue = {
	.name = "TimedUnqueue",
	.ports = "1/1",
	.processing = "l/h",
	.state_size = sizeof(struct burster_state),
	.configure = burster_configure,
	.initialize = burster_initialize,
	.cleanup = burster_cleanup,
	.handlers = burster_handlers,
};
