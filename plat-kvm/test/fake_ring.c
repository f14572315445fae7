/* SPDX-License-Identifier: BSD-3-Clause */
/* What split and packed rings share on the device's side: buffers in hand, checks, doorbells. */
#include "plat-kvm/test/fake_virtio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "plat-kvm/test/fake_mem.h"
#include "plat-kvm/test/fake_plat.h"

static void *ring_zalloc(size_t nb, size_t size)
{
	void *p = calloc(nb, size);

	if (p == NULL)
		fake_plat_fail("out of memory");
	return p;
}

bool fake_ring_desc_ok(
	struct fake_virtio *fv, uint16_t q, const char *section, uint64_t addr, uint64_t len)
{
	const char *why;

	if (fake_mem_ok(addr, len, &why))
		return true;
	fake_virtio_fault(fv, section, "queue %u: memory 0x%llx+%llu is given to the device: %s", q,
		(unsigned long long)addr, (unsigned long long)len, why);
	return false;
}

struct fake_virtio_buf *fake_ring_buf_new(struct fake_virtio *fv, uint16_t q)
{
	struct fake_virtio_queue *vq = &fv->q[q];

	if (vq->nb_spare == 0)
		return NULL;
	struct fake_virtio_buf *b = vq->spare[--vq->nb_spare];
	struct fake_virtio_seg *seg = b->seg;
	uint16_t cap = b->cap_seg;

	memset(b, 0, sizeof(*b));
	b->seg = seg;
	b->cap_seg = cap;
	return b;
}

void fake_ring_buf_drop(struct fake_virtio *fv, uint16_t q, struct fake_virtio_buf *b)
{
	fv->q[q].spare[fv->q[q].nb_spare++] = b;
}

/* Adds one piece of a buffer and checks it: order of read and write, length, memory. */
bool fake_ring_seg_add(struct fake_virtio *fv, uint16_t q, struct fake_virtio_buf *b, uint64_t addr,
	uint32_t len, bool device_writes)
{
	const char *section = fake_virtio_has(fv, UK_VIRTIO_F_RING_PACKED) ? "2.8.17" : "2.7.4.2";

	if (b->nb_seg == fv->q[q].size) {
		fake_virtio_fault(fv, "2.7.5.3.1", "queue %u: a buffer of more than %u pieces", q,
			fv->q[q].size);
		return false;
	}
	if (!device_writes && b->nb_seg > b->nb_out) {
		fake_virtio_fault(
			fv, section, "queue %u: a readable piece follows a writable one", q);
		return false;
	}
	if (len == 0) {
		/* No MUST of its own, but QEMU stops a device for it ("zero sized buffers"). */
		fake_virtio_fault(fv, section, "queue %u: an empty piece", q);
		return false;
	}
	if (!fake_ring_desc_ok(fv, q, section, addr, len))
		return false;
	if (b->nb_seg == b->cap_seg) {
		b->cap_seg = b->cap_seg ? b->cap_seg * 2 : 4;
		b->seg = realloc(b->seg, b->cap_seg * sizeof(b->seg[0]));
		if (b->seg == NULL)
			fake_plat_fail("out of memory");
	}
	b->seg[b->nb_seg++] = (struct fake_virtio_seg){ (uint8_t *)(uintptr_t)addr, len };
	if (device_writes) {
		b->in_len += len;
	} else {
		b->nb_out++;
		b->out_len += len;
	}
	if (b->in_len + b->out_len > UINT32_MAX)
		fake_virtio_fault(fv, "2.7.5.2", "queue %u: a buffer of more than 2^32 bytes", q);
	return true;
}

void fake_ring_hold(struct fake_virtio *fv, uint16_t q, struct fake_virtio_buf *b)
{
	struct fake_virtio_queue *vq = &fv->q[q];

	vq->fifo[(vq->head + vq->nb_held) % vq->size] = b;
	vq->nb_held++;
	vq->desc_held += b->nb_desc;
}

