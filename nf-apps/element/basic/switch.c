/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Switch([OUTPUT])
 *
 * Sends all packets to one of its outputs, which can be changed while it runs.
 *
 *	OUTPUT  number of the output; negative, or one that is not there: a drop. Default 0
 *
 * Ports: 1 push input, any number of push outputs.
 * Handlers: switch (rw): the output.
 * Drops: switched off.
 *
 *	... -> sw :: Switch(1) -> ...; sw[1] -> ...
 */
#include "nf-apps/element/basic/number.h"

enum { SWITCH_OFF };

struct switch_state {
	int32_t output; /* -1: none */
};

static int switch_configure(struct nf_element *e, struct nf_args *a)
{
	struct switch_state *s = e->state;

	nf_args_i32(a, "OUTPUT", NF_ARGS_POS, &s->output);
	if (s->output < 0 || s->output >= e->nb_out)
		s->output = -1;
	return nf_args_end(a);
}

static inline int switch_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct switch_state *s = e->state;

	return UK_LIKELY(s->output >= 0) ? s->output : NF_DROP(SWITCH_OFF);
}

NF_EACH_DEFINE(switch)

static int switch_set(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	return nf_number_write_port(e, arg, e->nb_out, value, errs);
}

static const struct nf_handler switch_handlers[] = {
	{ .name = "switch",
		.read = nf_number_read_i32,
		.write = switch_set,
		.arg = offsetof(struct switch_state, output) },
	{ .name = NULL },
};

const struct nf_class nf_switch = {
	.name = "Switch",
	.ports = "1/-",
	.processing = "h/h",
	.state_size = sizeof(struct switch_state),
	.configure = switch_configure,
	.drops = (const char *const[]){ "switched off", NULL },
	.handlers = switch_handlers,
	NF_EACH(switch),
};
