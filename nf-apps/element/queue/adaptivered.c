/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AdaptiveRED(TARGET_Q, MAX_P [, keywords])
 *
 * RED that sets its own MAX_P, so that the average length of the queue stays near TARGET_Q: twice a
 * second MAX_P becomes a tenth smaller if the average is low, or a little larger if it is high
 * (Floyd, Gummadi and Shenker, 2001). MIN_THRESH is TARGET_Q / 2, MAX_THRESH three times that.
 *
 * Arguments:
 *	TARGET_Q n   packets, at most 43690
 *	MAX_P f      to begin with; and QUEUES, STABILITY, GENTLE as in RED
 * Ports, handlers, drops: as RED
 * Example: ... -> AdaptiveRED(50, 0.02) -> Queue(200) -> ToDevice(eth0);
 */
#include "nf-apps/click/core.h"
#include "nf-apps/element/queue/red.h"

#define ADAPTIVERED_INTERVAL_NS 500000000
#define ADAPTIVERED_TARGET_MAX  (NF_REDLAW_THRESH_MAX * 2u / 3)
#define ADAPTIVERED_HUNDREDTH   (NF_REDLAW_ONE / 100)

struct adaptivered {
	struct nf_red red;
	struct nf_timer timer;
};

static int adaptivered_configure(struct nf_element *e, struct nf_args *a)
{
	struct adaptivered *s = e->state;
	uint32_t target = 0;

	if (nf_args_u32(a, "TARGET_Q", NF_ARGS_POS | NF_ARGS_MUST, &target) &&
		(target < 2 || target > ADAPTIVERED_TARGET_MAX))
		nf_args_error(a, "TARGET_Q is 2 to %u", ADAPTIVERED_TARGET_MAX);
	s->red.law.min_thresh = target / 2;
	s->red.law.max_thresh = target + target / 2;
	return nf_red_configure(e, a);
}

static void adaptivered_adapt(struct nf_redlaw *law)
{
	uint64_t part = (law->max_thresh - law->min_thresh) / 2;
	uint64_t avg = law->avg >> NF_REDLAW_SHIFT;

	if (avg < law->min_thresh + part && law->max_p > ADAPTIVERED_HUNDREDTH) {
		law->max_p = law->max_p * 9 / 10;
	} else if (avg > law->max_thresh - part && law->max_p < NF_REDLAW_ONE / 2) {
		uint32_t more = law->max_p / 4;

		law->max_p += more < ADAPTIVERED_HUNDREDTH ? more : ADAPTIVERED_HUNDREDTH;
	}
}

static void adaptivered_timer(struct nf_element *e, void *arg)
{
	struct adaptivered *s = arg;

	adaptivered_adapt(&s->red.law);
	(void)nf_timer_after_ns(&s->timer, ADAPTIVERED_INTERVAL_NS);
}

static int adaptivered_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct adaptivered *s = e->state;
	int rc = nf_red_initialize(e, errs);

	if (rc < 0)
		return rc;
	nf_timer_init(&s->timer, e, adaptivered_timer, s);
	return nf_timer_after_ns(&s->timer, ADAPTIVERED_INTERVAL_NS);
}

const struct nf_class nf_adaptivered = {
	NF_RED_CLASS(
		"AdaptiveRED", struct adaptivered, adaptivered_configure, adaptivered_initialize),
};
