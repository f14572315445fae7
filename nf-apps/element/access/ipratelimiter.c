/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPRateLimiter(RATE [, keywords BY, BURST, CAPACITY, TIMEOUT])
 * IPBandwidthLimiter(RATE [, the same])
 *
 * Bounds the rate of each IPv4 address: packets per second, or bytes of IP. What is beyond it
 * leaves by output 1, or is dropped. Not in Click: its meters and splitters have one rate for all.
 *
 *	RATE          packets per second; IPBandwidthLimiter: a bandwidth ("10Mbps")
 *	BY SRC|DST    whose rate: the packet's source (default) or its destination
 *	BURST time    how much of its rate a host that was silent may send at once. Default 100 ms; at
 *	              least one packet
 *	CAPACITY n    most hosts at a time, 1 to 2^24. Default 2^20. Those beyond share one rate
 *	TIMEOUT time  a host that was silent for so long is forgotten. Default 60 s, at least BURST
 *
 * Ports: 1 input, 1 or 2 outputs, the second is push; push or pull.
 * Handlers: table (r: "ADDRESS PASSED DROPPED" each), count (r: hosts), shared (r: packets of those
 * beyond CAPACITY).
 * Drops: rate exceeded, not IP (that also if there is an output 1).
 *
 *	... -> CheckIPHeader(14) -> IPRateLimiter(1000, BURST 0.5s) -> ...
 */
#include "nf-apps/element/access/hostrate.h"

#define IPRATELIMITER_RATE_MAX (1ull << 40)

enum { IPRATELIMITER_EXCEEDED, IPRATELIMITER_NOT_IP };

struct ipratelimiter_conf {
	bool by_dst;
};

static int ipratelimiter_configure_as(struct nf_element *e, struct nf_args *a, bool packets)
{
	static const char *const by[] = { "SRC", "DST", NULL };
	struct ipratelimiter_conf *c = e->conf;
	struct nf_hostrate *h = e->state;
	unsigned way = 0;

	h->packets = packets;
	if (packets)
		nf_args_u64(a, "RATE", NF_ARGS_POS | NF_ARGS_MUST, &h->rate[0]);
	else
		nf_args_bandwidth(a, "RATE", NF_ARGS_POS | NF_ARGS_MUST, &h->rate[0]);
	if (h->rate[0] > IPRATELIMITER_RATE_MAX)
		nf_args_error(a, "RATE is too large");
	nf_args_enum(a, "BY", 0, by, &way);
	c->by_dst = way == 1;
	nf_hostrate_args(h, a);
	return nf_args_end(a);
}

static int ipratelimiter_configure(struct nf_element *e, struct nf_args *a)
{
	return ipratelimiter_configure_as(e, a, true);
}

static int ipratelimiter_configure_bytes(struct nf_element *e, struct nf_args *a)
{
	return ipratelimiter_configure_as(e, a, false);
}

static int ipratelimiter_initialize(struct nf_element *e, struct nf_errors *errs)
{
	return nf_hostrate_init(e->state, e->core);
}

static void ipratelimiter_cleanup(struct nf_element *e)
{
	nf_hostrate_free(e->state);
}

/* Where each packet goes. Returns whether all go to output 0. */
static bool ipratelimiter_ways(
	struct nf_element *e, struct uk_netbuf *const v[], uint16_t n, int16_t to[])
{
	const struct ipratelimiter_conf *c = e->conf;
	bool pass[UK_BURST_MAX], not_ip[UK_BURST_MAX], all = true;
	int over = e->nb_out > 1 ? 1 : NF_DROP(IPRATELIMITER_EXCEEDED);

	nf_hostrate_police(e->state, e->core, 0, c->by_dst, v, n, pass, not_ip);
	for (uint16_t i = 0; i < n; i++) {
		to[i] = (int16_t)(pass[i] ? 0 : not_ip[i] ? NF_DROP(IPRATELIMITER_NOT_IP) : over);
		all &= pass[i];
	}
	return all;
}

static void ipratelimiter_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	int16_t to[UK_BURST_MAX];

	if (ipratelimiter_ways(e, v, n, to))
		nf_element_emit(e, 0, v, n);
	else
		nf_element_spread(e, v, to, n);
}

static uint16_t ipratelimiter_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	int16_t to[UK_BURST_MAX];

	for (unsigned tries = 0; tries < NF_ELEMENT_PULL_TRIES; tries++) {
		uint16_t nb = nf_element_fetch(e, 0, v, n);

		if (nb == 0 || ipratelimiter_ways(e, v, nb, to))
			return nb;
		nb = nf_element_spread_pull(e, v, to, nb);
		if (nb > 0)
			return nb;
	}
	return 0;
}

static void ipratelimiter_take_state(struct nf_element *e, struct nf_element *old)
{
	nf_hostrate_take(e->state, old->state);
}

static int ipratelimiter_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_hostrate_print(e->state, 1, out);
	return 0;
}

static const struct nf_handler ipratelimiter_handlers[] = {
	{ .name = "table", .read = ipratelimiter_table, .flags = NF_HANDLER_EXPENSIVE },
	NF_HANDLER_U32("count", struct nf_hostrate, flows.nb_entries),
	NF_HANDLER_U64("shared", struct nf_hostrate, nb_shared),
	{ .name = NULL },
};

#define IPRATELIMITER_CLASS(click_name, conf_fn)                                                   \
	.name = click_name, .ports = "1/1-2", .processing = "a/ah",                                \
	.conf_size = sizeof(struct ipratelimiter_conf), .state_size = sizeof(struct nf_hostrate),  \
	.configure = conf_fn, .initialize = ipratelimiter_initialize,                              \
	.cleanup = ipratelimiter_cleanup, .push = ipratelimiter_push, .pull = ipratelimiter_pull,  \
	.drops = (const char *const[]){ "rate exceeded", "not IP", NULL },                         \
	.handlers = ipratelimiter_handlers, .take_state = ipratelimiter_take_state

const struct nf_class nf_ipratelimiter = {
	IPRATELIMITER_CLASS("IPRateLimiter", ipratelimiter_configure),
};

const struct nf_class nf_ipratelimiter_bandwidth = {
	IPRATELIMITER_CLASS("IPBandwidthLimiter", ipratelimiter_configure_bytes),
};
