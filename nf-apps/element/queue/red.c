/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RED(MIN_THRESH, MAX_THRESH, MAX_P [, keywords])
 *
 * Random Early Detection: drops packets before the queues are full, the more probably the longer
 * these are on average. Below MIN_THRESH none, from there up to MAX_THRESH with a probability that
 * grows to MAX_P; above that GENTLE says. Each packet that passes the element is one sample for the
 * average.
 *
 * Arguments:
 *	MIN_THRESH, MAX_THRESH n   packets, at most 65535
 *	MAX_P f        probability at MAX_THRESH, 0 to 1
 *	QUEUES names   elements whose lengths are added up. Default: the nearest queues, downstream
 *	               if the element pushes, upstream if it is pulled
 *	STABILITY n    0 to 16: the newest length weighs 2^-n in the average; 0: only it counts.
 *	               Default 4
 *	GENTLE bool    true (default): between MAX_THRESH and twice of it the probability grows to
 *	               1; false: above MAX_THRESH every packet is dropped
 * Ports: 1 input, agnostic; output 0; output 1 (may be missing, push): what would be dropped
 * Handlers: min_thresh, max_thresh, max_p (rw), drops, avg_queue_size, queues, stats, config (r),
 *	reset_counts (w)
 * Drops: "early drop"
 * Example: ... -> RED(5, 50, 0.02) -> Queue(200) -> ToDevice(eth0);
 */
#include <errno.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/element/queue/fixed.h"
#include "nf-apps/element/queue/red.h"

#define RED_STABILITY 4
#define RED_TRIES_MAX 64

enum { RED_MIN_THRESH, RED_MAX_THRESH, RED_MAX_P };

void nf_red_check(struct nf_args *a, uint32_t min_thresh, uint32_t max_thresh)
{
	if (max_thresh > NF_REDLAW_THRESH_MAX)
		nf_args_error(a, "MAX_THRESH is at most %u", NF_REDLAW_THRESH_MAX);
	if (min_thresh > max_thresh)
		nf_args_error(a, "MIN_THRESH is greater than MAX_THRESH");
}

static void red_max_p(struct nf_args *a, uint32_t *max_p)
{
	nf_args_fixed(a, "MAX_P", NF_ARGS_POS | NF_ARGS_MUST, 16, max_p);
	if (*max_p > NF_REDLAW_ONE)
		nf_args_error(a, "MAX_P is between 0 and 1");
}

int nf_red_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_red *s = e->state;

	s->law.gentle = true;
	s->law.stability = RED_STABILITY;
	s->law.count = -1;
	red_max_p(a, &s->law.max_p);
	nf_args_u32(a, "STABILITY", 0, &s->law.stability);
	nf_args_bool(a, "GENTLE", 0, &s->law.gentle);
	if (s->law.stability > NF_REDLAW_STABILITY_MAX)
		nf_args_error(a, "STABILITY is 0 to %u", NF_REDLAW_STABILITY_MAX);
	if (nf_storage_names(&s->queues, e, a) < 0) {
		nf_args_free(a);
		return -ENOMEM;
	}
	return nf_args_end(a);
}

static int red_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_red *s = e->state;

	nf_args_u32(a, "MIN_THRESH", NF_ARGS_POS | NF_ARGS_MUST, &s->law.min_thresh);
	nf_args_u32(a, "MAX_THRESH", NF_ARGS_POS | NF_ARGS_MUST, &s->law.max_thresh);
	nf_red_check(a, s->law.min_thresh, s->law.max_thresh);
	return nf_red_configure(e, a);
}

int nf_red_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_red *s = e->state;

	return nf_storage_find(&s->queues, e, e->out[0].is_push, errs);
}

void nf_red_cleanup(struct nf_element *e)
{
	struct nf_red *s = e->state;

	nf_storage_free(&s->queues);
}

/* The average goes on; the parameters are the new configuration's. */
void nf_red_take_state(struct nf_element *e, struct nf_element *old)
{
	struct nf_red *s = e->state, *was = old->state;

	s->law.avg = was->law.avg;
	s->law.idle_ns = was->law.idle_ns;
	s->nb_drops = was->nb_drops;
	s->nb_passed = was->nb_passed;
}

static void red_drop(struct nf_element *e, struct uk_netbuf **v, uint16_t n)
{
	struct nf_red *s = e->state;

	s->nb_drops += n;
	if (e->nb_out > 1)
		nf_element_emit(e, 1, v, n);
	else if (n > 0)
		nf_element_drop(e, NF_RED_EARLY, v, n);
}

/* Sifts v[0..n): returns how many pass, now in front; the others are in dead[]. Each packet counts
 * with what the queue would hold if packets came one by one. */
static uint16_t red_sift(struct nf_element *e, struct uk_netbuf **v, uint16_t n,
	struct uk_netbuf **dead, bool is_push)
{
	struct nf_red *s = e->state;
	uint32_t stored = nf_storage_stored(&s->queues);
	uint64_t now = nf_core_now_ns(e->core);
	uint16_t alive = 0, nb_dead = 0;

