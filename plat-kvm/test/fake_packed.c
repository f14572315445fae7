/* SPDX-License-Identifier: BSD-3-Clause */
/* The device's side of a packed virtqueue, virtio 1.2, 2.8, with checks of what the driver wrote.
 */
#include "plat-kvm/test/fake_virtio.h"

#define EVENT_ENABLE  0
#define EVENT_DISABLE 1
#define EVENT_DESC    2

static struct fake_packed_desc *packed_desc(const struct fake_virtio_queue *vq)
{
	return (void *)(uintptr_t)vq->addr.desc;
}

/* The wrap counter that goes with a running count of descriptors: 1 in the first round. */
static bool packed_wrap(const struct fake_virtio_queue *vq, uint64_t total)
{
	return ((total / vq->size) & 1) == 0;
}

static bool packed_is_avail(const struct fake_virtio_queue *vq, uint64_t total)
{
	uint16_t flags = UK_READ_ONCE(packed_desc(vq)[total % vq->size].flags);
	bool wrap = packed_wrap(vq, total);

	return !!(flags & FAKE_DESC_F_AVAIL) == wrap && !!(flags & FAKE_DESC_F_USED) != wrap;
}

/* 2.8.7 and 2.8.19: the table's descriptors follow each other, WRITE is the only flag. */
static bool packed_indirect(struct fake_virtio *fv, uint16_t q, struct fake_virtio_buf *b,
	const struct fake_packed_desc *head)
{
	const struct fake_packed_desc *t = (void *)(uintptr_t)head->addr;

	if (!fake_virtio_has(fv, UK_VIRTIO_F_INDIRECT_DESC)) {
		fake_virtio_fault(fv, "2.8.19", "queue %u: indirect, but not negotiated", q);
		return false;
	}
	if (head->flags & FAKE_DESC_F_NEXT || b->nb_desc > 1) {
		fake_virtio_fault(fv, "2.8.19", "queue %u: INDIRECT in a chain", q);
		return false;
	}
	if (head->len == 0 || head->len % 16) {
		fake_virtio_fault(
			fv, "2.8.7", "queue %u: indirect table of %u bytes", q, head->len);
		return false;
	}
	if (!fake_ring_desc_ok(fv, q, "2.8.7", head->addr, head->len))
		return false;
	for (uint32_t i = 0; i < head->len / 16; i++) {
		if (t[i].flags & ~FAKE_DESC_F_WRITE)
			fake_virtio_fault(
				fv, "2.8.19", "queue %u: flags 0x%04x in a table", q, t[i].flags);
		if (!fake_ring_seg_add(
			    fv, q, b, t[i].addr, t[i].len, t[i].flags & FAKE_DESC_F_WRITE))
			return false;
	}
	return true;
}

static bool packed_one(struct fake_virtio *fv, uint16_t q, struct fake_virtio_buf *b,
	const struct fake_packed_desc *d)
{
	const uint16_t known = FAKE_DESC_F_NEXT | FAKE_DESC_F_WRITE | FAKE_DESC_F_INDIRECT |
			       FAKE_DESC_F_AVAIL | FAKE_DESC_F_USED;

	b->nb_desc++;
	if (d->flags & ~known)
		fake_virtio_fault(fv, "2.8.1", "queue %u: descriptor flags 0x%04x", q, d->flags);
	if (d->flags & FAKE_DESC_F_INDIRECT)
		return packed_indirect(fv, q, b, d);
	return fake_ring_seg_add(fv, q, b, d->addr, d->len, d->flags & FAKE_DESC_F_WRITE);
}

static bool packed_id_claim(struct fake_virtio *fv, uint16_t q, uint16_t id)
{
	uint8_t *byte = &fv->q[q].id_taken[id / 8], bit = (uint8_t)(1u << (id % 8));

	if (*byte & bit) {
		fake_virtio_fault(fv, "2.8.6", "queue %u: buffer id %u is in use already", q, id);
		return false;
	}
	*byte |= bit;
	return true;
}

/* 2.8.6 and 2.8.17: all of a list is available before its first descriptor is; the id is in the
 * last. */
static bool packed_list(struct fake_virtio *fv, uint16_t q, struct fake_virtio_buf *b)
{
	struct fake_virtio_queue *vq = &fv->q[q];
	uint64_t total = vq->avail_total;

	b->pos = (uint16_t)(total % vq->size);
	for (;;) {
		if (vq->desc_held + b->nb_desc >= vq->size) {
			fake_virtio_fault(
				fv, "2.8.17", "queue %u: more descriptors than entries", q);
			return false;
		}
		if (!packed_is_avail(vq, total)) {
			fake_virtio_fault(fv, "2.8.17",
				"queue %u: entry %u of a list is not available", q,
				(unsigned)(total % vq->size));
			return false;
		}
		const struct fake_packed_desc d = packed_desc(vq)[total % vq->size];

		if (!packed_one(fv, q, b, &d))
			return false;
		total++;
		if (!(d.flags & FAKE_DESC_F_NEXT)) {
			b->id = d.id;
			return packed_id_claim(fv, q, d.id);
		}
	}
}

