/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counter([keywords COUNT_CALL, BYTE_COUNT_CALL])
 *
 * Counts packets and bytes, and measures their rates (moving averages over some 16 ms).
 *
 *	COUNT_CALL       "N HANDLER [VALUE]": when the Nth packet comes, and before it goes on,
 *	                 writes VALUE to the handler
 *	BYTE_COUNT_CALL  the same when N bytes are reached
 *
 * Ports: 1 input, 1 output; push or pull.
 * Handlers: count, byte_count, rate (packets/s), byte_rate, bit_rate (r); reset, reset_counts (w);
 * count_call (rw), byte_count_call (rw): a new call, "N [HANDLER [VALUE]]".
 *
 *	... -> c :: Counter(COUNT_CALL 1000 stop) -> ...
 */
#include "nf-apps/element/basic/countcall.h"
#include "nf-apps/element/basic/ewma.h"
#include "nf-apps/element/basic/number.h"

struct counter_state {
	uint64_t count, byte_count;
	struct nf_ewma rate, byte_rate;
	struct nf_countcall on_count, on_bytes;
};

static int counter_configure(struct nf_element *e, struct nf_args *a)
{
	struct counter_state *s = e->state;

	nf_countcall_arg(&s->on_count, a, "COUNT_CALL");
	nf_countcall_arg(&s->on_bytes, a, "BYTE_COUNT_CALL");
	return nf_args_end(a);
}

static int counter_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct counter_state *s = e->state;
	int rc = nf_handlercall_check(&s->on_count.call, e, errs);

	return rc != 0 ? rc : nf_handlercall_check(&s->on_bytes.call, e, errs);
}

static void counter_cleanup(struct nf_element *e)
{
	struct counter_state *s = e->state;

	nf_handlercall_free(&s->on_count.call);
	nf_handlercall_free(&s->on_bytes.call);
}

static inline int counter_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct counter_state *s = e->state;
	uint64_t now = nf_core_now_ns(e->core);

	s->count++;
	s->byte_count += p->len;
	nf_ewma_add(&s->rate, now, 1);
	nf_ewma_add(&s->byte_rate, now, p->len);
	nf_countcall_check(&s->on_count, e, s->count);
	nf_countcall_check(&s->on_bytes, e, s->byte_count);
	return 0;
}

NF_EACH_DEFINE(counter)

static void counter_take_state(struct nf_element *e, struct nf_element *old)
{
	struct counter_state *s = e->state, *was = old->state;

	s->count = was->count;
	s->byte_count = was->byte_count;
	s->rate = was->rate;
	s->byte_rate = was->byte_rate;
	nf_countcall_take_state(&s->on_count, &was->on_count);
	nf_countcall_take_state(&s->on_bytes, &was->on_bytes);
}

enum { COUNTER_RATE, COUNTER_BYTE_RATE, COUNTER_BIT_RATE };

static int counter_read_rate(struct nf_element *e, uintptr_t what, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct counter_state *s = e->state;
	struct nf_ewma *r = what == COUNTER_RATE ? &s->rate : &s->byte_rate;

	nf_number_print_milli(
		nf_ewma_milli(r, nf_core_now_ns(e->core), what == COUNTER_BIT_RATE ? 8 : 1), out);
	return 0;
}

static int counter_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct counter_state *s = e->state;

	s->count = s->byte_count = 0;
	s->rate = s->byte_rate = (struct nf_ewma){ 0 };
	nf_countcall_reset(&s->on_count);
	nf_countcall_reset(&s->on_bytes);
	return 0;
}

static const struct nf_handler counter_handlers[] = {
	NF_HANDLER_U64("count", struct counter_state, count),
	NF_HANDLER_U64("byte_count", struct counter_state, byte_count),
	{ .name = "rate", .read = counter_read_rate, .arg = COUNTER_RATE },
	{ .name = "byte_rate", .read = counter_read_rate, .arg = COUNTER_BYTE_RATE },
	{ .name = "bit_rate", .read = counter_read_rate, .arg = COUNTER_BIT_RATE },
	{ .name = "reset", .write = counter_reset, .flags = NF_HANDLER_BUTTON },
	{ .name = "reset_counts", .write = counter_reset, .flags = NF_HANDLER_BUTTON },
	{ .name = "count_call",
		.read = nf_countcall_read,
		.write = nf_countcall_write,
		.arg = offsetof(struct counter_state, on_count) },
	{ .name = "byte_count_call",
		.read = nf_countcall_read,
		.write = nf_countcall_write,
		.arg = offsetof(struct counter_state, on_bytes) },
	{ .name = NULL },
};

const struct nf_class nf_counter = {
	.name = "Counter",
	.ports = "1/1",
	.processing = "a/a",
	.state_size = sizeof(struct counter_state),
	.configure = counter_configure,
	.initialize = counter_initialize,
	.cleanup = counter_cleanup,
	.handlers = counter_handlers,
	.take_state = counter_take_state,
	NF_EACH(counter),
};