	for (uint16_t i = 0; i < n; i++) {
		uint32_t len = is_push ? stored + alive : stored + (n - 1u - i);

		nf_redlaw_average(&s->law, len, now);
		if (nf_redlaw_drop(&s->law, nf_core_random(e->core) >> 5))
			dead[nb_dead++] = v[i];
		else
			v[alive++] = v[i];
	}
	s->nb_passed += alive;
	return alive;
}

void nf_red_push(struct nf_element *e, unsigned port, struct uk_netbuf *v[], uint16_t n)
{
	struct uk_netbuf *dead[UK_BURST_MAX];
	uint16_t alive = red_sift(e, v, n, dead, true);

	red_drop(e, dead, (uint16_t)(n - alive));
	nf_element_emit(e, 0, v, alive);
}

/* Goes on while everything is dropped, but not without end: then who pulls asks again. */
uint16_t nf_red_pull(struct nf_element *e, unsigned port, struct uk_netbuf *v[], uint16_t n)
{
	struct uk_netbuf *dead[UK_BURST_MAX];
	uint16_t alive = 0;

	for (unsigned i = 0; i < RED_TRIES_MAX && alive == 0; i++) {
		uint16_t got = nf_element_fetch(e, 0, v, n);

		if (got == 0)
			break;
		alive = red_sift(e, v, got, dead, false);
		red_drop(e, dead, (uint16_t)(got - alive));
	}
	return alive;
}

static int red_read_param(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_red *s = e->state;

	if (arg == RED_MAX_P)
		nf_fixed_print(s->law.max_p, 16, out);
	else
		nf_text_printf(
			out, "%u", arg == RED_MIN_THRESH ? s->law.min_thresh : s->law.max_thresh);
	return 0;
}

static int red_write_param(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_red *s = e->state;
	struct nf_redlaw law = s->law;
	struct nf_args a;
	int rc = nf_args_init(&a, value, e, NULL, errs);

	if (rc < 0)
		return rc;
	if (arg == RED_MAX_P)
		red_max_p(&a, &law.max_p);
	else if (arg == RED_MIN_THRESH)
		nf_args_u32(&a, "MIN_THRESH", NF_ARGS_POS | NF_ARGS_MUST, &law.min_thresh);
	else
		nf_args_u32(&a, "MAX_THRESH", NF_ARGS_POS | NF_ARGS_MUST, &law.max_thresh);
	nf_red_check(&a, law.min_thresh, law.max_thresh);
	rc = nf_args_end(&a);
	if (rc == 0)
		s->law = law;
	return rc;
}

static int red_read_avg(struct nf_element *e, uintptr_t arg, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	const struct nf_red *s = e->state;

	nf_fixed_print(s->law.avg >> (NF_REDLAW_SHIFT - 10), 10, out);
	return 0;
}

static int red_read_queues(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_red *s = e->state;

	nf_storage_print(&s->queues, out);
	return 0;
}

static int red_read_stats(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_red *s = e->state;

	nf_text_printf(out, "%u current queue\n", nf_storage_stored(&s->queues));
	(void)red_read_avg(e, 0, param, out, errs);
	nf_text_printf(out, " avg queue\n%lu drops\n%lu packets\n", s->nb_drops, s->nb_passed);
	return 0;
}

static int red_read_config(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_red *s = e->state;

	nf_text_printf(out, "%u, %u, ", s->law.min_thresh, s->law.max_thresh);
	nf_fixed_print(s->law.max_p, 16, out);
	nf_text_printf(out, ", QUEUES");
	for (uint32_t i = 0; i < s->queues.nb; i++)
		nf_text_printf(out, " %s", s->queues.v[i]->name);
	nf_text_printf(
		out, ", STABILITY %u%s", s->law.stability, s->law.gentle ? "" : ", GENTLE false");
	return 0;
}

static int red_reset_counts(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_red *s = e->state;

	s->nb_drops = s->nb_passed = 0;
	return 0;
}

#define RED_PARAM(nm, which)                                                                       \
	{                                                                                          \
		.name = nm, .read = red_read_param, .write = red_write_param, .arg = which         \
	}

const struct nf_handler nf_red_handlers[] = {
	RED_PARAM("min_thresh", RED_MIN_THRESH),
	RED_PARAM("max_thresh", RED_MAX_THRESH),
	RED_PARAM("max_p", RED_MAX_P),
	NF_HANDLER_U64("drops", struct nf_red, nb_drops),
	{ .name = "avg_queue_size", .read = red_read_avg },
	{ .name = "queues", .read = red_read_queues },
	{ .name = "stats", .read = red_read_stats },
	{ .name = "config", .read = red_read_config },
	{ .name = "reset_counts", .write = red_reset_counts, .flags = NF_HANDLER_BUTTON },
	{ .name = NULL },
};

const struct nf_class nf_red = {
	NF_RED_CLASS("RED", struct nf_red, red_configure, nf_red_initialize),
};
