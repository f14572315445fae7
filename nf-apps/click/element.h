/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an element is, for whoever writes one. A class is one constant table; an element is one of
 * its instances in a router. The life of an element, all on one core:
 *
 *	configure   arguments -> conf; ports are connected and counted already (nb_in, nb_out)
 *	initialize  after all elements are configured: tables, tasks, timers; allocates memory
 *	take_state  only in a live change: from the element of that name and class in the old router
 *	push, pull  packets, in vectors of up to UK_BURST_MAX
 *	cleanup     frees what configure and initialize made; also after one of them failed
 *
 * `conf` holds what the configuration says and never changes after initialize: a compiled
 * configuration has it as constants, so it is plain data without pointers. Everything that
 * changes (counters, tables, what a write handler sets) is in `state`. Both start as zeros.
 *
 * Packets: whoever gets a vector owns every packet in it, and may overwrite the vector.
 * A packet ends in exactly one of: emit, drop (counted, with a reason), kept in the element's
 *state.
 */
#ifndef SLUICE_NF_APPS_CLICK_ELEMENT_H
#define SLUICE_NF_APPS_CLICK_ELEMENT_H

#include "nf-apps/click/args.h"
#include "nf-apps/click/core.h"
#include "nf-apps/click/packet.h"
#include "nf-apps/click/text.h"

struct nf_element;
struct nf_router;
struct nf_signal;

typedef void (*nf_push_fn)(
	struct nf_element *e, unsigned port, struct uk_netbuf *v[] UK_TAKES, uint16_t n);
typedef uint16_t (*nf_pull_fn)(
	struct nf_element *e, unsigned port, struct uk_netbuf *v[] UK_GIVES, uint16_t n);

/*
 * One packet through an element of one vector input and any number of outputs ("each" elements).
 * Returns the output port (< nb_out: an output that is not connected is a drop, counted as
 * "unconnected"), or NF_DROP(reason), or NF_KEPT: the element has it. `in` is the input port.
 */
typedef int (*nf_each_fn)(struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p);

#define NF_DROP(reason) (-2 - (int)(reason))
#define NF_KEPT         (-1)

/* One end of a link, as seen from the element on the other side. */
struct nf_link {
	union {
		nf_push_fn push; /* of `peer`, if this is an output of a push link */
		nf_pull_fn pull; /* of `peer`, if this is an input of a pull link */
	};
	struct nf_element *peer;
	uint16_t port; /* of the peer */
	bool is_push;  /* how packets move over this link */
	bool connected;
};

struct nf_handler {
	const char *name; /* NULL ends a table */
	/* Adds the answer to `out` (without a line feed at the end). `param`: text after the
	 * handler's name, "" if none. NULL: write only. Returns 0 or -errno with errs told. */
	int (*read)(struct nf_element *e, uintptr_t arg, const char *param, struct nf_text *out,
		struct nf_errors *errs);
	/* NULL: read only. */
	int (*write)(
		struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);
	uintptr_t arg;
	unsigned flags; /* NF_HANDLER_* */
};

#define NF_HANDLER_PARAM     0x1 /* read takes a parameter */
#define NF_HANDLER_EXPENSIVE 0x2
#define NF_HANDLER_BUTTON    0x4  /* write takes no value */
#define NF_HANDLER_RATE      0x8  /* a counter: `ctl watch` shows it, and its rate */
#define NF_HANDLER_PRIVATE   0x10 /* for the configuration itself: control clients do not get it */

struct nf_class {
	const char *name; /* Click's */
	/*
	 * Click's codes. Ports: "1/1", "1/1-2", "-/=", "1/2-"; processing: "a/a" (agnostic), "h/h"
	 * push, "l/l" pull, "a/ah", "h/l"; flow: which inputs' packets can come out of which
	 * outputs, NULL: "x/x".
	 */
	const char *ports, *processing, *flow;
	uint32_t conf_size, state_size; /* bytes */
	/* Reads the arguments; every error goes to args. Returns nf_args_end(a) or -errno. NULL:
	 * none. */
	int (*configure)(struct nf_element *e, struct nf_args *a);
	int (*initialize)(struct nf_element *e, struct nf_errors *errs);
	void (*cleanup)(struct nf_element *e);
	nf_push_fn push;
	nf_pull_fn pull;
	/* NF_EACH sets these and push and pull with them. */
	nf_each_fn each;
	const char *each_name;    /* for compiled configurations */
	const char *const *drops; /* names of reasons, by number, NULL at the end; NULL: none */
	const struct nf_handler *handlers; /* NULL: only those that every element has */
	/* Handlers that only this instance has. name NULL: their table, or NULL; else the one of
	 * that name, or NULL: the class' own come first. */
	const struct nf_handler *(*own_handlers)(const struct nf_element *e, const char *name);
	void (*take_state)(struct nf_element *e, struct nf_element *old);
	/* The signal of an output that has one of its own (queues): see signal.h. */
	struct nf_signal *(*signal)(struct nf_element *e, unsigned port);
	/* The signal "there is room" of a push input that stores packets. NULL: none. */
	struct nf_signal *(*space)(struct nf_element *e, unsigned port);
	/* How many packets it holds now (Click: Storage); NULL: it is no storage. */
	uint32_t (*stored)(const struct nf_element *e);
	/* Compiled configurations: prints a C function for this instance in place of `each`, with
	 * the same signature, named `name`. NULL: each_name is called. Returns 0 or -errno. */
	int (*write_c)(struct nf_element *e, const char *name, struct nf_text *out);
	unsigned flags; /* NF_CLASS_* */
	/* Order of configure and initialize among elements; 0 is usual, lower is earlier. */
	int phase;
};

#define NF_CLASS_ANNO 0x1 /* reads or writes annotations (nf_anno): devices clear them then */

