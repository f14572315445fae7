/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counter([keywords COUNT_CALL, BYTE_COUNT_CALL])
 *
 * Counts packets and bytes, and measures their rates (moving averages over some 16 ms).
 *
 *	COUNT_CALL       "N HANDLER [VALUE]": when the Nth packet comes, writes VALUE to the
 *handler, before that packet goes on BYTE_COUNT_CALL  the same when N bytes are reached
 *
 * Ports: 1 input, 1 output; push or pull.
 * Handlers: count, byte_count, rate (packets/s), byte_rate, bit_rate (r); reset, reset_counts (w);
 * count_call (rw), byte_count_call (rw): a new call, "N [HANDLER [VALUE]]".
 *
 *	... -> c :: Counter(COUNT_CALL 1000 stop) -> ...
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/element/basic/ewma.h"
#include "nf-apps/element/basic/handlercall.h"
#include "nf-apps/element/basic/number.h"

/* A call when a count reaches `at`; UINT64_MAX: none, or it is done. */
struct counter_call {
	uint64_t at, given;
	struct nf_handlercall call;
};

struct counter_state {
	uint64_t count, byte_count;
	struct nf_ewma rate, byte_rate;
	struct counter_call on_count, on_bytes;
};

/* "N HANDLER [VALUE]" */
static int counter_parse_call(struct counter_call *c, const char *text)
{
	const char *end = text + strlen(text), *s = nf_args_text_space(text, end), *rest = s;
	char buf[24];
	uint64_t at;
	int rc;

	while (rest < end && !nf_args_text_is_space(*rest))
		rest++;
	if ((size_t)(rest - s) >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, s, (size_t)(rest - s));
	buf[rest - s] = 0;
	if (nf_addr_u64(buf, &at) != 0)
		return -EINVAL;
	rc = nf_handlercall_set(&c->call, rest);
	if (rc == 0)
		c->at = c->given = at;
	return rc;
}

static void counter_arg(struct nf_args *a, const char *key, struct counter_call *c)
{
	const char *text;

	c->at = c->given = UINT64_MAX;
	if (nf_args_raw(a, key, 0, &text) && counter_parse_call(c, text) != 0)
		nf_args_error(a, "%s: '%.40s' is not \"N HANDLER [VALUE]\"", key, text);
}

static int counter_configure(struct nf_element *e, struct nf_args *a)
{
	struct counter_state *s = e->state;

	counter_arg(a, "COUNT_CALL", &s->on_count);
	counter_arg(a, "BYTE_COUNT_CALL", &s->on_bytes);
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

static void counter_do_call(struct nf_element *e, struct counter_call *c)
{
	c->at = UINT64_MAX;
	nf_handlercall_run(&c->call, e);
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
	if (UK_UNLIKELY(s->count >= s->on_count.at))
		counter_do_call(e, &s->on_count);
	if (UK_UNLIKELY(s->byte_count >= s->on_bytes.at))
		counter_do_call(e, &s->on_bytes);
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
	if (s->on_count.given == was->on_count.given)
		s->on_count.at = was->on_count.at;
	if (s->on_bytes.given == was->on_bytes.given)
		s->on_bytes.at = was->on_bytes.at;
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
	s->on_count.at = s->on_count.given;
	s->on_bytes.at = s->on_bytes.given;
	return 0;
}

static int counter_read_call(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct counter_call *c = (const void *)((const uint8_t *)e->state + off);

	if (c->call.name != NULL)
		nf_text_printf(out, "%lu %s%s%s", c->given, c->call.name,
			*c->call.value != 0 ? " " : "", c->call.value);
	return 0;
}

static int counter_write_call(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	struct counter_call *c = (void *)((uint8_t *)e->state + off), made = { 0 };

	if (counter_parse_call(&made, value) != 0)
		return nf_errors_add(errs, NULL, "'%.40s' is not \"N [HANDLER [VALUE]]\"", value);
	if (nf_handlercall_check(&made.call, e, errs) != 0) {
		nf_handlercall_free(&made.call);
		return -EINVAL;
	}
	nf_handlercall_free(&c->call);
	*c = made;
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
		.read = counter_read_call,
		.write = counter_write_call,
		.arg = offsetof(struct counter_state, on_count) },
	{ .name = "byte_count_call",
		.read = counter_read_call,
		.write = counter_write_call,
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
