/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SimplePullSwitch([INPUT])
 *
 * Pulls all packets from one of its inputs, which can be changed while it runs. Who pulls from it
 * sleeps only while all of its inputs have nothing; PullSwitch is better at that.
 *
 *	INPUT  number of the input; negative, or one that is not there: no packets. Default 0
 *
 * Ports: any number of pull inputs, 1 pull output.
 * Handlers: switch (rw): the input.
 *
 *	q1 -> sw :: SimplePullSwitch(1) -> ToDevice(0); q2 -> [1]sw;
 */
#include "nf-apps/element/basic/number.h"

struct simplepullswitch_state {
	int32_t input;
};

static int simplepullswitch_configure(struct nf_element *e, struct nf_args *a)
{
	struct simplepullswitch_state *s = e->state;

	nf_args_i32(a, "INPUT", NF_ARGS_POS, &s->input);
	if (s->input < 0 || s->input >= e->nb_in)
		s->input = -1;
	return nf_args_end(a);
}

static uint16_t simplepullswitch_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	const struct simplepullswitch_state *s = e->state;

	return s->input >= 0 ? nf_element_fetch(e, (unsigned)s->input, v, n) : 0;
}

static int simplepullswitch_set(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	return nf_number_write_port(e, arg, e->nb_in, value, errs);
}

static const struct nf_handler simplepullswitch_handlers[] = {
	{ .name = "switch",
		.read = nf_number_read_i32,
		.write = simplepullswitch_set,
		.arg = offsetof(struct simplepullswitch_state, input) },
	{ .name = NULL },
};

const struct nf_class nf_simplepullswitch = {
	.name = "SimplePullSwitch",
	.ports = "-/1",
	.processing = "l/l",
	.state_size = sizeof(struct simplepullswitch_state),
	.configure = simplepullswitch_configure,
	.pull = simplepullswitch_pull,
	.handlers = simplepullswitch_handlers,
};
