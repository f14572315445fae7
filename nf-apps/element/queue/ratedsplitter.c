/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RatedSplitter(RATE [, keywords]), BandwidthRatedSplitter(RATE [, keywords])
 *
 * Sends RATE packets (or bytes) per second at most to output 0, measured with a token bucket that
 * is full at the start, and all others to output 1. Meter, by contrast, sends everything to one
 * output at a time.
 *
 * Arguments: see rated.h
 * Ports: 1 push input; output 0: within the rate; output 1: above it (not connected: dropped)
 * Handlers: rate (rw), reset (w)
 * Drops: "over rate"
 * Example: s :: RatedSplitter(2000); ... -> s; s[0] -> q; s[1] -> Discard;
 */
#include "nf-apps/element/queue/rated.h"

enum { RATEDSPLITTER_OVER };

static int ratedsplitter_configure(struct nf_element *e, struct nf_args *a)
{
	nf_rated_configure(e, a, false);
	return nf_args_end(a);
}

static int ratedsplitter_configure_bytes(struct nf_element *e, struct nf_args *a)
{
	nf_rated_configure(e, a, true);
	return nf_args_end(a);
}

static int ratedsplitter_initialize(struct nf_element *e, struct nf_errors *errs)
{
	nf_rated_initialize(e, false);
	return 0;
}

static inline int ratedsplitter_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct nf_rated_conf *c = conf;
	struct nf_rated *s = e->state;

	nf_tokenbucket_fill(&s->tb, nf_core_now_ns(e->core));
	if (nf_rated_may(s, c->bytes)) {
		nf_rated_take(s, c->bytes, p);
		return 0;
	}
	return e->nb_out > 1 ? 1 : NF_DROP(RATEDSPLITTER_OVER);
}

NF_EACH_DEFINE(ratedsplitter)

static const struct nf_handler ratedsplitter_handlers[] = {
	NF_RATED_HANDLERS,
	{ .name = NULL },
};

#define RATEDSPLITTER_CLASS(click_name, conf_fn)                                                   \
	.name = click_name, .ports = "1/1-2", .processing = "h/h",                                 \
	.conf_size = sizeof(struct nf_rated_conf), .state_size = sizeof(struct nf_rated),          \
	.configure = conf_fn, .initialize = ratedsplitter_initialize,                              \
	.take_state = nf_rated_take_state, .handlers = ratedsplitter_handlers,                     \
	.drops = (const char *const[]){ "over rate", NULL }, NF_EACH(ratedsplitter)

const struct nf_class nf_ratedsplitter = {
	RATEDSPLITTER_CLASS("RatedSplitter", ratedsplitter_configure),
};
const struct nf_class nf_ratedsplitter_bandwidth = {
	RATEDSPLITTER_CLASS("BandwidthRatedSplitter", ratedsplitter_configure_bytes),
};
