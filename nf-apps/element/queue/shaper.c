/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shaper(RATE [, keywords]), BandwidthShaper(RATE [, keywords])
 *
 * Lets RATE packets (or bytes) per second at most pass from its pull input to its pull output. It
 * is only as regular as the pulls are: after a pause, what came in for 20 ms may pass at once. A
 * second output gives, when it is pulled, what is above the rate.
 *
 * Arguments: see rated.h; the bucket has one token at the start
 * Ports: 1 pull input; output 0: within the rate; output 1 (may be missing): while the rate is used
 * up Handlers: rate (rw), reset (w) Example: Queue(100) -> Shaper(10000) -> ToDevice(eth0);
 *          Queue(100) -> BandwidthShaper(384kbps) -> ToDevice(eth0);
 */
#include "nf-apps/element/queue/gate.h"
#include "nf-apps/element/queue/rated.h"

struct shaper {
	struct nf_rated rated;
	struct nf_gate gate;
};

static int shaper_configure(struct nf_element *e, struct nf_args *a)
{
	nf_rated_configure(e, a, false);
	return nf_args_end(a);
}

static int shaper_configure_bytes(struct nf_element *e, struct nf_args *a)
{
	nf_rated_configure(e, a, true);
	return nf_args_end(a);
}

static int shaper_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct shaper *s = e->state;

	nf_rated_initialize(e, true);
	nf_gate_start(&s->gate, e);
	return 0;
}

/* With a second output something can always be had: then the queue's signals are the right ones. */
static struct nf_signal *shaper_signal(struct nf_element *e, unsigned port)
{
	struct shaper *s = e->state;

	return e->nb_out == 1 ? &s->gate.signal : NULL;
}

static uint16_t shaper_pull(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	const struct nf_rated_conf *c = e->conf;
	struct shaper *s = e->state;
	bool may;

	nf_tokenbucket_fill(&s->rated.tb, nf_core_now_ns(e->core));
	may = nf_rated_may(&s->rated, c->bytes);
	if (port == 1)
		return may ? 0 : nf_element_fetch(e, 0, v, n);
	if (!may) {
		nf_gate_close(&s->gate, s->rated.tb.rate == 0 ? UINT64_MAX
							      : nf_tokenbucket_wait_ns(&s->rated.tb,
									c->bytes ? 0 : 1));
		return 0;
	}
	n = nf_rated_fetch(e, c->bytes, v, n);
	if (n == 0)
		nf_gate_empty(&s->gate);
	return n;
}

static int shaper_write(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct shaper *s = e->state;
	int rc = arg == 0 ? nf_rated_write_rate(e, 0, value, errs)
			  : nf_rated_reset(e, 0, value, errs);

	if (rc == 0)
		nf_gate_open(&s->gate);
	return rc;
}

static const struct nf_handler shaper_handlers[] = {
	{ .name = "rate", .read = nf_rated_read_rate, .write = shaper_write, .arg = 0 },
	{ .name = "reset", .write = shaper_write, .arg = 1, .flags = NF_HANDLER_BUTTON },
	{ .name = NULL },
};

#define SHAPER_CLASS(click_name, conf_fn)                                                          \
	.name = click_name, .ports = "1/1-2", .processing = "l/l",                                 \
	.conf_size = sizeof(struct nf_rated_conf), .state_size = sizeof(struct shaper),            \
	.configure = conf_fn, .initialize = shaper_initialize, .pull = shaper_pull,                \
	.take_state = nf_rated_take_state, .signal = shaper_signal, .handlers = shaper_handlers

const struct nf_class nf_shaper = { SHAPER_CLASS("Shaper", shaper_configure) };
const struct nf_class nf_shaper_bandwidth = {
	SHAPER_CLASS("BandwidthShaper", shaper_configure_bytes),
};
