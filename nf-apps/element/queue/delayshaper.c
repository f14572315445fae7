/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DelayShaper(DELAY)
 *
 * Lets a packet pass from its pull input to its pull output no earlier than DELAY after its time
 * stamp; a packet without one counts from when it was pulled. It holds one packet, the others wait
 * in the queue before it. A packet leaves with the time at which it leaves as its time stamp.
 *
 * Arguments:
 *	DELAY t   "50ms", plain: seconds
 * Ports: 1 pull input, 1 pull output
 * Handlers: delay (rw)
 * Drops: "did not fit" (live change: the new element had one already)
 * Example: FromDevice(eth0) -> SetTimestamp -> Queue(1000) -> DelayShaper(30ms) -> ToDevice(eth1);
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/queue/fixed.h"
#include "nf-apps/element/queue/gate.h"

struct delayshaper {
	struct uk_netbuf *held; /* its time stamp is when it may go */
	uint64_t delay_ns;
	struct nf_gate gate;
};

enum { DELAYSHAPER_NO_ROOM };

static int delayshaper_configure(struct nf_element *e, struct nf_args *a)
{
	struct delayshaper *s = e->state;

	nf_args_time_ns(a, "DELAY", NF_ARGS_POS | NF_ARGS_MUST, &s->delay_ns);
	return nf_args_end(a);
}

static int delayshaper_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct delayshaper *s = e->state;

	nf_gate_start(&s->gate, e);
	return 0;
}

static void delayshaper_cleanup(struct nf_element *e)
{
	struct delayshaper *s = e->state;

	if (s->held != NULL)
		uk_netbuf_free(s->held);
	s->held = NULL;
}

static struct nf_signal *delayshaper_signal(struct nf_element *e, unsigned port)
{
	struct delayshaper *s = e->state;

	return &s->gate.signal;
}

static uint32_t delayshaper_stored(const struct nf_element *e)
{
	const struct delayshaper *s = e->state;

	return s->held != NULL;
}

static bool delayshaper_hold(struct nf_element *e, struct delayshaper *s, uint64_t now)
{
	struct uk_netbuf *p;
	struct nf_anno *anno;

	if (s->held != NULL)
		return true;
	if (nf_element_fetch(e, 0, &p, 1) == 0)
		return false;
	s->held = p;
	anno = nf_packet_anno(p);
	if (anno->time_ns == 0)
		anno->time_ns = now;
	anno->time_ns += s->delay_ns;
	return true;
}

static uint16_t delayshaper_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct delayshaper *s = e->state;
	uint64_t now = nf_core_wall_ns();
	uint16_t got = 0;

	while (got < n) {
		uint64_t due;

		if (!delayshaper_hold(e, s, now)) {
			if (got == 0)
				nf_gate_empty(&s->gate);
			break;
		}
		due = nf_packet_anno(s->held)->time_ns;
		if (due > now) {
			if (got == 0)
				nf_gate_close(&s->gate, due - now);
			break;
		}
		nf_packet_anno(s->held)->time_ns = now;
		v[got++] = s->held;
		s->held = NULL;
	}
	return got;
}

static void delayshaper_take_state(struct nf_element *e, struct nf_element *old)
{
	struct delayshaper *s = e->state, *was = old->state;

	if (s->held == NULL)
		s->held = was->held;
	else if (was->held != NULL)
		nf_element_drop_one(e, DELAYSHAPER_NO_ROOM, was->held);
	was->held = NULL;
}

static int delayshaper_read(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct delayshaper *s = e->state;

	nf_fixed_print_interval(s->delay_ns, out);
	return 0;
}

/* Of the packets that are pulled from now on. */
static int delayshaper_write(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct delayshaper *s = e->state;
	uint64_t ns;

	if (nf_addr_time_ns(value, &ns) < 0)
		return nf_errors_add(errs, NULL, "DELAY is a time, not '%s'", value);
	s->delay_ns = ns;
	return 0;
}

static const struct nf_handler delayshaper_handlers[] = {
	{ .name = "delay", .read = delayshaper_read, .write = delayshaper_write },
	{ .name = NULL },
};

const struct nf_class nf_delayshaper = {
	.name = "DelayShaper",
	.ports = "1/1",
	.processing = "l/l",
	.state_size = sizeof(struct delayshaper),
	.configure = delayshaper_configure,
	.initialize = delayshaper_initialize,
	.cleanup = delayshaper_cleanup,
	.take_state = delayshaper_take_state,
	.pull = delayshaper_pull,
	.signal = delayshaper_signal,
	.stored = delayshaper_stored,
	.handlers = delayshaper_handlers,
	.drops = (const char *const[]){ "did not fit", NULL },
	.flags = NF_CLASS_ANNO,
};