/* 2.7.1 and 2.8.11: alignment of the parts; 2.7: a split ring's size is a power of two. */
static bool ring_parts_ok(
	struct fake_virtio *fv, uint16_t q, uint16_t size, const struct uk_virtio_queue_addr *a)
{
	bool packed = fake_virtio_has(fv, UK_VIRTIO_F_RING_PACKED);
	unsigned event = fake_virtio_has(fv, UK_VIRTIO_F_EVENT_IDX) ? 2 : 0;
	const char *section = packed ? "2.8.11" : "2.7.1";

	if (!packed && (size & (size - 1))) {
		fake_virtio_fault(fv, "2.7", "queue %u: split ring of %u entries", q, size);
		return false;
	}
	if ((a->desc & 15) || (a->driver & (packed ? 3 : 1)) || (a->device & 3)) {
		fake_virtio_fault(fv, section, "queue %u: a part of the ring is not aligned", q);
		return false;
	}
	return fake_ring_desc_ok(fv, q, section, a->desc, 16ull * size) &&
	       fake_ring_desc_ok(fv, q, section, a->driver, packed ? 4 : 4ull + 2 * size + event) &&
	       fake_ring_desc_ok(fv, q, section, a->device, packed ? 4 : 4ull + 8 * size + event);
}

static void ring_check_zero(struct fake_virtio *fv, uint16_t q)
{
	const struct uk_virtio_queue_addr *a = &fv->q[q].addr;
	const uint16_t *used = (void *)(uintptr_t)a->device;

	if (fake_virtio_has(fv, UK_VIRTIO_F_RING_PACKED)) {
		const struct fake_packed_desc *d = (void *)(uintptr_t)a->desc;

		/* Buffers may be there already, but nothing that looks used by a wrap counter of 1.
		 */
		for (uint16_t i = 0; i < fv->q[q].size; i++) {
			if (d[i].flags & FAKE_DESC_F_USED) {
				fake_virtio_fault(
					fv, "2.8.13", "queue %u: the ring is not zeroed", q);
				break;
			}
		}
	} else if (used[0] != 0 || used[1] != 0) {
		fake_virtio_fault(fv, "2.7.10.1", "queue %u: the used ring is not zeroed", q);
	}
}

int fake_ring_enable(
	struct fake_virtio *fv, uint16_t q, uint16_t size, const struct uk_virtio_queue_addr *addr)
{
	struct fake_virtio_queue *vq = &fv->q[q];

	if (vq->enabled) {
		fake_virtio_fault(fv, "4.1.4.3.2", "queue %u is enabled twice", q);
		return -EBUSY;
	}
	if (!ring_parts_ok(fv, q, size, addr))
		return -EINVAL;
	vq->addr = *addr;
	vq->size = size;
	vq->fifo = ring_zalloc(size, sizeof(vq->fifo[0]));
	vq->bufs = ring_zalloc(size, sizeof(vq->bufs[0]));
	vq->spare = ring_zalloc(size, sizeof(vq->spare[0]));
	vq->desc_taken = ring_zalloc(size, 1);
	vq->id_taken = ring_zalloc(65536 / 8, 1);
	for (uint16_t i = 0; i < size; i++)
		vq->spare[i] = &vq->bufs[i];
	vq->nb_spare = size;
	vq->enabled = true;
	ring_check_zero(fv, q);
	fake_virtio_rearm(fv, q);
	return 0;
}

void fake_ring_disable(struct fake_virtio *fv, uint16_t q)
{
	struct fake_virtio_queue *vq = &fv->q[q];
	uint64_t nb_kicks = vq->nb_kicks, nb_irqs = vq->nb_irqs;

	for (uint16_t i = 0; i < vq->size; i++)
		free(vq->bufs[i].seg);
	free(vq->fifo);
	free(vq->bufs);
	free(vq->spare);
	free(vq->desc_taken);
	free(vq->id_taken);
	memset(vq, 0, sizeof(*vq));
	vq->vector = -1;
	vq->nb_kicks = nb_kicks;
	vq->nb_irqs = nb_irqs;
}

