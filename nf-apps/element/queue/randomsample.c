/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RandomSample([P, keywords]), ProbSplitter(P)
 *
 * RandomSample lets each packet pass with probability P; what does not is dropped, or leaves by
 * output 1 if that is connected. ProbSplitter(P) is the same as RandomSample(DROP P).
 *
 * Arguments (one of the first three has to be there):
 *	P f, SAMPLE f   probability to pass, 0 to 1
 *	DROP f          probability to be dropped
 *	ACTIVE bool     false: every packet passes. Default true
 * Ports: 1 input, agnostic; output 0; output 1 (may be missing, push): the others
 * Handlers: sampling_prob, drop_prob, active (rw), drops, config (r), reset_counts (w);
 *	ProbSplitter: prob (rw)
 * Drops: "not sampled"
 * Example: ... -> RandomSample(0.01) -> ToDump(sample.pcap);
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/queue/fixed.h"

#define RANDOMSAMPLE_SHIFT 28
#define RANDOMSAMPLE_ONE   (1u << RANDOMSAMPLE_SHIFT)

enum { RANDOMSAMPLE_NOT };
enum { RANDOMSAMPLE_PASS, RANDOMSAMPLE_DROP };

struct randomsample {
	uint32_t pass; /* of RANDOMSAMPLE_ONE */
	bool active;
	uint64_t nb_drops;
};

static void randomsample_check(struct nf_args *a, const char *key, uint32_t f)
{
	if (f > RANDOMSAMPLE_ONE)
		nf_args_error(a, "%s is a probability, 0 to 1", key);
}

static int randomsample_configure(struct nf_element *e, struct nf_args *a)
{
	struct randomsample *s = e->state;
	uint32_t pass = RANDOMSAMPLE_ONE, drop = 0;
	bool has_pass, has_drop;

	s->active = true;
	has_pass = nf_args_fixed(a, "P", NF_ARGS_POS, RANDOMSAMPLE_SHIFT, &pass);
	has_pass |= nf_args_fixed(a, "SAMPLE", 0, RANDOMSAMPLE_SHIFT, &pass);
	has_drop = nf_args_fixed(a, "DROP", 0, RANDOMSAMPLE_SHIFT, &drop);
	nf_args_bool(a, "ACTIVE", 0, &s->active);
	if (!has_pass && !has_drop && a->nb_errors == 0)
		nf_args_error(a, "SAMPLE or DROP is missing");
	randomsample_check(a, "SAMPLE", pass);
	randomsample_check(a, "DROP", drop);
	s->pass = has_pass ? pass : RANDOMSAMPLE_ONE - drop;
	return nf_args_end(a);
}

static int randomsample_configure_split(struct nf_element *e, struct nf_args *a)
{
	struct randomsample *s = e->state;
	uint32_t drop = 0;

	s->active = true;
	nf_args_fixed(a, "P", NF_ARGS_POS | NF_ARGS_MUST, RANDOMSAMPLE_SHIFT, &drop);
	randomsample_check(a, "P", drop);
	s->pass = RANDOMSAMPLE_ONE - drop;
	return nf_args_end(a);
}

static inline int randomsample_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct randomsample *s = e->state;

	if (!s->active || (nf_core_random(e->core) & (RANDOMSAMPLE_ONE - 1)) < s->pass)
		return 0;
	s->nb_drops++;
	return e->nb_out > 1 ? 1 : NF_DROP(RANDOMSAMPLE_NOT);
}

NF_EACH_DEFINE(randomsample)

static void randomsample_take_state(struct nf_element *e, struct nf_element *old)
{
	struct randomsample *s = e->state;

	s->nb_drops = ((struct randomsample *)old->state)->nb_drops;
}

static int randomsample_read(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct randomsample *s = e->state;

	nf_fixed_print(arg == RANDOMSAMPLE_PASS ? s->pass : RANDOMSAMPLE_ONE - s->pass,
		RANDOMSAMPLE_SHIFT, out);
	return 0;
}

static int randomsample_write(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct randomsample *s = e->state;
	uint32_t f = 0;
	struct nf_args a;
	int rc = nf_args_init(&a, value, e, NULL, errs);

	if (rc < 0)
		return rc;
	nf_args_fixed(&a, "P", NF_ARGS_POS | NF_ARGS_MUST, RANDOMSAMPLE_SHIFT, &f);
	randomsample_check(&a, "P", f);
	rc = nf_args_end(&a);
	if (rc == 0)
		s->pass = arg == RANDOMSAMPLE_PASS ? f : RANDOMSAMPLE_ONE - f;
	return rc;
}

static int randomsample_read_config(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct randomsample *s = e->state;

	nf_text_printf(out, "SAMPLE ");
	nf_fixed_print(s->pass, RANDOMSAMPLE_SHIFT, out);
	nf_text_printf(out, ", ACTIVE %s", s->active ? "true" : "false");
	return 0;
}

static int randomsample_reset_counts(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct randomsample *s = e->state;

	s->nb_drops = 0;
	return 0;
}

#define RANDOMSAMPLE_PROB(nm, which)                                                               \
	{                                                                                          \
		.name = nm, .read = randomsample_read, .write = randomsample_write, .arg = which   \
	}

static const struct nf_handler randomsample_handlers[] = {
	RANDOMSAMPLE_PROB("sampling_prob", RANDOMSAMPLE_PASS),
	RANDOMSAMPLE_PROB("drop_prob", RANDOMSAMPLE_DROP),
	{ .name = "active",
		.read = nf_handler_read_bool,
		.write = nf_handler_write_bool,
		.arg = offsetof(struct randomsample, active) },
	NF_HANDLER_U64("drops", struct randomsample, nb_drops),
	{ .name = "config", .read = randomsample_read_config },
	{ .name = "reset_counts", .write = randomsample_reset_counts, .flags = NF_HANDLER_BUTTON },
	{ .name = NULL },
};

static const struct nf_handler randomsample_handlers_split[] = {
	RANDOMSAMPLE_PROB("prob", RANDOMSAMPLE_DROP),
	NF_HANDLER_U64("drops", struct randomsample, nb_drops),
	{ .name = NULL },
};

#define RANDOMSAMPLE_CLASS(click_name, conf_fn, table)                                             \
	.name = click_name, .ports = "1/1-2", .processing = "a/ah",                                \
	.state_size = sizeof(struct randomsample), .configure = conf_fn, .handlers = table,        \
	.take_state = randomsample_take_state,                                                     \
	.drops = (const char *const[]){ "not sampled", NULL }, NF_EACH(randomsample)

const struct nf_class nf_randomsample = {
	RANDOMSAMPLE_CLASS("RandomSample", randomsample_configure, randomsample_handlers),
};
const struct nf_class nf_randomsample_splitter = {
	RANDOMSAMPLE_CLASS(
		"ProbSplitter", randomsample_configure_split, randomsample_handlers_split),
};
