/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AggregateFirst([keyword CAPACITY])
 *
 * Lets the first packet of each aggregate annotation pass. Others leave by output 1, or are
 * dropped.
 *
 *	CAPACITY n  most aggregates, 1 to 2^26. Default 2^22: packets of others count as not the first
 *	            ones. (Not in Click)
 *
 * Ports: 1 input, 1 or 2 outputs, the second is push; push or pull.
 * Handlers: clear (w: forgets all), count (r: aggregates), full (r: packets when CAPACITY was
 * reached).
 * Drops: not the first.
 * Differs from Click: there is no NOTIFIER.
 *
 *	... -> AggregateIPFlows -> AggregateFirst -> ToDump(first.pcap)
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/aggregate/aggtable.h"

#define AGGREGATEFIRST_MAX (1u << 26)

enum { AGGREGATEFIRST_LATER };

static int aggregatefirst_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_aggtable *t = e->state;
	const char *raw;

	t->max = NF_AGGTABLE_MAX_DEFAULT;
	if (nf_args_u32(a, "CAPACITY", 0, &t->max) && (t->max == 0 || t->max > AGGREGATEFIRST_MAX))
		nf_args_error(a, "CAPACITY is from 1 to %u", AGGREGATEFIRST_MAX);
	if (nf_args_raw(a, "NOTIFIER", 0, &raw))
		nf_args_error(a, "NOTIFIER is not supported");
	return nf_args_end(a);
}

static int aggregatefirst_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_aggtable *t = e->state;

	return nf_aggtable_init(t, e->core, t->max);
}

static void aggregatefirst_cleanup(struct nf_element *e)
{
	nf_aggtable_free(e->state);
}

static inline int aggregatefirst_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct nf_aggtable_entry *en =
		nf_aggtable_get(e->state, nf_packet_anno_u32(p, NF_ANNO_AGGREGATE));

	if (en != NULL && en->count++ == 0)
		return 0;
	return e->nb_out > 1 ? 1 : NF_DROP(AGGREGATEFIRST_LATER);
}

NF_EACH_DEFINE(aggregatefirst)

static int aggregatefirst_clear(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	nf_aggtable_clear(e->state);
	return 0;
}

static void aggregatefirst_take_state(struct nf_element *e, struct nf_element *old)
{
	struct nf_aggtable *t = e->state, *was = old->state, fresh = *t;

	*t = *was;
	t->max = fresh.max;
	*was = fresh;
}

static const struct nf_handler aggregatefirst_handlers[] = {
	{ .name = "clear", .write = aggregatefirst_clear, .flags = NF_HANDLER_BUTTON },
	NF_HANDLER_U32("count", struct nf_aggtable, flows.nb_entries),
	NF_HANDLER_U64("full", struct nf_aggtable, nb_full),
	{ .name = NULL },
};

const struct nf_class nf_aggregatefirst = {
	.name = "AggregateFirst",
	.ports = "1/1-2",
	.processing = "a/ah",
	.state_size = sizeof(struct nf_aggtable),
	.configure = aggregatefirst_configure,
	.initialize = aggregatefirst_initialize,
	.cleanup = aggregatefirst_cleanup,
	.drops = (const char *const[]){ "not the first", NULL },
	.handlers = aggregatefirst_handlers,
	.take_state = aggregatefirst_take_state,
	.flags = NF_CLASS_ANNO,
	NF_EACH(aggregatefirst),
};