static void packed_check_event(struct fake_virtio *fv, uint16_t q)
{
	const struct fake_packed_event *e = (void *)(uintptr_t)fv->q[q].addr.driver;
	uint16_t flags = UK_READ_ONCE(e->flags);
	bool desc_ok = fake_virtio_has(fv, UK_VIRTIO_F_EVENT_IDX);

	if (flags > EVENT_DESC || (flags == EVENT_DESC && !desc_ok))
		fake_virtio_fault(fv, "2.8.10", "queue %u: event flags 0x%04x", q, flags);
	if (flags == EVENT_DESC && (UK_READ_ONCE(e->off_wrap) & 0x7fff) >= fv->q[q].size)
		fake_virtio_fault(fv, "2.8.10", "queue %u: event offset beyond the ring", q);
}

void fake_packed_pull(struct fake_virtio *fv, uint16_t q)
{
	struct fake_virtio_queue *vq = &fv->q[q];

	packed_check_event(fv, q);
	while (vq->desc_held < vq->size && packed_is_avail(vq, vq->avail_total)) {
		struct fake_virtio_buf *b = fake_ring_buf_new(fv, q);

		if (b == NULL)
			return;
		if (!packed_list(fv, q, b)) {
			fake_ring_buf_drop(fv, q, b);
			fake_virtio_needs_reset(fv);
			return;
		}
		vq->avail_total += b->nb_desc;
		fake_ring_hold(fv, q, b);
	}
}

/*
 * A used descriptor at the place of the first of nb_desc. The first one since the last publish
 * keeps its flags back, so that the driver sees all or nothing (2.8.9).
 */
void fake_packed_used(struct fake_virtio *fv, uint16_t q, const struct fake_virtio_buf *b,
	uint32_t nb_desc, uint32_t len)
{
	struct fake_virtio_queue *vq = &fv->q[q];
	uint16_t pos = (uint16_t)(vq->used_total % vq->size);
	uint16_t flags = packed_wrap(vq, vq->used_total) ? FAKE_DESC_F_AVAIL | FAKE_DESC_F_USED : 0;
	struct fake_packed_desc *d = &packed_desc(vq)[pos];

	if (b->in_len != 0)
		flags |= FAKE_DESC_F_WRITE;
	d->id = b->id;
	d->len = len;
	if (!vq->first_pending) {
		vq->first_pending = true;
		vq->first_pos = pos;
		vq->first_flags = flags;
	} else {
		UK_WRITE_ONCE(d->flags, flags);
	}
	vq->used_total += nb_desc;
}

/* 2.8.10: the driver's event suppression decides on the interrupt. */
bool fake_packed_publish(struct fake_virtio *fv, uint16_t q)
{
	struct fake_virtio_queue *vq = &fv->q[q];
	const struct fake_packed_event *e = (void *)(uintptr_t)vq->addr.driver;
	uint64_t old = vq->shown_total;

	if (!vq->first_pending)
		return false;
	uk_wmb();
	UK_WRITE_ONCE(packed_desc(vq)[vq->first_pos].flags, vq->first_flags);
	uk_mb();
	vq->first_pending = false;
	vq->shown_total = vq->used_total;

	uint16_t flags = UK_READ_ONCE(e->flags) & 3, off_wrap = UK_READ_ONCE(e->off_wrap);

	if (flags != EVENT_DESC)
		return flags == EVENT_ENABLE;
	for (uint64_t t = old; t < vq->used_total; t++) {
		if (t % vq->size == (off_wrap & 0x7fff) && packed_wrap(vq, t) == (off_wrap >> 15))
			return true;
	}
	return false;
}

void fake_packed_event(struct fake_virtio *fv, uint16_t q)
{
	struct fake_virtio_queue *vq = &fv->q[q];
	struct fake_packed_event *e = (void *)(uintptr_t)vq->addr.device;

	vq->event_any = !fake_virtio_has(fv, UK_VIRTIO_F_EVENT_IDX);
	if (vq->event_off) {
		UK_WRITE_ONCE(e->flags, EVENT_DISABLE);
		return;
	}
	UK_WRITE_ONCE(e->off_wrap, (uint16_t)((vq->event_total % vq->size) |
					      (packed_wrap(vq, vq->event_total) ? 0x8000 : 0)));
	uk_wmb();
	UK_WRITE_ONCE(e->flags, vq->event_any ? EVENT_ENABLE : EVENT_DESC);
}
