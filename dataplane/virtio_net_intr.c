/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/virtio_net_ring.h"
#include "plat-kvm/irq.h"

static void intr_apply_split(struct vnet_ring *r)
{
	if (!r->event_idx) {
		UK_WRITE_ONCE(r->avail->flags, r->armed ? 0 : UK_VRING_AVAIL_NO_INTERRUPT);
		return;
	}
	r->event_mark = r->tail;
	UK_WRITE_ONCE(r->avail->ring[r->size], (uint16_t)(r->armed ? r->tail : r->tail - 1));
}

static void intr_apply_packed(struct vnet_ring *r)
{
	uint32_t flags = UK_VRING_EVENT_DISABLE, off_wrap = r->tail | (uint32_t)r->tail_wrap << 15;

	if (r->armed)
		flags = r->event_idx ? UK_VRING_EVENT_DESC : UK_VRING_EVENT_ENABLE;
	if (flags != UK_VRING_EVENT_DESC)
		off_wrap = 0;
	UK_WRITE_ONCE(*(uint32_t *)r->drv_event, off_wrap | flags << 16);
}

/* 2.7.7, 2.8.14. */
void uk_virtio_net_intr_apply(struct vnet_ring *r)
{
	if (r->packed)
		intr_apply_packed(r);
	else
		intr_apply_split(r);
}

/* Whether the device has used something that receive has not taken. */
static bool intr_waiting(const struct vnet_ring *r)
{
	if (!r->packed)
		return UK_READ_ONCE(r->used->idx) != r->tail;
	if (r->in_order && r->seen != r->done)
		return true;
	return r->nb_free < r->size &&
	       uk_vring_is_used(UK_READ_ONCE(r->desc[r->tail].rest), r->tail_wrap);
}

static void intr_set(struct vnet_ring *r, bool on)
{
	r->armed = on;
	uk_virtio_net_intr_apply(r);
}

/* The barrier's partner is the device's between writing used entries and reading whether to
 * interrupt. */
int uk_virtio_net_intr_enable(struct uk_netdev *dev, uint16_t q)
{
	struct vnet_ring *r = &dev->rxq[q]->ring;

	dev->rxq[q]->fired = false;
	intr_set(r, true);
	uk_mb();
	if (!intr_waiting(r))
		return 0;
	intr_set(r, false);
	return 1;
}

int uk_virtio_net_intr_disable(struct uk_netdev *dev, uint16_t q)
{
	intr_set(&dev->rxq[q]->ring, false);
	return 0;
}

/* All queues share one vector: who is armed may have packets. */
static void intr_poll(struct uk_virtio_net *vn)
{
	if (vn->vector < 0 || !uk_irq_pending((unsigned)vn->vector))
		return;
	vn->vd->ops->isr_ack(vn->vd);
	for (uint16_t i = 0; i < vn->nb_pairs; i++)
		vn->dev.rxq[i]->fired |= vn->dev.rxq[i]->ring.armed;
}

bool uk_virtio_net_intr_fired(struct uk_netdev *dev, uint16_t q)
{
	struct uk_netdev_rx_queue *rxq = dev->rxq[q];

	intr_poll(vnet_of(dev));
	if (!rxq->fired)
		return false;
	rxq->fired = false;
	intr_set(&rxq->ring, false);
	return true;
}
