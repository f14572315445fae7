/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For pull elements that hold traffic back for a time (Shaper, DelayShaper): a signal of their own,
 * so that who pulls from them sleeps until something may pass, not only while the queue before them
 * is empty. Life: nf_gate_start in initialize; `signal` is what the class' signal returns.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_QUEUE_GATE_H
#define SLUICE_NF_APPS_ELEMENT_QUEUE_GATE_H

#include "nf-apps/click/element.h"
#include "nf-apps/click/signal.h"

struct nf_gate {
	struct nf_signal signal;
	struct nf_task upstream; /* is woken by the queues before, and wakes `signal` */
	struct nf_timer timer;
	bool listens;
};

void nf_gate_start(struct nf_gate *g, struct nf_element *e);
/* A pull gave nothing because there was nothing at input 0. */
void nf_gate_empty(struct nf_gate *g);
/* Nothing may pass for `ns`; UINT64_MAX: until nf_gate_open. */
void nf_gate_close(struct nf_gate *g, uint64_t ns);
/* Something may pass now. */
void nf_gate_open(struct nf_gate *g);

#endif
