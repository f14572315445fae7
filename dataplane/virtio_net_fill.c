/* SPDX-License-Identifier: BSD-3-Clause */
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

/*
 * Split: a descriptor of receive keeps its place in the available ring, and mostly its buffer too
 * (the pool hands out in the order of return), so its line is only written where something differs
 * and stays shared else.
 */
UK_INLINE void fill_put_split(struct vnet_cursor *c, struct uk_vring_avail *avail, uint64_t addr,
	uint32_t len, uint16_t id)
{
	struct uk_vring_desc *d = &c->desc[id];
	uint64_t rest = len | (uint64_t)UK_VRING_F_WRITE << 32;

	if (d->addr != addr)
		d->addr = addr;
	if (d->rest != rest)
		d->rest = rest;
	c->head++;
	c->nb_free--;
	vnet_cursor_offer(c, avail, id);
}

UK_INLINE void fill_put(
	struct vnet_ring *r, struct vnet_cursor *c, struct uk_netbuf *nb, const bool packed)
{
	uint16_t id = vnet_cursor_id(c, packed);
	uint64_t addr;
	uint32_t len;

	if (UK_UNLIKELY((uk_netbuf_headroom(nb) < VNET_HDR_LEN) |
			(vnet_room(nb) - VNET_ETH_HLEN > INT32_MAX)))
		fill_make_room(nb);
	uk_netbuf_own(nb, UK_NETBUF_OWNER_APP, UK_NETBUF_OWNER_DRIVER);
	if (UK_UNLIKELY(r->sw[id] != NULL))
		id = fill_other_id(r);
	r->sw[id] = nb;
	addr = (uintptr_t)nb->data - VNET_HDR_LEN;
	len = vnet_room(nb) + VNET_HDR_LEN;
	if (packed)
		vnet_cursor_put(c, addr, len, UK_VRING_F_WRITE, id, true);
	else
		fill_put_split(c, r->avail, addr, len, id);
}

void uk_virtio_net_fill_post(struct uk_netdev_rx_queue *q, struct uk_netbuf *nb)
{
	struct vnet_cursor c;

	vnet_cursor_load(&c, &q->ring);
	if (q->ring.packed)
		fill_put(&q->ring, &c, nb, true);
	else
		fill_put(&q->ring, &c, nb, false);
	vnet_cursor_store(&c, &q->ring);
}

/* Asks the application for one batch. False: it gave less. */
UK_INLINE bool fill_batch(struct uk_netdev_rx_queue *q, const bool packed)
{
	struct uk_netbuf *v[UK_BURST_MAX];
	struct vnet_ring *r = &q->ring;
	uint16_t want = r->nb_free < UK_BURST_MAX ? r->nb_free : UK_BURST_MAX, got;
	struct vnet_cursor c;

	vnet_cursor_load(&c, r);
	if (packed)
		vnet_prefetch_ring(&c, want, true);
	got = q->alloc(q->alloc_argp, v, want);
	for (uint32_t i = 0; i < got; i++)
		fill_put(r, &c, v[i], packed);
	vnet_cursor_store(&c, r);
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
