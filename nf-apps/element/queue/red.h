/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What RED and AdaptiveRED share; the state of either begins with struct nf_red.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_QUEUE_RED_H
#define SLUICE_NF_APPS_ELEMENT_QUEUE_RED_H

#include "nf-apps/element/queue/redlaw.h"
#include "nf-apps/element/queue/storage.h"

enum { NF_RED_EARLY };

struct nf_red {
	struct nf_redlaw law;
	struct nf_storage queues;
	uint64_t nb_drops, nb_passed;
};

/* MAX_P as it was read, and the keywords QUEUES, STABILITY, GENTLE; ends `a`. */
int nf_red_configure(struct nf_element *e, struct nf_args *a);
/* Thresholds in order and in range? Told in `a` if not. */
void nf_red_check(struct nf_args *a, uint32_t min_thresh, uint32_t max_thresh);
int nf_red_initialize(struct nf_element *e, struct nf_errors *errs);
void nf_red_cleanup(struct nf_element *e);
void nf_red_take_state(struct nf_element *e, struct nf_element *old);
void nf_red_push(struct nf_element *e, unsigned port, struct uk_netbuf *v[] UK_TAKES, uint16_t n);
uint16_t nf_red_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf *v[] UK_GIVES, uint16_t n);

extern const struct nf_handler nf_red_handlers[];

#define NF_RED_CLASS(click_name, state_type, conf_fn, init)                                        \
	.name = click_name, .ports = "1/1-2", .processing = "a/ah",                                \
	.state_size = sizeof(state_type), .configure = conf_fn, .initialize = init,                \
	.cleanup = nf_red_cleanup, .take_state = nf_red_take_state, .push = nf_red_push,           \
	.pull = nf_red_pull, .handlers = nf_red_handlers, .drops = (const char *const[])           \
	{                                                                                          \
		"early drop", NULL                                                                 \
	}

#endif
