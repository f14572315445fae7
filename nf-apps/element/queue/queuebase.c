/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include "nf-apps/element/queue/queuebase.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/print.h"

const char *const nf_queuebase_drops[] = { "queue full", "reset by handler", "did not fit", NULL };

int nf_queuebase_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_queuebase_conf *c = e->conf;

	c->capacity = NF_QUEUEBASE_CAPACITY;
	nf_args_u32(a, "CAPACITY", NF_ARGS_POS, &c->capacity);
	if (c->capacity > NF_PKTRING_CAPACITY_MAX)
		nf_args_error(a, "CAPACITY is at most %u", NF_PKTRING_CAPACITY_MAX);
	return nf_args_end(a);
}

int nf_queuebase_initialize(struct nf_element *e, struct nf_errors *errs)
{
	const struct nf_queuebase_conf *c = e->conf;
	struct nf_queuebase *q = e->state;

	if (c->capacity > 0)
		nf_signal_wake(&q->space);
	return nf_pktring_init(&q->ring, c->capacity);
}

void nf_queuebase_cleanup(struct nf_element *e)
{
	struct nf_queuebase *q = e->state;

	nf_pktring_free(&q->ring);
}

struct nf_signal *nf_queuebase_signal(struct nf_element *e, unsigned port)
{
	struct nf_queuebase *q = e->state;

	return port == 0 ? &q->signal : NULL;
}

struct nf_signal *nf_queuebase_space(struct nf_element *e, unsigned port)
{
	struct nf_queuebase *q = e->state;

	return &q->space;
}

uint32_t nf_queuebase_stored(const struct nf_element *e)
{
	const struct nf_queuebase *q = e->state;

	return q->ring.len;
}

void nf_queuebase_overflow(struct nf_element *e, struct uk_netbuf *v[], uint16_t n)
{
	struct nf_queuebase *q = e->state;

	if (q->nb_drops == 0 && q->ring.capacity > 0) {
		struct nf_text t = { 0 };

		nf_text_printf(&t, "%s :: %s: overflow", e->name, e->class->name);
		nf_print_line(nf_text_get(&t));
		nf_text_free(&t);
	}
	q->nb_drops += n;
	if (e->nb_out > 1)
		nf_element_emit(e, 1, v, n);
	else
		nf_element_drop(e, NF_QUEUEBASE_FULL, v, n);
}

/* Drops packets of `q` until at most `keep` are left. */
static void queuebase_shrink(
	struct nf_element *e, struct nf_queuebase *q, uint32_t keep, unsigned reason)
{
	struct uk_netbuf *v[UK_BURST_MAX];

	while (q->ring.len > keep) {
		uint32_t more = q->ring.len - keep;
		uint16_t n = (uint16_t)(more < UK_BURST_MAX ? more : UK_BURST_MAX);

		n = q->drops_oldest ? nf_pktring_pull(&q->ring, v, n)
				    : nf_pktring_pull_newest(&q->ring, v, n);
		nf_element_drop(e, reason, v, n);
	}
}

/* The old queue keeps nothing; what does not fit into the new one is dropped and counted here. */
void nf_queuebase_take_state(struct nf_element *e, struct nf_element *old)
{
	struct nf_queuebase *q = e->state, *was = old->state;
	struct uk_netbuf *v[UK_BURST_MAX];
	uint32_t lost = was->ring.len;

	queuebase_shrink(e, was, q->ring.capacity - q->ring.len, NF_QUEUEBASE_SMALLER);
	lost -= was->ring.len;
	while (was->ring.len > 0) {
		uint16_t n = nf_pktring_pull(&was->ring, v, UK_BURST_MAX);

		(void)nf_pktring_push(&q->ring, v, n);
		nf_queuebase_pushed(q);
	}
	if (was->highwater > q->highwater)
		q->highwater = was->highwater;
	q->nb_drops += was->nb_drops + lost;
}

static int queuebase_write_capacity(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_queuebase *q = e->state;
	uint64_t capacity;
	uint32_t before = q->ring.len;
	int rc;

	if (nf_addr_u64(value, &capacity) < 0 || capacity > NF_PKTRING_CAPACITY_MAX)
		return nf_errors_add(errs, NULL, "CAPACITY is 0 to %u, not '%s'",
			NF_PKTRING_CAPACITY_MAX, value);
	queuebase_shrink(e, q, (uint32_t)capacity, NF_QUEUEBASE_SMALLER);
	q->nb_drops += before - q->ring.len;
	rc = nf_pktring_resize(&q->ring, (uint32_t)capacity);
	if (rc < 0) {
		(void)nf_errors_add(errs, NULL, "out of memory for %s packets", value);
		return rc;
	}
	q->resized = true;
	if (q->ring.len < q->ring.capacity)
		nf_signal_wake(&q->space);
	else
		nf_signal_sleep(&q->space);
	return 0;
}

static int queuebase_reset_counts(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_queuebase *q = e->state;

	q->nb_drops = 0;
	q->highwater = 0;
	return 0;
}

static int queuebase_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_queuebase *q = e->state;

	queuebase_shrink(e, q, 0, NF_QUEUEBASE_RESET);
	if (q->ring.capacity > 0)
		nf_signal_wake(&q->space);
	return 0;
}

static int queuebase_read_config(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_queuebase *q = e->state;

	if (q->resized)
		nf_text_printf(out, "CAPACITY %u", q->ring.capacity);
	else
		nf_text_printf(out, "%s", e->args);
	return 0;
}

const struct nf_handler nf_queuebase_handlers[] = {
	NF_HANDLER_U32("length", struct nf_queuebase, ring.len),
	NF_HANDLER_U32("highwater_length", struct nf_queuebase, highwater),
	{ .name = "capacity",
		.read = nf_handler_read_u32,
		.write = queuebase_write_capacity,
		.arg = offsetof(struct nf_queuebase, ring.capacity) },
	NF_HANDLER_U64("drops", struct nf_queuebase, nb_drops),
	{ .name = "config", .read = queuebase_read_config },
	{ .name = "reset_counts", .write = queuebase_reset_counts, .flags = NF_HANDLER_BUTTON },
	{ .name = "reset", .write = queuebase_reset, .flags = NF_HANDLER_BUTTON },
	{ .name = NULL },
};
