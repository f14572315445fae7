/* SPDX-License-Identifier: BSD-3-Clause */
/* The device's side of a split virtqueue, virtio 1.2, 2.7, with checks of what the driver wrote. */
#include "plat-kvm/test/fake_virtio.h"

#include <string.h>

static struct fake_split_desc *split_desc(const struct fake_virtio_queue *vq)
{
	return (void *)(uintptr_t)vq->addr.desc;
}

static struct fake_split_avail *split_avail(const struct fake_virtio_queue *vq)
{
	return (void *)(uintptr_t)vq->addr.driver;
}

static struct fake_split_used *split_used(const struct fake_virtio_queue *vq)
{
	return (void *)(uintptr_t)vq->addr.device;
}

/* used_event stands behind the available ring, avail_event behind the used ring (2.7.6, 2.7.8). */
static uint16_t *split_used_event(const struct fake_virtio_queue *vq)
{
	return &split_avail(vq)->ring[vq->size];
}

static uint16_t *split_avail_event(const struct fake_virtio_queue *vq)
{
	return (uint16_t *)(void *)&split_used(vq)->ring[vq->size];
}

/* 2.7.5.3.1: an indirect table is read to its end. */
static bool split_indirect(struct fake_virtio *fv, uint16_t q, struct fake_virtio_buf *b,
	const struct fake_split_desc *head)
{
	const struct fake_split_desc *t = (void *)(uintptr_t)head->addr;
	uint32_t nb = head->len / 16, i = 0;

	if (!fake_virtio_has(fv, UK_VIRTIO_F_INDIRECT_DESC)) {
		fake_virtio_fault(fv, "2.7.5.3.1", "queue %u: indirect, but not negotiated", q);
		return false;
	}
	if (head->len == 0 || head->len % 16) {
		fake_virtio_fault(
			fv, "2.7.5.3", "queue %u: indirect table of %u bytes", q, head->len);
		return false;
	}
	if (!fake_ring_desc_ok(fv, q, "2.7.5.3", head->addr, head->len))
		return false;
	for (uint32_t steps = 0;; steps++) {
		const struct fake_split_desc d = t[i];

		if (d.flags & ~(FAKE_DESC_F_NEXT | FAKE_DESC_F_WRITE)) {
			fake_virtio_fault(
				fv, "2.7.5.3.1", "queue %u: flags 0x%04x in a table", q, d.flags);
			return false;
		}
		if (!fake_ring_seg_add(fv, q, b, d.addr, d.len, d.flags & FAKE_DESC_F_WRITE))
			return false;
		if (!(d.flags & FAKE_DESC_F_NEXT))
			return true;
		if (d.next >= nb || steps >= nb) {
			fake_virtio_fault(
				fv, "2.7.5.3", "queue %u: next %u in a table of %u", q, d.next, nb);
			return false;
		}
		if (fake_virtio_has(fv, UK_VIRTIO_F_IN_ORDER) && d.next != i + 1)
			fake_virtio_fault(fv, "2.7.5.3.1",
				"queue %u: in-order table, next %u after %u", q, d.next, i);
		i = d.next;
	}
}

static bool split_flags_ok(struct fake_virtio *fv, uint16_t q, uint16_t flags)
{
	if (flags & ~(FAKE_DESC_F_NEXT | FAKE_DESC_F_WRITE | FAKE_DESC_F_INDIRECT)) {
		fake_virtio_fault(fv, "2.7.5", "queue %u: descriptor flags 0x%04x", q, flags);
		return false;
	}
	if ((flags & FAKE_DESC_F_INDIRECT) && (flags & FAKE_DESC_F_NEXT)) {
		fake_virtio_fault(fv, "2.7.5.3.1", "queue %u: INDIRECT together with NEXT", q);
		return false;
	}
	return true;
}

/* A descriptor may be part of one chain that the device holds, and once (loops). */
static bool split_claim(struct fake_virtio *fv, uint16_t q, uint16_t i)
{
	struct fake_virtio_queue *vq = &fv->q[q];

	if (i >= vq->size) {
		fake_virtio_fault(
			fv, "2.7.5", "queue %u: descriptor %u of a table of %u", q, i, vq->size);
		return false;
	}
	if (vq->desc_taken[i]) {
		fake_virtio_fault(
			fv, "2.7.5.2", "queue %u: descriptor %u is in use (loop or reuse)", q, i);
		return false;
	}
	vq->desc_taken[i] = 1;
	return true;
}

static bool split_chain(
	struct fake_virtio *fv, uint16_t q, uint16_t head, struct fake_virtio_buf *b)
{
	struct fake_virtio_queue *vq = &fv->q[q];
	bool in_order = fake_virtio_has(fv, UK_VIRTIO_F_IN_ORDER);

	for (uint16_t i = head;;) {
		if (!split_claim(fv, q, i))
			return false;
		const struct fake_split_desc d = split_desc(vq)[i];

		b->nb_desc++;
		if (!split_flags_ok(fv, q, d.flags))
			return false;
		if (d.flags & FAKE_DESC_F_INDIRECT)
			return split_indirect(fv, q, b, &d);
		if (!fake_ring_seg_add(fv, q, b, d.addr, d.len, d.flags & FAKE_DESC_F_WRITE))
			return false;
		if (!(d.flags & FAKE_DESC_F_NEXT))
			return true;
		if (in_order && d.next != (i + 1) % vq->size)
			fake_virtio_fault(fv, "2.7.5.2", "queue %u: in-order, next %u after %u", q,
				d.next, i);
		i = d.next;
	}
}