/* Reasons that every element has; the class' own follow. */
enum nf_element_drops {
	NF_ELEMENT_UNCONNECTED, /* sent to an output that leads nowhere */
	NF_ELEMENT_LOOP,        /* went round in the graph too often */
	NF_ELEMENT_DROPS_OWN,
};

struct nf_element {
	const struct nf_class *class;
	struct nf_link *out; /* nb_out */
	struct nf_link *in;  /* nb_in */
	void *conf;          /* class->conf_size */
	void *state;         /* class->state_size */
	uint64_t *drops;     /* by enum nf_element_drops, then the class' reasons */
	struct nf_router *router;
	struct nf_core *core;
	uint16_t nb_in, nb_out;
	uint32_t index; /* in the router */
	const char *name, *args, *where;
};

/* Hands v[0..n) to what is connected to output `port` (push). n may be 0. The vector is undefined
 * afterwards. An unconnected port is a counted drop. */
void nf_element_emit_unconnected(struct nf_element *e, struct uk_netbuf *v[] UK_TAKES, uint16_t n);

UK_INLINE void nf_element_emit(
	struct nf_element *e, unsigned port, struct uk_netbuf *v[] UK_TAKES, uint16_t n)
{
	if (n == 0)
		return;
	if (UK_LIKELY(port < e->nb_out))
		e->out[port].push(e->out[port].peer, e->out[port].port, v, n);
	else
		nf_element_emit_unconnected(e, v, n);
}

UK_INLINE void nf_element_emit_one(
	struct nf_element *e, unsigned port, struct uk_netbuf *p UK_TAKES)
{
	nf_element_emit(e, port, &p, 1);
}

/* Up to n packets from what is connected to input `port` (pull). */
UK_INLINE uint16_t nf_element_fetch(
	struct nf_element *e, unsigned port, struct uk_netbuf *v[] UK_GIVES, uint16_t n)
{
	return e->in[port].pull(e->in[port].peer, e->in[port].port, v, n);
}

/* Frees packets and counts them under the class' reason. */
UK_INLINE void nf_element_drop(
	struct nf_element *e, unsigned reason, struct uk_netbuf *v[] UK_TAKES, uint16_t n)
{
	e->drops[NF_ELEMENT_DROPS_OWN + reason] += n;
	uk_netbuf_free_burst(v, n);
}

UK_INLINE void nf_element_drop_one(
	struct nf_element *e, unsigned reason, struct uk_netbuf *p UK_TAKES)
{
	e->drops[NF_ELEMENT_DROPS_OWN + reason]++;
	uk_netbuf_free(p);
}

/* What an "each" function returned, if it was not port 0. */
void nf_element_each_end(struct nf_element *e, int result, struct uk_netbuf *p UK_TAKES);
/* v[i] goes to output to[i] (or is dropped, or kept); order within an output stays. */
void nf_element_spread(
	struct nf_element *e, struct uk_netbuf *v[] UK_TAKES, const int16_t to[], uint16_t n);
/* The packets that leave by output 0; all others are pushed out or dropped. */
uint16_t nf_element_spread_pull(
	struct nf_element *e, struct uk_netbuf *v[], const int16_t to[], uint16_t n);

UK_INLINE void nf_element_each_push(
	struct nf_element *e, unsigned port, struct uk_netbuf *v[], uint16_t n, nf_each_fn each)
{
	const void *conf = e->conf;
	int16_t to[UK_BURST_MAX];
	int any = 0;

	for (uint16_t i = 0; i < n; i++) {
		to[i] = (int16_t)each(e, conf, port, v[i]);
		any |= to[i];
	}
	if (UK_LIKELY(any == 0))
		nf_element_emit(e, 0, v, n);
	else
		nf_element_spread(e, v, to, n);
}

/* How often a pull is tried again when everything it got was dropped or went elsewhere. */
#define NF_ELEMENT_PULL_TRIES 4

UK_INLINE uint16_t nf_element_each_pull(
	struct nf_element *e, struct uk_netbuf *v[], uint16_t n, nf_each_fn each)
{
	const void *conf = e->conf;
	int16_t to[UK_BURST_MAX];

	for (unsigned tries = 0; tries < NF_ELEMENT_PULL_TRIES; tries++) {
		uint16_t nb = nf_element_fetch(e, 0, v, n);
		int any = 0;

		for (uint16_t i = 0; i < nb; i++) {
			to[i] = (int16_t)each(e, conf, 0, v[i]);
			any |= to[i];
		}
		if (UK_LIKELY(any == 0))
			return nb;
		nb = nf_element_spread_pull(e, v, to, nb);
		if (nb > 0)
			return nb;
	}
	return 0;
}

/*
 * Makes push and pull functions out of a static inline int TAG_each(struct nf_element *e, const
 * void *conf, unsigned in, struct uk_netbuf *p); in the class: NF_EACH(TAG).
 */
#define NF_EACH_DEFINE(tag)                                                                        \
	static void tag##_push(                                                                    \
		struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)             \
	{                                                                                          \
		nf_element_each_push(e, port, v, n, tag##_each);                                   \
	}                                                                                          \
	static uint16_t tag##_pull(                                                                \
		struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)             \
	{                                                                                          \
		return nf_element_each_pull(e, v, n, tag##_each);                                  \
	}

#define NF_EACH(tag)                                                                               \
	.push = tag##_push, .pull = tag##_pull, .each = tag##_each, .each_name = #tag "_each"

/* The element of that name as elements see it: first in the compound element that `e` is in. NULL.
 */
struct nf_element *nf_element_find(const struct nf_element *e, const char *name);

/* True if the class' name is this one. */
bool nf_element_is(const struct nf_element *e, const char *class_name);

#endif
