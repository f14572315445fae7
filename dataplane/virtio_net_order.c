/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices with IN_ORDER (virtio 1.2, 2.7.9 and 2.8.8) may report a batch of buffers by the last
 * one's id alone, at the place of the batch's first entry. Here that becomes one entry per buffer
 * again, in the driver's own memory.
 */
#include "dataplane/virtio_net_ring.h"

/* A buffer that was skipped counts as used completely. */
static uint64_t order_full(const struct vnet_ring *r, uint16_t id)
{
	const struct uk_netbuf *nb = r->sw[id];
	uint64_t len = vnet_room(nb) + VNET_HDR_LEN;

	return id | len << 32;
}

/* Entries of the batch from position `pos` to the one of `id`, whose length the device gave. False:
 * out of range. */
static bool order_batch(
	struct vnet_ring *r, uint16_t pos, uint32_t id, uint64_t len, uint16_t max, uint16_t *nb)
{
	if (id >= r->size)
		return false;
	*nb = 0;
	do {
		if (*nb == max || r->sw[pos] == NULL)
			return false;
		(*nb)++;
		r->order[pos] = pos == id ? id | len << 32 : order_full(r, pos);
		if (pos == id)
			return true;
		pos = (uint16_t)(pos + 1 == r->size ? 0 : pos + 1);
	} while (true);
}

bool uk_virtio_net_order_split(struct vnet_ring *r, uint16_t used_idx)
{
	while (r->seen != used_idx) {
		uint64_t e = vnet_ring_used(r->used->ring, r->seen & r->mask);
		uint16_t nb;

		if (!order_batch(r, r->seen & r->mask, (uint32_t)e, e >> 32,
			    (uint16_t)(used_idx - r->seen), &nb))
			return false;
		r->seen += nb;
	}
	return true;
}

bool uk_virtio_net_order_packed(struct vnet_ring *r)
{
	uint16_t in_flight = (uint16_t)(r->size - r->nb_free);

	while ((uint16_t)(r->seen - r->done) < in_flight) {
		uint64_t rest = UK_READ_ONCE(r->desc[r->order_pos].rest);
		uint16_t nb;

		if (!uk_vring_is_used(rest, r->order_wrap))
			break;
		if (!order_batch(r, r->order_pos, rest >> 32 & 0xffff, (uint32_t)rest,
			    (uint16_t)(in_flight - (uint16_t)(r->seen - r->done)), &nb))
			return false;
		r->seen += nb;
		if ((uint32_t)r->order_pos + nb >= r->size) {
			r->order_pos -= r->size;
			r->order_wrap = !r->order_wrap;
		}
		r->order_pos += nb;
	}
	return true;
}

/* The oldest buffer in flight: descriptors in flight are one run that ends before head. */
static uint16_t order_oldest(const struct vnet_ring *r)
{
	uint16_t in_flight = (uint16_t)(r->size - r->nb_free);
	uint32_t head = r->packed ? r->head : r->head & r->mask;

	return (uint16_t)(head >= in_flight ? head - in_flight : head + r->size - in_flight);
}

/* Takes the oldest buffer back; returns its descriptors, 0: there is none. */
static uint16_t order_take(struct uk_netdev_tx_queue *q, uint16_t id)
{
	struct uk_netbuf *nb = q->ring.sw[id];
	uint16_t nb_desc;

	if (q->ring.nb_free == q->ring.size || nb == NULL)
		return 0;
	q->ring.sw[id] = NULL;
	nb_desc = uk_virtio_net_tx_release(q, nb, id);
	q->ring.nb_free += nb_desc;
	return nb_desc;
}

/* Split: as many buffers as the index moved; which ones is known, the entries need not be read. */
static bool order_reclaim_split(struct uk_netdev_tx_queue *q)
{
	struct vnet_ring *r = &q->ring;
	uint16_t n = (uint16_t)(UK_READ_ONCE(r->used->idx) - r->tail);

	if (n > (uint16_t)(r->avail_idx - r->tail))
		return false;
	for (; n > 0; n--) {
		if (order_take(q, order_oldest(r)) == 0)
			return false;
		r->tail++;
	}
	vnet_ring_event_behind(r);
	return true;
}

/* Packed: all buffers up to the id that stands at tail. */
static bool order_reclaim_packed(struct uk_netdev_tx_queue *q)
{
	struct vnet_ring *r = &q->ring;

	while (r->nb_free < r->size) {
		uint64_t rest = UK_READ_ONCE(r->desc[r->tail].rest);
		uint16_t last = rest >> 32 & 0xffff, id;

		if (!uk_vring_is_used(rest, r->tail_wrap))
			break;
		do {
			uint16_t nb_desc;

			id = order_oldest(r);
			nb_desc = order_take(q, id);
			if (nb_desc == 0)
				return false;
			vnet_ring_advance(r, nb_desc, true);
		} while (id != last);
	}
	return true;
}

bool uk_virtio_net_order_reclaim(struct uk_netdev_tx_queue *q)
{
	return q->ring.packed ? order_reclaim_packed(q) : order_reclaim_split(q);
}
