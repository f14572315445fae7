/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What all queue elements share: the ring, the counters, the signals, the handlers and how packets
 * move to the next router. A class is NF_QUEUEBASE_CLASS with its own push, and perhaps pull; its
 * state begins with struct nf_queuebase.
 *
 * Argument:
 *	CAPACITY n    packets that it can hold, default 1000, at most 2^24
 * Handlers:
 *	length            r   packets in it now
 *	highwater_length  r   most that there have ever been
 *	capacity          rw  a smaller one drops what does not fit
 *	drops             r   packets refused since the start, or reset_counts
 *	reset_counts      w   drops and highwater_length begin anew
 *	reset             w   drops all packets in it
 *	config            r   as it is now
 */
#ifndef SLUICE_NF_APPS_ELEMENT_QUEUE_QUEUEBASE_H
#define SLUICE_NF_APPS_ELEMENT_QUEUE_QUEUEBASE_H

#include "nf-apps/click/element.h"
#include "nf-apps/click/signal.h"
#include "nf-apps/element/queue/pktring.h"

#define NF_QUEUEBASE_CAPACITY 1000

/* Reasons of drops. */
enum { NF_QUEUEBASE_FULL, NF_QUEUEBASE_RESET, NF_QUEUEBASE_SMALLER };

struct nf_queuebase_conf {
	uint32_t capacity;
};

struct nf_queuebase {
	struct nf_pktring ring;
	uint32_t highwater;
	bool drops_oldest;       /* what goes when there is too little room */
	bool resized;            /* by a handler */
	uint64_t nb_drops;       /* since reset_counts */
	struct nf_signal signal; /* there are packets */
	struct nf_signal space;  /* there is room */
};

int nf_queuebase_configure(struct nf_element *e, struct nf_args *a);
int nf_queuebase_initialize(struct nf_element *e, struct nf_errors *errs);
void nf_queuebase_cleanup(struct nf_element *e);
void nf_queuebase_take_state(struct nf_element *e, struct nf_element *old);
struct nf_signal *nf_queuebase_signal(struct nf_element *e, unsigned port);
struct nf_signal *nf_queuebase_space(struct nf_element *e, unsigned port);
uint32_t nf_queuebase_stored(const struct nf_element *e);

extern const struct nf_handler nf_queuebase_handlers[];
extern const char *const nf_queuebase_drops[];

/* Packets that found no room: to output 1 if there is one. */
void nf_queuebase_overflow(struct nf_element *e, struct uk_netbuf *v[] UK_TAKES, uint16_t n);

/* After something went in. */
UK_INLINE void nf_queuebase_pushed(struct nf_queuebase *q)
{
	if (q->ring.len > q->highwater)
		q->highwater = q->ring.len;
	nf_signal_wake(&q->signal);
	if (UK_UNLIKELY(q->ring.len == q->ring.capacity))
		nf_signal_sleep(&q->space);
}

UK_INLINE void nf_queuebase_push(struct nf_element *e, struct uk_netbuf *v[] UK_TAKES, uint16_t n)
{
	struct nf_queuebase *q = e->state;
	uint16_t in = nf_pktring_push(&q->ring, v, n);

	if (UK_LIKELY(in > 0))
		nf_queuebase_pushed(q);
	if (UK_UNLIKELY(in < n))
		nf_queuebase_overflow(e, v + in, (uint16_t)(n - in));
}

UK_INLINE uint16_t nf_queuebase_pull(
	struct nf_element *e, struct uk_netbuf *v[] UK_GIVES, uint16_t n)
{
	struct nf_queuebase *q = e->state;

	n = nf_pktring_pull(&q->ring, v, n);
	if (n == 0)
		nf_signal_sleep(&q->signal);
	else
		nf_signal_wake(&q->space);
	return n;
}

#define NF_QUEUEBASE_CLASS(click_name, ports_code, init)                                           \
	.name = click_name, .ports = ports_code, .processing = "h/lh",                             \
	.conf_size = sizeof(struct nf_queuebase_conf), .state_size = sizeof(struct nf_queuebase),  \
	.configure = nf_queuebase_configure, .initialize = init, .cleanup = nf_queuebase_cleanup,  \
	.take_state = nf_queuebase_take_state, .stored = nf_queuebase_stored,                      \
	.handlers = nf_queuebase_handlers, .drops = nf_queuebase_drops

#endif