uint16_t fake_virtio_pull(struct fake_virtio *fv, uint16_t q)
{
	struct fake_virtio_queue *vq = &fv->q[q];

	if (q >= FAKE_VIRTIO_QUEUES_MAX || !vq->enabled || !(fv->status & UK_VIRTIO_S_DRIVER_OK))
		return 0;
	if (fake_virtio_has(fv, UK_VIRTIO_F_RING_PACKED))
		fake_packed_pull(fv, q);
	else
		fake_split_pull(fv, q);
	return vq->nb_held;
}

struct fake_virtio_buf *fake_virtio_held(struct fake_virtio *fv, uint16_t q, uint16_t i)
{
	struct fake_virtio_queue *vq = &fv->q[q];

	if (i >= vq->nb_held)
		fake_plat_fail("buffer %u is asked for, queue %u holds %u", i, q, vq->nb_held);
	return vq->fifo[(vq->head + i) % vq->size];
}

/* Takes the i-th buffer out of the fifo; those before it move up. */
static struct fake_virtio_buf *ring_take(struct fake_virtio *fv, uint16_t q, uint16_t i)
{
	struct fake_virtio_queue *vq = &fv->q[q];
	struct fake_virtio_buf *b = fake_virtio_held(fv, q, i);

	for (; i > 0; i--)
		vq->fifo[(vq->head + i) % vq->size] = vq->fifo[(vq->head + i - 1) % vq->size];
	vq->head = (uint16_t)((vq->head + 1) % vq->size);
	vq->nb_held--;
	vq->desc_held -= b->nb_desc;
	return b;
}

static void ring_release(struct fake_virtio *fv, uint16_t q, struct fake_virtio_buf *b)
{
	if (fake_virtio_has(fv, UK_VIRTIO_F_RING_PACKED))
		fv->q[q].id_taken[b->id / 8] &= (uint8_t) ~(1u << (b->id % 8));
	else
		fake_split_free(fv, q, b);
	fake_ring_buf_drop(fv, q, b);
}

void fake_virtio_use(struct fake_virtio *fv, uint16_t q, uint16_t i, uint32_t len)
{
	struct fake_virtio_buf *b = ring_take(fv, q, i);

	if (fake_virtio_has(fv, UK_VIRTIO_F_RING_PACKED))
		fake_packed_used(fv, q, b, b->nb_desc, len);
	else
		fake_split_used(fv, q, b, 1, len);
	ring_release(fv, q, b);
}

void fake_virtio_use_batch(struct fake_virtio *fv, uint16_t q, uint16_t n, uint32_t len)
{
	struct fake_virtio_buf *b = NULL;
	uint32_t nb_desc = 0;

	if (!fake_virtio_has(fv, UK_VIRTIO_F_IN_ORDER) || n == 0)
		fake_plat_fail("a batch of used buffers needs IN_ORDER and a buffer");
	for (uint16_t i = 0; i < n; i++) {
		if (b != NULL)
			ring_release(fv, q, b);
		b = ring_take(fv, q, 0);
		nb_desc += b->nb_desc;
	}
	if (fake_virtio_has(fv, UK_VIRTIO_F_RING_PACKED))
		fake_packed_used(fv, q, b, nb_desc, len);
	else
		fake_split_used(fv, q, b, n, len);
	ring_release(fv, q, b);
}

void fake_ring_irq(struct fake_virtio *fv, uint16_t q)
{
	int v = fv->conf.shared_irq ? fv->shared_vector : fv->q[q].vector;

	fv->q[q].nb_irqs++;
	fv->isr |= UK_VIRTIO_ISR_QUEUE;
	if (v >= 0)
		fake_plat_irq_raise((unsigned)v);
}

