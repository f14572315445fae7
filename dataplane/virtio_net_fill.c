/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "dataplane/virtio_net_ring.h"

/* The device works out of order and the descriptor whose turn it is has not come back: any other
 * free id. */
static __attribute__((noinline)) uint16_t fill_other_id(const struct vnet_ring *r)
{
	uint16_t id = 0;

	while (r->sw[id] != NULL) /* ends: the caller has a free descriptor */
		id++;
	return id;
}

/* For a buffer that is not as the pools make them: its data moves back behind the device's header.
 */
static __attribute__((noinline)) void fill_make_room(struct uk_netbuf *nb)
{
	if (uk_netbuf_headroom(nb) < VNET_HDR_LEN)
		nb->data = nb->buf + VNET_HDR_LEN;
	UK_ASSERT(
		nb->buflen >= uk_netbuf_headroom(nb) + VNET_ETH_HLEN); /* too small for any frame */
}

/* What the device gets of a buffer: its header, then the room of the frame. */
UK_INLINE void fill_part(struct uk_netbuf *nb, uint64_t *addr, uint32_t *len)
{
	if (UK_UNLIKELY((uk_netbuf_headroom(nb) < VNET_HDR_LEN) |
			(vnet_room(nb) - VNET_ETH_HLEN > INT32_MAX)))
		fill_make_room(nb);
	uk_netbuf_own(nb, UK_NETBUF_OWNER_APP, UK_NETBUF_OWNER_DRIVER);
	*addr = (uintptr_t)nb->data - VNET_HDR_LEN;
	*len = vnet_room(nb) + VNET_HDR_LEN;
}

/* Posts one buffer at the head, under whatever id is free. */
static __attribute__((noinline)) void fill_one(struct vnet_ring *r, struct uk_netbuf *nb)
{
	struct vnet_cursor c;
	uint64_t addr;
	uint32_t len;
	uint16_t id;

	vnet_cursor_load(&c, r);
	id = vnet_cursor_id(&c, r->packed);
	if (r->sw[id] != NULL)
		id = fill_other_id(r);
	r->sw[id] = nb;
	fill_part(nb, &addr, &len);
	if (r->packed) {
		vnet_cursor_put(&c, addr, len, UK_VRING_F_WRITE, id, true);
	} else {
		r->desc[id].addr = addr;
		r->desc[id].rest = len | (uint64_t)UK_VRING_F_WRITE << 32;
		c.head++;
		c.nb_free--;
		vnet_cursor_offer(&c, r->avail, id);
	}
	vnet_cursor_store(&c, r);
}

void uk_virtio_net_fill_post(struct uk_netdev_rx_queue *q, struct uk_netbuf *nb)
{
	fill_one(&q->ring, nb);
}

/* Posts buffers while descriptors in a row are free; returns how many. One pass for each thing that
 * is written, as in transmit. */
UK_INLINE uint16_t fill_run(
	struct vnet_ring *r, struct uk_netbuf *v[], uint16_t n, const bool packed)
{
	struct vnet_run run = vnet_run_open(r, n, (uintptr_t)v[0]->data - VNET_HDR_LEN, packed);
	uint32_t k = 0;

	while (k < run.n && UK_LIKELY(run.sw[k] == NULL))
		k++;
	memcpy(run.sw, v, k * sizeof(*v));
	for (uint32_t i = 0; i < k; i++) {
		uint64_t addr;
		uint32_t len;

		fill_part(v[i], &addr, &len);
		vnet_run_put(&run, i, addr, len, UK_VRING_F_WRITE, packed);
	}
	vnet_run_close(r, &run, (uint16_t)k, packed);
	return (uint16_t)k;
}

/* Asks the application for one batch. False: it gave less. */
UK_INLINE bool fill_batch(struct uk_netdev_rx_queue *q, const bool packed)
{
	struct uk_netbuf *v[UK_BURST_MAX];
	struct vnet_ring *r = &q->ring;
	uint16_t want = vnet_least(r->nb_free, UK_BURST_MAX), got, done = 0, k;

	got = q->alloc(q->alloc_argp, v, want);
	while (done < got) {
		k = fill_run(r, v + done, got - done, packed);
		done += k;
		if (k == 0) /* the device works out of order and still has the next one */
			fill_one(r, v[done++]);
	}
	q->stats.nombuf += got < want;
	return got == want;
}

UK_INLINE int fill_ring(struct uk_netdev_rx_queue *q, uint16_t least, const bool packed)
{
	struct vnet_ring *r = &q->ring;
	uint16_t old = r->avail_idx, nb_free = r->nb_free;
	bool enough = true;

	while (r->nb_free >= least && enough)
		enough = fill_batch(q, packed);
	if (UK_LIKELY(r->nb_free != nb_free)) {
		vnet_ring_publish(r, packed);
		if (UK_UNLIKELY(vnet_ring_wants_kick(
			    r, old, (uint16_t)(nb_free - r->nb_free), packed))) {
			q->stats.notify++;
			vnet_ring_kick(r);
		}
	}
	return enough ? 0 : UK_NETDEV_STATUS_UNDERRUN;
}

int uk_virtio_net_fill_split(struct uk_netdev_rx_queue *q, uint16_t least)
{
	return fill_ring(q, least, false);
}

int uk_virtio_net_fill_packed(struct uk_netdev_rx_queue *q, uint16_t least)
{
	return fill_ring(q, least, true);
}

void uk_virtio_net_fill_start(struct uk_netdev_rx_queue *q)
{
	while (q->alloc != NULL && q->ring.nb_free > 0) {
		if (!(q->ring.packed ? fill_batch(q, true) : fill_batch(q, false)))
			break;
	}
	if (q->ring.packed)
		vnet_ring_publish(&q->ring, true);
	else
		vnet_ring_publish(&q->ring, false);
}
