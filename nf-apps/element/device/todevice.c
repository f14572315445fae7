/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ToDevice(DEVNAME [, keywords]), ToDPDKDevice
 *
 * Sends each packet as a frame. As Click's ToDevice it pulls from a queue; connected to a push
 * output it takes what it is pushed, as FastClick's ToDPDKDevice. Devices: see FromDevice.
 *
 * A vector that is short is held until the task runs next, so that frames of several branches go
 * out together. What the ring does not take is tried again; meanwhile FromDevices of the router do
 *not receive. If the device takes nothing for TIMEOUT, or more comes than can be held, frames are
 *dropped and counted.
 *
 * Arguments:
 *	DEVNAME (or PORT)  device
 *	BURST n            most frames per visit, default 64
 *	TIMEOUT t          how long the router waits for a full ring, default 10 ms; 0: drop at once
 *	BLOCKING bool      false: TIMEOUT 0
 *	METHOD, DEBUG, IQUEUE, QUEUE, N_QUEUES, NDESC, VERBOSE, MAXQUEUES, NO_PAD, ALLOC, TCO:
 *taken, without effect
 *
 * Ports: 1 input, agnostic.
 * Handlers: count (r), byte_count (r), drops (r), reset_counts (w), mac (r), device (r), pending
 *(r), tickets (rw), scheduled (rw) Drops: "device full", "too short" (a frame has 14 bytes)
 * Example: FromDevice(eth0) -> Queue(1000) -> ToDevice(eth1);
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/device.h"
#include "nf-apps/click/element.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/click/router.h"
#include "nf-apps/click/signal.h"

enum { TODEVICE_FULL, TODEVICE_SHORT };

#define TODEVICE_HELD_MAX (4 * UK_BURST_MAX)

struct todevice_conf {
	uint64_t timeout_ns;
	uint32_t burst;
};

struct todevice {
	struct nf_device *dev;
	uint64_t count, byte_count;
	uint32_t from, nb; /* held: v[from..from + nb) */
	bool congested, has_signals;
	uint64_t since_ns; /* congested since, or since the device last took something */
	struct nf_task task;
	char *name;
	struct uk_netbuf *v[TODEVICE_HELD_MAX];
};

static void todevice_ignored(struct nf_args *a)
{
	static const char *const keys[] = { "METHOD", "DEBUG", "IQUEUE", "QUEUE", "N_QUEUES",
		"NDESC", "VERBOSE", "MAXQUEUES", "NO_PAD", "ALLOC", "TCO", NULL };
	const char *v;

	for (unsigned i = 0; keys[i] != NULL; i++)
		(void)nf_args_raw(a, keys[i], 0, &v);
}

static int todevice_configure(struct nf_element *e, struct nf_args *a)
{
	struct todevice_conf *c = e->conf;
	struct todevice *s = e->state;
	const char *name = NULL;
	bool blocking = true;

	c->burst = UK_BURST_MAX;
	c->timeout_ns = 10000000;
	if (!nf_args_string(a, "DEVNAME", NF_ARGS_POS, &name) &&
		!nf_args_string(a, "PORT", 0, &name))
		nf_args_error(a, "DEVNAME is missing");
	nf_args_u32(a, "BURST", 0, &c->burst);
	nf_args_time_ns(a, "TIMEOUT", 0, &c->timeout_ns);
	if (nf_args_bool(a, "BLOCKING", 0, &blocking) && !blocking)
		c->timeout_ns = 0;
	todevice_ignored(a);
	if (c->burst < 1 || c->burst > UK_BURST_MAX)
		nf_args_error(a, "BURST is 1 to %u", UK_BURST_MAX);
	if (name != NULL)
		s->name = strdup(name);
	return nf_args_end(a);
}

static void todevice_congested(struct nf_element *e, struct todevice *s, bool now)
{
	if (s->congested == now)
		return;
	s->congested = now;
	if (now) {
		e->core->nb_congested++;
		s->since_ns = nf_core_now_ns(e->core);
	} else {
		e->core->nb_congested--;
	}
}

