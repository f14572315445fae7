/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * LinkUnqueue(LATENCY, BANDWIDTH)
 *
 * Acts as a serial line: pulls a packet when the line is free to send it, and pushes it on when its
 * last bit has arrived at the other end, LATENCY and the time of its bytes (those of the extra
 * length annotation too) at BANDWIDTH later. It holds what is on the line; others wait in the queue
 * before it. A packet leaves with its time of arrival as its time stamp.
 *
 * Arguments:
 *	LATENCY t     "5ms", plain: seconds
 *	BANDWIDTH r   "384kbps", plain: bytes per second; not 0
 * Ports: 1 pull input, 1 push output
 * Handlers: latency (r), bandwidth (r), size (r: packets on the line), reset (w: drops them),
 *	tickets (rw), scheduled (rw)
 * Drops: "reset by handler"
 * Example: Queue(100) -> LinkUnqueue(30ms, 2Mbps) -> ToDevice(eth0);
 */
#include "nf-apps/click/element.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/signal.h"
#include "nf-apps/element/queue/fixed.h"
#include "nf-apps/element/queue/rated.h"

struct linkunqueue_conf {
	uint64_t latency_ns, bandwidth;
};

/* Packets on the line are chained by their `next`; their time stamp says when they arrive. */
struct linkunqueue {
	struct uk_netbuf *head, *tail;
	uint32_t nb;
	bool back_to_back; /* the line was busy until now */
	bool listens;
	struct nf_task task;
	struct nf_timer timer;
};

enum { LINKUNQUEUE_RESET };

static int linkunqueue_configure(struct nf_element *e, struct nf_args *a)
{
	struct linkunqueue_conf *c = e->conf;

	nf_args_time_ns(a, "LATENCY", NF_ARGS_POS | NF_ARGS_MUST, &c->latency_ns);
	if (nf_args_bandwidth(a, "BANDWIDTH", NF_ARGS_POS | NF_ARGS_MUST, &c->bandwidth) &&
		c->bandwidth == 0)
		nf_args_error(a, "BANDWIDTH is 0");
	if (c->latency_ns > INT64_MAX)
		nf_args_error(a, "LATENCY is too long");
	return nf_args_end(a);
}

static struct uk_netbuf *linkunqueue_shift(struct linkunqueue *s)
{
	struct uk_netbuf *p = s->head;

	s->head = p->next;
	p->next = NULL;
	if (s->head == NULL)
		s->tail = NULL;
	s->nb--;
	return p;
}

static void linkunqueue_append(struct linkunqueue *s, struct uk_netbuf *p)
{
	if (s->tail != NULL)
		s->tail->next = p;
	else
		s->head = p;
	s->tail = p;
	s->nb++;
}

static uint64_t linkunqueue_arrival(const struct uk_netbuf *p)
{
	return nf_packet_anno(p)->time_ns;
}

/* 2^17 bytes and 2^32 of annotation at 1 byte per second are below 2^63 ns. */
static uint64_t linkunqueue_send_ns(const struct linkunqueue_conf *c, const struct uk_netbuf *p)
{
	uint64_t bytes = (uint64_t)p->len + nf_packet_anno_u32(p, NF_ANNO_EXTRA_LENGTH);

	return bytes * 1000000000 / c->bandwidth;
}

/* Takes packets while the line is free. True: there was none left to take. */
static bool linkunqueue_take(struct nf_element *e, struct linkunqueue *s, uint64_t now)
{
	const struct linkunqueue_conf *c = e->conf;
	uint64_t far = now + c->latency_ns;

	while (s->tail == NULL || linkunqueue_arrival(s->tail) <= far) {
		struct uk_netbuf *p;
		uint64_t from = far;

		if (nf_element_fetch(e, 0, &p, 1) == 0) {
			s->back_to_back = false;
			return true;
		}
		if (s->tail != NULL && s->back_to_back)
			from = linkunqueue_arrival(s->tail);
		nf_packet_anno(p)->time_ns = from + linkunqueue_send_ns(c, p);
		linkunqueue_append(s, p);
		s->back_to_back = true;
	}
	return false;
}

