/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * InfiniteSource([DATA, LIMIT, BURST, ACTIVE]
 *	[, keywords LENGTH, HEADROOM, STOP, END_CALL, TIMESTAMP])
 *
 * Makes packets as often as it gets its turn, or as it is pulled. It rests while all queues behind
 * it are full.
 *
 *	DATA       bytes of each packet. Default: some text of 69 bytes
 *	LIMIT      packets to make, negative: without end. Default -1
 *	BURST      packets per turn. Default 1
 *	ACTIVE     boolean: false makes none. Default true
 *	LENGTH     bytes of each packet: DATA is cut or repeated. Default: as long as DATA
 *	HEADROOM   bytes before the data in the buffer. Default 140
 *	STOP       boolean: after LIMIT packets, asks for the end of the run. Default false
 *	END_CALL   "HANDLER [VALUE]": written after LIMIT packets; not with STOP
 *	TIMESTAMP  boolean: packets carry the time when they were made. Default true
 *
 * Ports: 1 output, push or pull.
 * Handlers: count (r); data, length, limit, burst, active (rw); reset (w): the count is 0 again and
 * LIMIT packets more are made; tickets, scheduled (rw).
 * Drops: no buffer (packets that could not be made; it tries again).
 *
 *	InfiniteSource(\<0800>, LIMIT 5, STOP true) -> Print -> Discard
 */
#include "nf-apps/element/basic/generator.h"

static int infinitesource_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_generator *g = e->state;

	nf_source_init(&g->source);
	nf_source_arg_data(&g->source, a);
	nf_source_arg_limit(&g->source, a, NF_ARGS_POS);
	nf_generator_arg_burst(g, a);
	nf_source_arg_active(&g->source, a, NF_ARGS_POS);
	nf_source_args(&g->source, a);
	return nf_args_end(a);
}

static const struct nf_handler infinitesource_handlers[] = {
	NF_GENERATOR_HANDLERS,
	NF_SOURCE_HANDLERS_DATA(struct nf_generator, source),
	NF_SOURCE_HANDLERS_LENGTH(struct nf_generator, source),
	{ .name = NULL },
};

const struct nf_class nf_infinitesource = {
	.name = "InfiniteSource",
	.ports = "0/1",
	.processing = "a/a",
	.state_size = sizeof(struct nf_generator),
	.configure = infinitesource_configure,
	.initialize = nf_generator_initialize,
	.cleanup = nf_generator_cleanup,
	.pull = nf_generator_pull,
	.drops = nf_source_drops,
	.handlers = infinitesource_handlers,
	.take_state = nf_generator_take_state,
	.signal = nf_generator_signal,
};