/* Sends what it can of v[0..n), `bytes` long together; returns how many. */
static uint16_t todevice_send(struct todevice *s, struct uk_netbuf **v, uint16_t n, uint64_t bytes)
{
	uint16_t sent = nf_device_tx(s->dev, 0, v, n);

	for (uint16_t i = sent; i < n; i++)
		bytes -= v[i]->len;
	s->count += sent;
	s->byte_count += bytes;
	return sent;
}

static uint64_t todevice_bytes(struct uk_netbuf *const v[], uint16_t n)
{
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < n; i++)
		bytes += v[i]->len;
	return bytes;
}

static void todevice_drop_held(struct nf_element *e, struct todevice *s)
{
	for (uint32_t i = 0; i < s->nb; i++)
		nf_element_drop_one(e, TODEVICE_FULL, s->v[s->from + i]);
	s->from = s->nb = 0;
	todevice_congested(e, s, false);
}

/* True if something was sent. */
static bool todevice_flush(struct nf_element *e, struct todevice *s)
{
	const struct todevice_conf *c = e->conf;
	bool any = false;

	while (s->nb > 0) {
		uint16_t n = (uint16_t)(s->nb < c->burst ? s->nb : c->burst);
		uint16_t sent =
			todevice_send(s, s->v + s->from, n, todevice_bytes(s->v + s->from, n));

		s->from += sent;
		s->nb -= sent;
		any |= sent > 0;
		if (sent < n)
			break;
	}
	if (s->nb == 0) {
		s->from = 0;
		todevice_congested(e, s, false);
		return any;
	}
	todevice_congested(e, s, true);
	if (any)
		s->since_ns = nf_core_now_ns(e->core);
	else if (nf_core_now_ns(e->core) - s->since_ns >= c->timeout_ns)
		todevice_drop_held(e, s);
	return any;
}

static void todevice_hold(
	struct nf_element *e, struct todevice *s, struct uk_netbuf **v, uint16_t n)
{
	if (s->from + s->nb + n > TODEVICE_HELD_MAX) {
		memmove(s->v, s->v + s->from, s->nb * sizeof(s->v[0]));
		s->from = 0;
	}
	for (uint16_t i = 0; i < n; i++) {
		if (s->nb < TODEVICE_HELD_MAX)
			s->v[s->from + s->nb++] = v[i];
		else
			nf_element_drop_one(e, TODEVICE_FULL, v[i]);
	}
	nf_task_schedule(&s->task);
}

/* What no device takes would be freed by the driver without a word. *bytes: of those that are left. */
static uint16_t todevice_sift(
	struct nf_element *e, struct uk_netbuf **v, uint16_t n, uint64_t *bytes)
{
	uint16_t k = 0;

	*bytes = 0;
	for (uint16_t i = 0; i < n; i++) {
		if (UK_UNLIKELY(v[i]->len < NF_ETHER_LEN)) {
			nf_element_drop_one(e, TODEVICE_SHORT, v[i]);
			continue;
		}
		*bytes += v[i]->len;
		v[k++] = v[i];
	}
	return k;
}

static void todevice_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct todevice *s = e->state;
	uint64_t bytes;
	uint16_t sent = 0;

	n = todevice_sift(e, v, n, &bytes);
	if (UK_LIKELY(s->nb == 0) && n >= UK_BURST_MAX / 2) {
		sent = todevice_send(s, v, n, bytes);
		if (UK_LIKELY(sent == n))
			return;
		todevice_congested(e, s, true);
	}
	todevice_hold(e, s, v + sent, (uint16_t)(n - sent));
	if (s->nb >= UK_BURST_MAX && !s->congested)
		(void)todevice_flush(e, s);
}