static bool linkunqueue_deliver(struct nf_element *e, struct linkunqueue *s, uint64_t now)
{
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t n = 0;

	while (n < UK_BURST_MAX && s->head != NULL && linkunqueue_arrival(s->head) <= now)
		v[n++] = linkunqueue_shift(s);
	nf_element_emit(e, 0, v, n);
	return n > 0;
}

static bool linkunqueue_run(struct nf_element *e, void *arg)
{
	const struct linkunqueue_conf *c = e->conf;
	struct linkunqueue *s = arg;
	uint64_t now = nf_core_wall_ns(), next;
	uint32_t before = s->nb;
	bool empty = linkunqueue_take(e, s, now);
	bool work = s->nb > before;

	work |= linkunqueue_deliver(e, s, now);
	if (s->head == NULL) {
		if (empty)
			nf_signal_rest(&s->task, s->listens);
		return work;
	}
	next = linkunqueue_arrival(s->head);
	if (empty && (!s->listens || s->task.nb_active > 0))
		return work; /* something may come at any time: goes on asking */
	if (!empty && linkunqueue_arrival(s->tail) - c->latency_ns < next)
		next = linkunqueue_arrival(s->tail) - c->latency_ns;
	if (next > now && nf_timer_after_ns(&s->timer, next - now) == 0)
		nf_task_unschedule(&s->task);
	return work;
}

static void linkunqueue_timer(struct nf_element *e, void *arg)
{
	struct linkunqueue *s = arg;

	nf_task_schedule(&s->task);
}

static int linkunqueue_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct linkunqueue *s = e->state;

	nf_task_init(&s->task, e, linkunqueue_run, s);
	nf_timer_init(&s->timer, e, linkunqueue_timer, s);
	s->listens = nf_signal_listen(e, 0, &s->task);
	nf_task_schedule(&s->task);
	return 0;
}

static void linkunqueue_cleanup(struct nf_element *e)
{
	struct linkunqueue *s = e->state;

	while (s->head != NULL)
		uk_netbuf_free(linkunqueue_shift(s));
}

static void linkunqueue_take_state(struct nf_element *e, struct nf_element *old)
{
	struct linkunqueue *s = e->state, *was = old->state;

	while (was->head != NULL)
		linkunqueue_append(s, linkunqueue_shift(was));
	s->back_to_back = was->back_to_back;
}

static uint32_t linkunqueue_stored(const struct nf_element *e)
{
	const struct linkunqueue *s = e->state;

	return s->nb;
}

static int linkunqueue_read(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct linkunqueue_conf *c = e->conf;

	if (arg == 0)
		nf_fixed_print_interval(c->latency_ns, out);
	else
		nf_rated_print(c->bandwidth, true, out);
	return 0;
}

static int linkunqueue_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct linkunqueue *s = e->state;

	while (s->head != NULL)
		nf_element_drop_one(e, LINKUNQUEUE_RESET, linkunqueue_shift(s));
	s->back_to_back = false;
	nf_timer_cancel(&s->timer);
	nf_task_schedule(&s->task);
	return 0;
}

static const struct nf_handler linkunqueue_handlers[] = {
	{ .name = "latency", .read = linkunqueue_read, .arg = 0 },
	{ .name = "bandwidth", .read = linkunqueue_read, .arg = 1 },
	NF_HANDLER_U32("size", struct linkunqueue, nb),
	{ .name = "reset", .write = linkunqueue_reset, .flags = NF_HANDLER_BUTTON },
	NF_HANDLER_TASK(struct linkunqueue, task),
	{ .name = NULL },
};

const struct nf_class nf_linkunqueue = {
	.name = "LinkUnqueue",
	.ports = "1/1",
	.processing = "l/h",
	.conf_size = sizeof(struct linkunqueue_conf),
	.state_size = sizeof(struct linkunqueue),
	.configure = linkunqueue_configure,
	.initialize = linkunqueue_initialize,
	.cleanup = linkunqueue_cleanup,
	.take_state = linkunqueue_take_state,
	.stored = linkunqueue_stored,
	.handlers = linkunqueue_handlers,
	.drops = (const char *const[]){ "reset by handler", NULL },
	.flags = NF_CLASS_ANNO,
};
