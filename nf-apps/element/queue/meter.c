/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Meter(RATE1, RATE2, ...), BandwidthMeter(RATE1, RATE2, ...), PacketMeter
 *
 * Measures the rate at which packets (or bytes) arrive, as a moving average over some 16 ms, and
 * sends the whole stream to one output: 0 while the rate is below RATE1, 1 below RATE2, ..., the
 * last one from the last RATE on. RatedSplitter, by contrast, lets a rate pass and splits off the
 * rest.
 *
 * Arguments:
 *	RATE1, ... r   packets per second, or bandwidths ("384kbps"); each is greater than the one
 *	               before; at least one
 * Ports: 1 push input; one push output more than there are rates
 * Handlers: rate (r), meters (r: the rates, one to a line)
 * Example: m :: Meter(10000); ... -> m; m[0] -> q; m[1] -> Discard;
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/element/basic/ewma.h"
#include "nf-apps/element/basic/number.h"

#define METER_RATE_MAX (1ull << 40)

struct meter_conf {
	bool bytes;
	uint32_t nb;
	uint64_t first; /* RATE1 in thousandths */
};

struct meter {
	struct nf_ewma rate;
	uint64_t *rates; /* all of them, in thousandths */
};

static uint64_t meter_rate(struct nf_args *a, unsigned i, bool bytes, uint64_t before)
{
	const char *text = nf_args_next(a);
	uint64_t rate;
	int rc = text == NULL ? -EINVAL
		 : bytes      ? nf_addr_bandwidth(text, &rate)
			      : nf_addr_u64(text, &rate);

	if (rc == -ERANGE || (rc == 0 && rate > METER_RATE_MAX)) {
		nf_args_error(a, "rate %u is too large", i + 1);
		return before;
	}
	if (rc < 0) {
		nf_args_error(a, "argument %u is not a %s", i + 1, bytes ? "bandwidth" : "rate");
		return before;
	}
	if (i > 0 && rate <= before)
		nf_args_error(a, "rate %u is not greater than rate %u", i + 1, i);
	return rate;
}

static int meter_configure_as(struct nf_element *e, struct nf_args *a, bool bytes)
{
	struct meter_conf *c = e->conf;
	struct meter *s = e->state;
	uint64_t before = 0;

	c->bytes = bytes;
	c->nb = nf_args_left(a);
	if (c->nb == 0)
		nf_args_error(a, "at least one rate is needed");
	if (c->nb + 1u != e->nb_out)
		nf_args_error(a, "%u rates need %u outputs, not %u", c->nb, c->nb + 1u, e->nb_out);
	s->rates = calloc(c->nb + 1u, sizeof(*s->rates));
	if (s->rates == NULL) {
		nf_args_free(a);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < c->nb; i++) {
		before = meter_rate(a, i, bytes, before);
		s->rates[i] = before * 1000;
	}
	c->first = s->rates[0];
	return nf_args_end(a);
}

static int meter_configure(struct nf_element *e, struct nf_args *a)
{
	return meter_configure_as(e, a, false);
}

static int meter_configure_bytes(struct nf_element *e, struct nf_args *a)
{
	return meter_configure_as(e, a, true);
}

static void meter_cleanup(struct nf_element *e)
{
	struct meter *s = e->state;

	free(s->rates);
	s->rates = NULL;
}

static inline int meter_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct meter_conf *c = conf;
	struct meter *s = e->state;
	uint64_t rate;
	uint32_t port = 1;

	nf_ewma_add(&s->rate, nf_core_now_ns(e->core), c->bytes ? p->len : 1);
	rate = nf_ewma_milli(&s->rate, nf_core_now_ns(e->core), 1);
	if (rate < c->first)
		return 0;
	while (port < c->nb && rate >= s->rates[port])
		port++;
	return (int)port;
}

NF_EACH_DEFINE(meter)

static void meter_take_state(struct nf_element *e, struct nf_element *old)
{
	struct meter *s = e->state;

	s->rate = ((struct meter *)old->state)->rate;
}

static int meter_read_rate(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct meter *s = e->state;

	nf_number_print_milli(nf_ewma_milli(&s->rate, nf_core_now_ns(e->core), 1), out);
	return 0;
}

static int meter_read_meters(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct meter_conf *c = e->conf;
	const struct meter *s = e->state;

	for (uint32_t i = 0; i < c->nb; i++)
		nf_text_printf(out, "%lu\n", s->rates[i] / 1000);
	return 0;
}

static const struct nf_handler meter_handlers[] = {
	{ .name = "rate", .read = meter_read_rate },
	{ .name = "meters", .read = meter_read_meters },
	{ .name = NULL },
};

#define METER_CLASS(click_name, conf_fn)                                                           \
	.name = click_name, .ports = "1/2-", .processing = "h/h",                                  \
	.conf_size = sizeof(struct meter_conf), .state_size = sizeof(struct meter),                \
	.configure = conf_fn, .cleanup = meter_cleanup, .take_state = meter_take_state,            \
	.handlers = meter_handlers, NF_EACH(meter)

const struct nf_class nf_meter = { METER_CLASS("Meter", meter_configure) };
const struct nf_class nf_meter_packet = { METER_CLASS("PacketMeter", meter_configure) };
const struct nf_class nf_meter_bandwidth = {
	METER_CLASS("BandwidthMeter", meter_configure_bytes),
};