static bool todevice_run(struct nf_element *e, void *arg)
{
	const struct todevice_conf *c = e->conf;
	struct todevice *s = arg;
	bool work = todevice_flush(e, s);
	struct uk_netbuf *v[UK_BURST_MAX];
	uint64_t bytes;
	uint16_t n = 0, sent;

	if (s->nb > 0)
		return work;
	if (e->in[0].is_push) {
		nf_task_unschedule(&s->task);
		return work;
	}
	n = nf_element_fetch(
		e, 0, v, (uint16_t)(c->burst < e->core->burst ? c->burst : e->core->burst));
	if (n == 0) {
		nf_signal_rest(&s->task, s->has_signals);
		return work;
	}
	n = todevice_sift(e, v, n, &bytes);
	sent = n > 0 ? todevice_send(s, v, n, bytes) : 0;
	if (sent < n)
		todevice_hold(e, s, v + sent, (uint16_t)(n - sent));
	return true;
}

static int todevice_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct todevice *s = e->state;

	if (s->name == NULL)
		return -ENOMEM;
	nf_task_init(&s->task, e, todevice_run, s);
	s->dev = nf_device_open(e->core, s->name, errs, e->where);
	if (s->dev == NULL)
		return -ENODEV;
	if (!e->in[0].is_push) {
		s->has_signals = nf_signal_listen(e, 0, &s->task);
		nf_task_schedule(&s->task);
	}
	return 0;
}

static void todevice_cleanup(struct nf_element *e)
{
	struct todevice *s = e->state;

	if (s->dev == NULL) {
		free(s->name);
		return;
	}
	if (s->nb > 0)
		(void)todevice_flush(e, s);
	todevice_drop_held(e, s);
	nf_device_close(s->dev);
	free(s->name);
}

static void todevice_take_state(struct nf_element *e, struct nf_element *old)
{
	struct todevice *s = e->state, *was = old->state;

	s->count = was->count;
	s->byte_count = was->byte_count;
	todevice_hold(e, s, was->v + was->from, (uint16_t)was->nb);
	was->from = was->nb = 0;
	todevice_congested(old, was, false);
}

static int todevice_read(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct todevice *s = e->state;
	char mac[NF_ADDR_ETHER_LEN];

	switch (arg) {
	case 0:
		nf_text_printf(out, "%s", nf_addr_print_ether(nf_device_mac(s->dev), mac));
		break;
	case 1:
		nf_text_printf(out, "%s", s->name);
		break;
	default:
		nf_text_printf(out, "%lu",
			e->drops[NF_ELEMENT_DROPS_OWN + TODEVICE_FULL] +
				e->drops[NF_ELEMENT_DROPS_OWN + TODEVICE_SHORT]);
	}
	return 0;
}

static int todevice_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct todevice *s = e->state;

	s->count = s->byte_count = 0;
	return 0;
}

static const struct nf_handler todevice_handlers[] = {
	NF_HANDLER_U64("count", struct todevice, count),
	NF_HANDLER_U64("byte_count", struct todevice, byte_count),
	NF_HANDLER_U32("pending", struct todevice, nb),
	{ .name = "mac", .read = todevice_read, .arg = 0 },
	{ .name = "device", .read = todevice_read, .arg = 1 },
	{ .name = "drops", .read = todevice_read, .arg = 2 },
	{ .name = "reset_counts", .write = todevice_reset, .flags = NF_HANDLER_BUTTON },
	NF_HANDLER_TASK(struct todevice, task),
	{ .name = NULL },
};

#define TODEVICE_CLASS(click_name)                                                                 \
	.name = click_name, .ports = "1/0", .processing = "a/a",                                   \
	.conf_size = sizeof(struct todevice_conf), .state_size = sizeof(struct todevice),          \
	.configure = todevice_configure, .initialize = todevice_initialize,                        \
	.cleanup = todevice_cleanup, .push = todevice_push, .take_state = todevice_take_state,     \
	.handlers = todevice_handlers, .drops = (const char *const[])                              \
	{                                                                                          \
		"device full", "too short", NULL                                                   \
	}

const struct nf_class nf_todevice = { TODEVICE_CLASS("ToDevice") };
const struct nf_class nf_todevice_dpdk = { TODEVICE_CLASS("ToDPDKDevice") };
