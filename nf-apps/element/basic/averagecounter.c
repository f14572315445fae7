/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AverageCounter([IGNORE])
 *
 * Counts packets and bytes, and divides by the time from the first packet to the last.
 *
 *	IGNORE  seconds after the first packet that do not count. Default 0
 *
 * Ports: 1 input, 1 output; push or pull.
 * Handlers: count, byte_count, rate, byte_rate, bit_rate (r), reset (w).
 *
 *	... -> ac :: AverageCounter(2) -> ...
 */
#include "nf-apps/element/basic/number.h"

struct averagecounter_conf {
	uint64_t ignore_ns;
};

struct averagecounter_state {
	uint64_t count, byte_count;
	uint64_t first_ns, last_ns;
	bool started;
};

static int averagecounter_configure(struct nf_element *e, struct nf_args *a)
{
	struct averagecounter_conf *c = e->conf;

	nf_args_time_ns(a, "IGNORE", NF_ARGS_POS, &c->ignore_ns);
	return nf_args_end(a);
}

static inline int averagecounter_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct averagecounter_conf *c = conf;
	struct averagecounter_state *s = e->state;
	uint64_t now = nf_core_now_ns(e->core);

	if (UK_UNLIKELY(!s->started)) {
		s->started = true;
		s->first_ns = now;
	}
	s->last_ns = now;
	if (now - s->first_ns >= c->ignore_ns) {
		s->count++;
		s->byte_count += p->len;
	}
	return 0;
}

NF_EACH_DEFINE(averagecounter)

enum { AVERAGECOUNTER_RATE, AVERAGECOUNTER_BYTE_RATE, AVERAGECOUNTER_BIT_RATE };

static int averagecounter_read_rate(struct nf_element *e, uintptr_t what, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct averagecounter_conf *c = e->conf;
	const struct averagecounter_state *s = e->state;
	uint64_t ns = s->last_ns - s->first_ns, count = s->byte_count;

	ns = ns > c->ignore_ns ? ns - c->ignore_ns : 0;
	if (what == AVERAGECOUNTER_RATE)
		count = s->count;
	else if (what == AVERAGECOUNTER_BIT_RATE)
		count *= 8;
	/* Click's clock has milliseconds: shorter times count as one */
	nf_number_print_milli(nf_number_rate_milli(count, ns < 1000000 ? 1000000 : ns), out);
	return 0;
}

static int averagecounter_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	*(struct averagecounter_state *)e->state = (struct averagecounter_state){ 0 };
	return 0;
}

static void averagecounter_take_state(struct nf_element *e, struct nf_element *old)
{
	*(struct averagecounter_state *)e->state = *(struct averagecounter_state *)old->state;
}

static const struct nf_handler averagecounter_handlers[] = {
	NF_HANDLER_U64("count", struct averagecounter_state, count),
	NF_HANDLER_U64("byte_count", struct averagecounter_state, byte_count),
	{ .name = "rate", .read = averagecounter_read_rate, .arg = AVERAGECOUNTER_RATE },
	{ .name = "byte_rate", .read = averagecounter_read_rate, .arg = AVERAGECOUNTER_BYTE_RATE },
	{ .name = "bit_rate", .read = averagecounter_read_rate, .arg = AVERAGECOUNTER_BIT_RATE },
	{ .name = "reset", .write = averagecounter_reset, .flags = NF_HANDLER_BUTTON },
	{ .name = NULL },
};

const struct nf_class nf_averagecounter = {
	.name = "AverageCounter",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct averagecounter_conf),
	.state_size = sizeof(struct averagecounter_state),
	.configure = averagecounter_configure,
	.handlers = averagecounter_handlers,
	.take_state = averagecounter_take_state,
	NF_EACH(averagecounter),
};