static bool split_take_one(struct fake_virtio *fv, uint16_t q)
{
	struct fake_virtio_queue *vq = &fv->q[q];
	uint16_t head = split_avail(vq)->ring[vq->avail_total % vq->size];
	struct fake_virtio_buf *b = fake_ring_buf_new(fv, q);

	if (b == NULL) {
		fake_virtio_fault(fv, "2.7.13.1", "queue %u: more buffers than entries", q);
		return false;
	}
	b->id = b->pos = head;
	if (fake_virtio_has(fv, UK_VIRTIO_F_IN_ORDER) && head != vq->in_order_next)
		fake_virtio_fault(fv, "2.7.5", "queue %u: in-order, head %u instead of %u", q, head,
			vq->in_order_next);
	if (!split_chain(fv, q, head, b)) {
		fake_ring_buf_drop(fv, q, b);
		return false;
	}
	vq->in_order_next = (uint16_t)((head + b->nb_desc) % vq->size);
	fake_ring_hold(fv, q, b);
	vq->avail_total++;
	return true;
}

static void split_check_flags(struct fake_virtio *fv, uint16_t q)
{
	const struct fake_virtio_queue *vq = &fv->q[q];
	uint16_t flags = UK_READ_ONCE(split_avail(vq)->flags);

	if (fake_virtio_has(fv, UK_VIRTIO_F_EVENT_IDX) ? flags != 0 : flags > 1)
		fake_virtio_fault(fv, "2.7.7.1", "queue %u: available flags 0x%04x", q, flags);
	if (split_used(vq)->idx != (uint16_t)vq->shown_total)
		fake_virtio_fault(fv, "2.7.8", "queue %u: the driver wrote into the used ring", q);
}

void fake_split_pull(struct fake_virtio *fv, uint16_t q)
{
	struct fake_virtio_queue *vq = &fv->q[q];
	uint16_t idx = UK_READ_ONCE(split_avail(vq)->idx);
	uint16_t new = (uint16_t)(idx - (uint16_t)vq->avail_total);

	split_check_flags(fv, q);
	if (new > vq->size - vq->nb_held) {
		fake_virtio_fault(fv, "2.7.6.1", "queue %u: index %u after %u, %u of %u in use", q,
			idx, (uint16_t)vq->avail_total, vq->nb_held, vq->size);
		fake_virtio_needs_reset(fv);
		return;
	}
	for (; new > 0; new --) {
		if (!split_take_one(fv, q)) {
			fake_virtio_needs_reset(fv);
			return;
		}
	}
}

/* Forgets a chain's descriptors and checks that the driver left them alone meanwhile. */
void fake_split_free(struct fake_virtio *fv, uint16_t q, const struct fake_virtio_buf *b)
{
	struct fake_virtio_queue *vq = &fv->q[q];
	uint16_t i = b->pos;

	for (uint16_t n = 0; n < b->nb_desc; n++) {
		const struct fake_split_desc *d = &split_desc(vq)[i];

		vq->desc_taken[i] = 0;
		if (!(d->flags & FAKE_DESC_F_INDIRECT) && n < b->nb_seg &&
			(d->addr != (uintptr_t)b->seg[n].addr || d->len != b->seg[n].len)) {
			fake_virtio_fault(
				fv, "2.7.13.1", "queue %u: descriptor %u changed in use", q, i);
			break;
		}
		i = d->next % vq->size;
	}
	/* After a fault the chain may read differently: free what is left the slow way. */
	if (fv->nb_faults != 0 || fv->conf.hostile) {
		memset(vq->desc_taken, 0, vq->size);
		for (uint16_t n = 0; n < vq->nb_held; n++)
			vq->desc_taken[vq->fifo[(vq->head + n) % vq->size]->pos % vq->size] = 1;
	}
}

/* One used entry stands for nb buffers (in-order batches write only the last one's, at the first's
 * place). */
void fake_split_used(struct fake_virtio *fv, uint16_t q, const struct fake_virtio_buf *b,
	uint16_t nb, uint32_t len)
{
	struct fake_virtio_queue *vq = &fv->q[q];

	split_used(vq)->ring[vq->used_total % vq->size] =
		(struct fake_split_used_elem){ b->id, len };
	vq->used_total += nb;
}

/* 2.7.7.2: an interrupt when the flag is clear, or when used_event was passed. */
bool fake_split_publish(struct fake_virtio *fv, uint16_t q)
{
	struct fake_virtio_queue *vq = &fv->q[q];
	uint16_t old = (uint16_t)vq->shown_total, new = (uint16_t)vq->used_total;

	if (vq->used_total == vq->shown_total)
		return false;
	uk_wmb();
	UK_WRITE_ONCE(split_used(vq)->idx, new);
	uk_mb();
	vq->shown_total = vq->used_total;
	if (!fake_virtio_has(fv, UK_VIRTIO_F_EVENT_IDX))
		return !(UK_READ_ONCE(split_avail(vq)->flags) & 1);
	return (uint16_t)(new - UK_READ_ONCE(*split_used_event(vq)) - 1) < (uint16_t)(new - old);
}

/* 2.7.10.2: the flag without EVENT_IDX; with it, avail_event, kept behind when none is wanted. */
void fake_split_event(struct fake_virtio *fv, uint16_t q)
{
	struct fake_virtio_queue *vq = &fv->q[q];

	vq->event_any = false;
	if (!fake_virtio_has(fv, UK_VIRTIO_F_EVENT_IDX)) {
		UK_WRITE_ONCE(split_used(vq)->flags, vq->event_off ? 1 : 0);
		vq->event_any = true;
		return;
	}
	UK_WRITE_ONCE(*split_avail_event(vq),
		(uint16_t)(vq->event_off ? vq->event_total - 1 : vq->event_total));
}
