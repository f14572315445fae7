/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RandomSource(LENGTH [, LIMIT, BURST, ACTIVE] [, keywords HEADROOM, STOP, END_CALL, TIMESTAMP])
 *
 * Makes packets of random bytes as often as it gets its turn, or as it is pulled.
 *
 *	LENGTH     bytes of each packet
 *	LIMIT      packets to make, negative: without end. Default -1
 *	BURST      packets per turn. Default 1
 *	ACTIVE     boolean: false makes none. Default true
 *	HEADROOM, STOP, END_CALL, TIMESTAMP  as with InfiniteSource
 *
 * Ports: 1 output, push or pull.
 * Handlers: count (r); length, limit, burst, active (rw); reset (w); tickets, scheduled (rw).
 * Drops: no buffer (packets that could not be made; it tries again).
 *
 *	RandomSource(64, 1000) -> IPReassembler -> Discard
 */
#include "nf-apps/element/basic/generator.h"

static int randomsource_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_generator *g = e->state;
	uint32_t length = 0;

	nf_source_init(&g->source);
	g->source.random = true;
	if (nf_args_u32(a, "LENGTH", NF_ARGS_POS | NF_ARGS_MUST, &length) &&
		length > NF_SOURCE_LENGTH_MAX)
		nf_args_error(a, "LENGTH: too large; max %d", NF_SOURCE_LENGTH_MAX);
	else
		g->source.length = (int32_t)length;
	nf_source_arg_limit(&g->source, a, NF_ARGS_POS);
	nf_generator_arg_burst(g, a);
	nf_source_arg_active(&g->source, a, NF_ARGS_POS);
	nf_source_args(&g->source, a);
	return nf_args_end(a);
}

static const struct nf_handler randomsource_handlers[] = {
	NF_GENERATOR_HANDLERS,
	NF_SOURCE_HANDLERS_LENGTH(struct nf_generator, source),
	{ .name = NULL },
};

const struct nf_class nf_randomsource = {
	.name = "RandomSource",
	.ports = "0/1",
	.processing = "a/a",
	.state_size = sizeof(struct nf_generator),
	.configure = randomsource_configure,
	.initialize = nf_generator_initialize,
	.cleanup = nf_generator_cleanup,
	.pull = nf_generator_pull,
	.drops = nf_source_drops,
	.handlers = randomsource_handlers,
	.take_state = nf_generator_take_state,
	.signal = nf_generator_signal,
};
