/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SubscriberPolicer(UP, DOWN [, keywords BURST, CAPACITY, TIMEOUT])
 *
 * Bounds the rate of each subscriber of an access network, both ways: packets beyond it are
 * dropped. A subscriber is an IPv4 address, and need not be told before. Not in Click.
 *
 *	UP, DOWN      bandwidths of one that has none of its own ("10Mbps"; bytes of IP)
 *	BURST time    how much of its rate a subscriber that was silent may send at once. Default
 *	              100 ms; at least one full frame
 *	CAPACITY n    most subscribers at a time, 1 to 2^24. Default 2^20. Those beyond share one rate
 *	TIMEOUT time  one that was silent for so long is forgotten, but for rates set by handler.
 *	              Default 60 s, at least BURST
 *
 * Ports: input 0: packets from subscribers, by source address, to output 0; input 1: packets to
 * them, by destination address, to output 1. Push or pull.
 * Handlers: table (r: "ADDRESS UP PASSED DROPPED DOWN PASSED DROPPED" each, rates in bytes per
 * second), count (r: subscribers), shared (r: packets of those beyond CAPACITY), set (w: "ADDRESS
 * UP DOWN", rates of its own), unset (w: ADDRESS), subscriber (r, with an address as parameter: its
 * line of the table).
 * Drops: rate exceeded (up), rate exceeded (down), not IP.
 *
 *	bras[1] -> [0]sp :: SubscriberPolicer(20Mbps, 100Mbps) -> ...; ... -> [1]sp[1] -> [1]bras;
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/access/hostrate.h"

enum { SUBSCRIBERPOLICER_UP, SUBSCRIBERPOLICER_DOWN, SUBSCRIBERPOLICER_NOT_IP };

static int subscriberpolicer_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_hostrate *h = e->state;

	nf_args_bandwidth(a, "UP", NF_ARGS_POS | NF_ARGS_MUST, &h->rate[NF_HOSTRATE_UP]);
	nf_args_bandwidth(a, "DOWN", NF_ARGS_POS | NF_ARGS_MUST, &h->rate[NF_HOSTRATE_DOWN]);
	nf_hostrate_args(h, a);
	return nf_args_end(a);
}

static int subscriberpolicer_initialize(struct nf_element *e, struct nf_errors *errs)
{
	return nf_hostrate_init(e->state, e->core);
}

static void subscriberpolicer_cleanup(struct nf_element *e)
{
	nf_hostrate_free(e->state);
}

/* Those that may pass move to the front; the others are dropped. */
static uint16_t subscriberpolicer_vector(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	bool pass[UK_BURST_MAX], not_ip[UK_BURST_MAX];
	uint16_t nb = 0;

	nf_hostrate_police(e->state, e->core, port, port == 1, v, n, pass, not_ip);
	for (uint16_t i = 0; i < n; i++) {
		if (pass[i])
			v[nb++] = v[i];
		else
			nf_element_drop_one(e, not_ip[i] ? SUBSCRIBERPOLICER_NOT_IP : port, v[i]);
	}
	return nb;
}

static void subscriberpolicer_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	nf_element_emit(e, port, v, subscriberpolicer_vector(e, port, v, n));
}

static uint16_t subscriberpolicer_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	for (unsigned tries = 0; tries < NF_ELEMENT_PULL_TRIES; tries++) {
		uint16_t nb = nf_element_fetch(e, port, v, n);

		if (nb == 0)
			return 0;
		nb = subscriberpolicer_vector(e, port, v, nb);
		if (nb > 0)
			return nb;
	}
	return 0;
}

static void subscriberpolicer_take_state(struct nf_element *e, struct nf_element *old)
{
	nf_hostrate_take(e->state, old->state);
}

static int subscriberpolicer_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_hostrate_print(e->state, NF_HOSTRATE_WAYS, out);
	return 0;
}

static int subscriberpolicer_subscriber(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct nf_text all = { 0 };
	size_t len = strlen(param);
	const char *line;

	nf_hostrate_print(e->state, NF_HOSTRATE_WAYS, &all);
	for (line = nf_text_get(&all); *line != 0 && len > 0; line += strcspn(line, "\n") + 1) {
		if (strncmp(line, param, len) == 0 && line[len] == ' ')
			nf_text_add(out, line, strcspn(line, "\n"));
	}
	nf_text_free(&all);
	return 0;
}

static int subscriberpolicer_set(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	uint64_t rate[NF_HOSTRATE_WAYS];
	char *words[4], *copy = NULL;
	uint32_t be;
	int nb = nf_args_words(value, words, 4, &copy), rc;

	if (nb == -ENOMEM)
		return nb;
	if (nb != 3 || nf_addr_ip4(words[0], &be) < 0 ||
		nf_addr_bandwidth(words[1], &rate[NF_HOSTRATE_UP]) < 0 ||
		nf_addr_bandwidth(words[2], &rate[NF_HOSTRATE_DOWN]) < 0)
		rc = nf_errors_add(errs, NULL, "set takes \"ADDRESS UP DOWN\"");
	else
		rc = nf_hostrate_set(e->state, e->core, be, rate);
	if (rc == -ENOSPC)
		nf_errors_add(errs, NULL, "CAPACITY is reached");
	free(copy);
	return rc;
}

static int subscriberpolicer_unset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	uint32_t be;

	if (nf_addr_ip4(value, &be) < 0 || nf_hostrate_remove(e->state, be) < 0)
		return nf_errors_add(errs, NULL, "'%.40s' is no subscriber here", value);
	return 0;
}

static const struct nf_handler subscriberpolicer_handlers[] = {
	{ .name = "table", .read = subscriberpolicer_table, .flags = NF_HANDLER_EXPENSIVE },
	{ .name = "subscriber",
		.read = subscriberpolicer_subscriber,
		.flags = NF_HANDLER_PARAM | NF_HANDLER_EXPENSIVE },
	NF_HANDLER_U32("count", struct nf_hostrate, flows.nb_entries),
	NF_HANDLER_U64("shared", struct nf_hostrate, nb_shared),
	{ .name = "set", .write = subscriberpolicer_set },
	{ .name = "unset", .write = subscriberpolicer_unset },
	{ .name = NULL },
};

const struct nf_class nf_subscriberpolicer = {
	.name = "SubscriberPolicer",
	.ports = "2/2",
	.processing = "a/a",
	.flow = "#/#",
	.state_size = sizeof(struct nf_hostrate),
	.configure = subscriberpolicer_configure,
	.initialize = subscriberpolicer_initialize,
	.cleanup = subscriberpolicer_cleanup,
	.push = subscriberpolicer_push,
	.pull = subscriberpolicer_pull,
	.drops = (const char *const[]){ "rate exceeded (up)", "rate exceeded (down)", "not IP",
		NULL },
	.handlers = subscriberpolicer_handlers,
	.take_state = subscriberpolicer_take_state,
};
