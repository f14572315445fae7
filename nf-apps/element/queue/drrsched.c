/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DRRSched([QUANTUM])
 *
 * Gives, when it is pulled, packets of its inputs so that each gets the same number of bytes, by
 * deficit round robin (Shreedhar and Varghese, SIGCOMM 1995): each time it is an input's turn, it
 * may send QUANTUM bytes more; what it does not use it keeps while it has packets. Per input it
 * holds one packet, the one that has to wait for its turn.
 *
 * Arguments:
 *	QUANTUM n   bytes, default 500
 * Ports: any number of pull inputs, 1 pull output
 * Drops: "did not fit" (live change: packets of inputs that are gone)
 * Example: d :: DRRSched; a :: Queue -> [0] d; b :: Queue -> [1] d; d -> ToDevice(eth0);
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/element.h"

#define DRRSCHED_QUANTUM 500

enum { DRRSCHED_NO_ROOM };

struct drrsched_conf {
	uint32_t quantum;
};

struct drrsched_input {
	struct uk_netbuf *head; /* pulled, not yet allowed to go */
	uint64_t deficit;       /* bytes */
};

struct drrsched {
	struct drrsched_input *inputs;
	uint32_t next, nb_held;
};

static int drrsched_configure(struct nf_element *e, struct nf_args *a)
{
	struct drrsched_conf *c = e->conf;

	c->quantum = DRRSCHED_QUANTUM;
	nf_args_u32(a, "QUANTUM", NF_ARGS_POS, &c->quantum);
	if (c->quantum == 0)
		nf_args_error(a, "QUANTUM is at least 1");
	return nf_args_end(a);
}

static int drrsched_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct drrsched *s = e->state;

	s->inputs = calloc(e->nb_in + 1u, sizeof(*s->inputs));
	return s->inputs == NULL ? -ENOMEM : 0;
}

static void drrsched_cleanup(struct nf_element *e)
{
	struct drrsched *s = e->state;

	for (unsigned i = 0; s->inputs != NULL && i < e->nb_in; i++) {
		if (s->inputs[i].head != NULL)
			uk_netbuf_free(s->inputs[i].head);
	}
	free(s->inputs);
	s->inputs = NULL;
}

static void drrsched_advance(struct nf_element *e, struct drrsched *s)
{
	const struct drrsched_conf *c = e->conf;

	if (++s->next >= e->nb_in)
		s->next = 0;
	s->inputs[s->next].deficit += c->quantum;
}

/* The next packet of the input whose turn it is, if it may go; else NULL, and the turn is over. */
static struct uk_netbuf *drrsched_turn(struct nf_element *e, struct drrsched *s)
{
	struct drrsched_input *in = &s->inputs[s->next];
	struct uk_netbuf *p = in->head;

	if (p != NULL) {
		in->head = NULL;
		s->nb_held--;
	} else if (nf_element_fetch(e, s->next, &p, 1) == 0) {
		p = NULL;
	}
	if (p != NULL && p->len <= in->deficit) {
		in->deficit -= p->len;
		return p;
	}
	if (p == NULL) {
		in->deficit = 0;
	} else {
		in->head = p;
		s->nb_held++;
	}
	drrsched_advance(e, s);
	return NULL;
}

/* All inputs that have something have to wait: as many rounds as it takes pass at once, but for the
 * last. */
static void drrsched_skip_rounds(struct nf_element *e, struct drrsched *s)
{
	const struct drrsched_conf *c = e->conf;
	uint64_t rounds = UINT64_MAX;

	for (unsigned i = 0; i < e->nb_in; i++) {
		const struct drrsched_input *in = &s->inputs[i];
		uint64_t more;

		if (in->head == NULL)
			continue;
		more = in->head->len > in->deficit ? in->head->len - in->deficit : 0;
		more = (more + c->quantum - 1) / c->quantum;
		if (more < rounds)
			rounds = more;
	}
	for (unsigned i = 0; rounds > 1 && i < e->nb_in; i++) {
		if (s->inputs[i].head != NULL)
			s->inputs[i].deficit += (rounds - 1) * c->quantum;
	}
}

static struct uk_netbuf *drrsched_one(struct nf_element *e, struct drrsched *s)
{
	do {
		for (unsigned i = 0; i < e->nb_in; i++) {
			struct uk_netbuf *p = drrsched_turn(e, s);

			if (p != NULL)
				return p;
		}
		if (s->nb_held > 0)
			drrsched_skip_rounds(e, s);
	} while (s->nb_held > 0);
	return NULL;
}

static uint16_t drrsched_pull(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	uint16_t got = 0;

	while (got < n && (v[got] = drrsched_one(e, e->state)) != NULL)
		got++;
	return got;
}

static void drrsched_take_state(struct nf_element *e, struct nf_element *old)
{
	struct drrsched *s = e->state, *was = old->state;

	for (unsigned i = 0; i < old->nb_in; i++) {
		struct drrsched_input *from = &was->inputs[i];

		if (from->head != NULL && i >= e->nb_in)
			nf_element_drop_one(e, DRRSCHED_NO_ROOM, from->head);
		else if (i < e->nb_in)
			s->inputs[i] = *from;
		s->nb_held += from->head != NULL && i < e->nb_in;
		from->head = NULL;
	}
	was->nb_held = 0;
	s->next = was->next < e->nb_in ? was->next : 0;
}

const struct nf_class nf_drrsched = {
	.name = "DRRSched",
	.ports = "-/1",
	.processing = "l/l",
	.conf_size = sizeof(struct drrsched_conf),
	.state_size = sizeof(struct drrsched),
	.configure = drrsched_configure,
	.initialize = drrsched_initialize,
	.cleanup = drrsched_cleanup,
	.take_state = drrsched_take_state,
	.pull = drrsched_pull,
	.drops = (const char *const[]){ "did not fit", NULL },
};
