/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/basic/generator.h"

#define GENERATOR_RUN_MAX 65536u /* packets of one run, so that others get their turn */

void nf_generator_arg_burst(struct nf_generator *g, struct nf_args *a)
{
	g->burst = 1;
	if (nf_args_u32(a, "BURST", NF_ARGS_POS, &g->burst) && g->burst == 0)
		nf_args_error(a, "BURST: must be at least 1");
}

static bool generator_run(struct nf_element *e, void *arg)
{
	struct nf_generator *g = e->state;
	uint32_t left = g->burst < GENERATOR_RUN_MAX ? g->burst : GENERATOR_RUN_MAX;
	struct uk_netbuf *v[UK_BURST_MAX];
	bool work = false;

	if (!nf_signal_has_space(&g->task, g->listens_space)) {
		nf_task_unschedule(&g->task);
		return false;
	}
	while (left > 0) {
		uint16_t want = nf_source_may(&g->source, left);
		uint16_t n = nf_source_make(&g->source, e, v, want);

		nf_element_emit(e, 0, v, n);
		work |= n > 0;
		left -= n;
		if (n == 0 || n < want)
			break;
	}
	if (work)
		return true;
	nf_source_end(&g->source, e);
	/* no buffer: tries again; else there is nothing to do until a handler says so */
	if (nf_source_may(&g->source, 1) == 0)
		nf_task_unschedule(&g->task);
	return false;
}

int nf_generator_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_generator *g = e->state;

	nf_task_init(&g->task, e, generator_run, NULL);
	if (e->out[0].is_push) {
		g->listens_space = nf_signal_listen_space(e, 0, &g->task);
		nf_task_schedule(&g->task);
	} else {
		nf_signal_wake(&g->signal);
	}
	return nf_source_check(&g->source, e, errs);
}

void nf_generator_cleanup(struct nf_element *e)
{
	nf_source_free(&((struct nf_generator *)e->state)->source);
}

uint16_t nf_generator_pull(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct nf_generator *g = e->state;

	n = nf_source_make(&g->source, e, v, nf_source_may(&g->source, n));
	if (n > 0)
		return n;
	nf_source_end(&g->source, e);
	if (nf_source_may(&g->source, 1) == 0)
		nf_signal_sleep(&g->signal);
	return 0;
}

void nf_generator_take_state(struct nf_element *e, struct nf_element *old)
{
	nf_source_take_state(&((struct nf_generator *)e->state)->source,
		&((struct nf_generator *)old->state)->source);
}

struct nf_signal *nf_generator_signal(struct nf_element *e, unsigned port)
{
	return &((struct nf_generator *)e->state)->signal;
}

/* Something has changed: there may be packets to make. */
static void generator_again(struct nf_element *e)
{
	struct nf_generator *g = e->state;

	if (!nf_source_done(&g->source))
		g->source.ended = false;
	if (!g->source.active)
		return;
	if (e->out[0].is_push)
		nf_task_schedule(&g->task);
	else
		nf_signal_wake(&g->signal);
}

int nf_generator_write_active(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	int rc = nf_handler_write_bool(e, off, value, errs);

	if (rc == 0)
		generator_again(e);
	return rc;
}

int nf_generator_write_limit(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	int rc = nf_number_write_limit(e, off, value, errs);

	if (rc == 0)
		generator_again(e);
	return rc;
}

int nf_generator_write_burst(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	uint64_t v;

	if (nf_addr_u64(value, &v) != 0 || v < 1 || v > INT32_MAX)
		return nf_errors_add(
			errs, NULL, "'%s' is no number from 1 to %d", value, INT32_MAX);
	*(uint32_t *)((uint8_t *)e->state + off) = (uint32_t)v;
	return 0;
}

int nf_generator_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_generator *g = e->state;

	g->source.count = 0;
	g->source.ended = false;
	generator_again(e);
	return 0;
}