void fake_virtio_publish(struct fake_virtio *fv, uint16_t q)
{
	bool irq = fake_virtio_has(fv, UK_VIRTIO_F_RING_PACKED) ? fake_packed_publish(fv, q)
								: fake_split_publish(fv, q);

	if (irq)
		fake_ring_irq(fv, q);
}

void fake_virtio_rearm(struct fake_virtio *fv, uint16_t q)
{
	struct fake_virtio_queue *vq = &fv->q[q];

	if (!vq->enabled)
		return;
	vq->event_off = fv->conf.polls;
	vq->event_total = vq->avail_total;
	if (fake_virtio_has(fv, UK_VIRTIO_F_RING_PACKED))
		fake_packed_event(fv, q);
	else
		fake_split_event(fv, q);
}

/*
 * Whether one of the numbers [from, to) is the one the device armed. What stands in memory repeats:
 * 65536 buffers of a split ring, two rounds of a packed one.
 */
static bool ring_event_passed(const struct fake_virtio *fv, const struct fake_virtio_queue *vq,
	uint64_t from, uint64_t to)
{
	bool packed = fake_virtio_has(fv, UK_VIRTIO_F_RING_PACKED);
	uint64_t period = packed ? 2ull * vq->size : 65536;
	uint64_t event = vq->event_total;

	if (vq->event_any || from == to)
		return !vq->event_off && from != to;
	if (vq->event_off && packed)
		return false;
	if (vq->event_off)
		event--;
	return (event % period + period - from % period) % period < to - from;
}

/* 2.7.10.1 and 2.8.21.3.1: rung when asked for, not rung when not, once is enough. */
void fake_virtio_kick_check(struct fake_virtio *fv, uint16_t q)
{
	struct fake_virtio_queue *vq = &fv->q[q];
	const char *section =
		fake_virtio_has(fv, UK_VIRTIO_F_RING_PACKED) ? "2.8.21.3.1" : "2.7.10.1";

	if (!vq->enabled || !fake_virtio_live(fv))
		return;
	fake_virtio_pull(fv, q);
	bool must = ring_event_passed(fv, vq, vq->kick_total, vq->avail_total);

	if (must && vq->kicks == 0)
		fake_virtio_fault(fv, section, "queue %u: %llu made available, doorbell not rung",
			q, (unsigned long long)(vq->avail_total - vq->kick_total));
	if (!must && vq->kicks != 0)
		fake_virtio_fault(
			fv, section, "queue %u: doorbell rung that is suppressed (SHOULD)", q);
	if (vq->kicks > 1)
		fake_virtio_fault(fv, section, "queue %u: doorbell rung %u times", q, vq->kicks);
	vq->kick_total = vq->avail_total;
	vq->kicks = 0;
	if (fv->conf.polls)
		fake_virtio_rearm(fv, q);
}

void fake_virtio_bad_used(struct fake_virtio *fv, uint16_t q, uint32_t id, uint32_t len)
{
	struct fake_virtio_buf b = { .id = (uint16_t)id, .nb_desc = 1 };
	struct fake_split_used *u = (void *)(uintptr_t)fv->q[q].addr.device;

	if (!fv->q[q].enabled)
		return;
	if (fake_virtio_has(fv, UK_VIRTIO_F_RING_PACKED)) {
		fake_packed_used(fv, q, &b, 1, len);
	} else {
		fake_split_used(fv, q, &b, 1, len);
		u->ring[(fv->q[q].used_total - 1) % fv->q[q].size].id = id;
	}
	fake_virtio_publish(fv, q);
}

void fake_virtio_bad_jump(struct fake_virtio *fv, uint16_t q, uint16_t delta)
{
	if (!fv->q[q].enabled)
		return;
	if (fake_virtio_has(fv, UK_VIRTIO_F_RING_PACKED)) {
		for (uint16_t i = 0; i < delta; i++)
			fake_virtio_bad_used(fv, q, i, 0);
		return;
	}
	fv->q[q].used_total += delta;
	fake_virtio_publish(fv, q);
}
