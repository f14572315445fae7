/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "dataplane/virtio_net_ring.h"

uint16_t uk_virtio_net_queue_max(struct uk_virtio_net *vn, uint16_t index)
{
	uint16_t max;

	if (index < UK_ARRAY_SIZE(vn->queue_max) && vn->queue_max[index] != 0)
		return vn->queue_max[index];
	max = vn->vd->ops->queue_max(vn->vd, index);
	if (max > 32768)
		max = 32768; /* 2.7, 2.8: the largest a queue can be */
	if (!vnet_has(vn, UK_VIRTIO_F_RING_PACKED)) {
		while (max & (max - 1))
			max &= max - 1; /* 2.7: a power of two */
	}
	if (index < UK_ARRAY_SIZE(vn->queue_max))
		vn->queue_max[index] = max;
	return max;
}

/* 5.1.2: behind all pairs that the device has, if MQ was negotiated. */
uint16_t uk_virtio_net_queue_ctrl_index(const struct uk_virtio_net *vn)
{
	return vnet_has(vn, VNET_F_MQ) ? 2 * vn->dev_pairs : 2;
}

/* Size of a ring: what was asked for, else the boot option, else the default; as large as the
 * device allows. */
static uint16_t queue_size(struct uk_virtio_net *vn, uint16_t index, uint16_t asked)
{
	uint16_t max = uk_virtio_net_queue_max(vn, index), size = asked;

	if (size == 0)
		size = vn->ring_size ? vn->ring_size : VNET_RING_DEFAULT;
	while (!vnet_has(vn, UK_VIRTIO_F_RING_PACKED) && (size & (size - 1)))
		size &= size - 1;
	return size < max ? size : max;
}

/*
 * One block: descriptors, then each part that another side writes on cache lines of its own. Split:
 * flags and idx end a line so that the entries begin one; the available entries hardly ever change
 * and their lines stay shared. Returns the size up to the place for `nb_hdrs` packet headers.
 */
static size_t ring_layout(struct uk_virtio_queue_addr *addr, uint16_t size, bool packed)
{
	size_t off = UK_ALIGN_UP((size_t)size * sizeof(struct uk_vring_desc), UK_CACHE_LINE);

	addr->desc = 0;
	if (packed) {
		addr->driver = off;
		addr->device = off + UK_CACHE_LINE;
		return off + 2 * UK_CACHE_LINE;
	}
	addr->driver = off + UK_CACHE_LINE - sizeof(struct uk_vring_avail);
	off = UK_ALIGN_UP(
		addr->driver + sizeof(struct uk_vring_avail) + 2u * size + 2, UK_CACHE_LINE);
	addr->device = off + UK_CACHE_LINE - sizeof(struct uk_vring_used);
	return UK_ALIGN_UP(
		addr->device + sizeof(struct uk_vring_used) + 8u * size + 2, UK_CACHE_LINE);
}

static void ring_place(struct vnet_ring *r)
{
	uint8_t *mem = r->mem;

	r->desc = (struct uk_vring_desc *)mem;
	r->avail = (struct uk_vring_avail *)(mem + r->addr.driver);
	r->used = (struct uk_vring_used *)(mem + r->addr.device);
	r->addr.desc += (uintptr_t)mem;
	r->addr.driver += (uintptr_t)mem;
	r->addr.device += (uintptr_t)mem;
}

/* Memory of a ring, with `extra` bytes at its end that the device reads or writes too. */
static int ring_create(struct vnet_ring *r, struct uk_virtio_net *vn, uint16_t index, uint16_t size,
	size_t extra, void **extra_mem)
{
	size_t bytes;

	size = queue_size(vn, index, size);
	if (size == 0)
		return -EIO; /* the device has no such queue */
	r->vn = vn;
	r->index = index;
	r->size = size;
	r->mask = (uint16_t)(size - 1);
	r->packed = vnet_has(vn, UK_VIRTIO_F_RING_PACKED);
	r->mem_bytes = bytes = ring_layout(&r->addr, size, r->packed);
	if (posix_memalign(&r->mem, UK_CACHE_LINE, bytes + extra * size) != 0)
		return -ENOMEM;
	r->sw = calloc(size, sizeof(*r->sw));
	r->order = vnet_has(vn, UK_VIRTIO_F_IN_ORDER) ? calloc(size, sizeof(*r->order)) : NULL;
	if (r->sw == NULL || (r->order == NULL && vnet_has(vn, UK_VIRTIO_F_IN_ORDER)))
		goto undo_mem;
	if (extra_mem != NULL)
		*extra_mem = (uint8_t *)r->mem + bytes;
	ring_place(r);
	return 0;
undo_mem:
	free(r->order);
	free(r->sw);
	free(r->mem);
	return -ENOMEM;
}

static void ring_destroy(struct vnet_ring *r)
{
	free(r->order);
	free(r->sw);
	free(r->mem);
}

static void *queue_alloc(size_t bytes)
{
	void *p;

	if (posix_memalign(&p, UK_CACHE_LINE, bytes) != 0)
		return NULL;
	return memset(p, 0, bytes);
}

int uk_virtio_net_queue_rx_create(struct uk_virtio_net *vn, uint16_t q, uint16_t size,
	const struct uk_netdev_rxqueue_conf *conf)
{
	struct uk_netdev_rx_queue *rxq = queue_alloc(sizeof(*rxq));
	int rc;

	if (rxq == NULL)
		return -ENOMEM;
	rc = ring_create(&rxq->ring, vn, (uint16_t)(2 * q), size, 0, NULL);
	if (rc < 0) {
		free(rxq);
		return rc;
	}
	rxq->ring.thresh = rxq->ring.size / 4 < 32 ? (uint16_t)(rxq->ring.size / 4) : 32;
	if (rxq->ring.thresh == 0)
		rxq->ring.thresh = 1;
	if (conf != NULL) {
		rxq->alloc = conf->alloc_rxpkts;
		rxq->alloc_argp = conf->alloc_rxpkts_argp;
		rxq->fetch = (uint8_t)conf->fetch;
	}
	vn->dev.rxq[q] = rxq;
	return 0;
}

int uk_virtio_net_queue_tx_create(struct uk_virtio_net *vn, uint16_t q, uint16_t size)
{
	struct uk_netdev_tx_queue *txq = queue_alloc(sizeof(*txq));
	void *hdrs;
	int rc;

	if (txq == NULL)
		return -ENOMEM;
	rc = ring_create(
		&txq->ring, vn, (uint16_t)(2 * q + 1), size, sizeof(struct vnet_hdr), &hdrs);
	if (rc < 0)
		goto undo_queue;
	txq->hdrs = hdrs;
	/* Reclaim while more than this many are in flight: seldom enough, and few buffers go round.
	 */
	txq->ring.thresh = txq->ring.size > 64 ? (uint16_t)(txq->ring.size - 64) : txq->ring.size;
	txq->nb_desc = calloc(txq->ring.size, sizeof(*txq->nb_desc));
	rc = -ENOMEM;
	if (txq->nb_desc == NULL)
		goto undo_ring;
	vn->dev.txq[q] = txq;
	return 0;
undo_ring:
	ring_destroy(&txq->ring);
undo_queue:
	free(txq);
	return rc;
}

int uk_virtio_net_queue_ctrl_create(struct uk_virtio_net *vn)
{
	void *buf;
	int rc;

	rc = ring_create(&vn->ctrl.ring, vn, uk_virtio_net_queue_ctrl_index(vn), VNET_RING_CTRL,
		sizeof(struct vnet_ctrl_buf), &buf);
	if (rc == 0)
		vn->ctrl.buf = buf;
	return rc;
}

/* A ring as both sides have it after a reset: empty, indices 0, wrap counters 1 (2.7, 2.8.1),
 * interrupts as wanted. */
static void ring_reset(struct vnet_ring *r)
{
	memset(r->mem, 0, r->mem_bytes);
	r->first = NULL;
	r->head = r->tail = r->avail_idx = r->seen = r->done = 0;
	r->nb_free = r->size;
	r->avail_flags = UK_VRING_F_AVAIL;
	r->tail_wrap = r->order_wrap = true;
	r->order_pos = 0;
	r->event_idx = vnet_has(r->vn, UK_VIRTIO_F_EVENT_IDX);
	r->in_order = vnet_has(r->vn, UK_VIRTIO_F_IN_ORDER);
	for (uint16_t i = 0; !r->packed && i < r->size; i++)
		r->avail->ring[i] = i;
	uk_virtio_net_intr_apply(r);
}

static void rxq_restart(struct uk_netdev_rx_queue *q)
{
	struct vnet_ring *r = &q->ring;
	uint16_t nb = 0;

	uk_virtio_net_merge_drop(q);
	for (uint16_t i = 0; i < r->size; i++) {
		struct uk_netbuf *buf = r->sw[i];

		r->sw[i] = NULL;
		if (buf != NULL)
			r->sw[nb++] = buf;
	}
	ring_reset(r);
	q->mrg_mask = vnet_has(r->vn, VNET_F_MRG_RXBUF) ? 0xffff : 0;
	for (uint16_t i = 0; i < nb; i++) {
		struct uk_netbuf *buf = r->sw[i];

		r->sw[i] = NULL;
		uk_netbuf_own(buf, UK_NETBUF_OWNER_DRIVER, UK_NETBUF_OWNER_APP);
		uk_virtio_net_fill_post(q, buf);
	}
}

static void txq_drain(struct uk_netdev_tx_queue *q)
{
	for (uint16_t i = 0; i < q->ring.size; i++) {
		struct uk_netbuf *nb = q->ring.sw[i];

		q->ring.sw[i] = NULL;
		if (nb != NULL)
			uk_virtio_net_tx_release(q, nb, i);
	}
}

static void txq_restart(struct uk_netdev_tx_queue *q)
{
	txq_drain(q);
	ring_reset(&q->ring);
	q->len_span = vnet_has(q->ring.vn, VNET_F_MTU) ? q->ring.vn->mtu : UINT16_MAX;
}

void uk_virtio_net_queue_restart(struct uk_virtio_net *vn)
{
	for (uint16_t i = 0; i < vn->nb_pairs; i++) {
		rxq_restart(vn->dev.rxq[i]);
		txq_restart(vn->dev.txq[i]);
	}
	if (vnet_has(vn, VNET_F_CTRL_VQ)) {
		ring_reset(&vn->ctrl.ring);
		vn->ctrl.dead = false;
	}
}

static void rxq_drain(struct uk_netdev_rx_queue *q)
{
	uk_virtio_net_merge_drop(q);
	for (uint16_t i = 0; i < q->ring.size; i++) {
		struct uk_netbuf *nb = q->ring.sw[i];

		q->ring.sw[i] = NULL;
		if (nb == NULL)
			continue;
		uk_netbuf_own(nb, UK_NETBUF_OWNER_DRIVER, UK_NETBUF_OWNER_APP);
		uk_netbuf_free(nb);
	}
}

void uk_virtio_net_queue_drain(struct uk_virtio_net *vn)
{
	for (uint16_t i = 0; i < vn->nb_pairs; i++) {
		if (vn->dev.rxq[i] != NULL)
			rxq_drain(vn->dev.rxq[i]);
		if (vn->dev.txq[i] != NULL)
			txq_drain(vn->dev.txq[i]);
	}
}

/* All queues, empty as they are, back to the heap. */
void uk_virtio_net_queue_destroy(struct uk_virtio_net *vn)
{
	for (uint16_t i = 0; i < UK_NETDEV_QUEUES_MAX; i++) {
		if (vn->dev.rxq[i] != NULL)
			ring_destroy(&vn->dev.rxq[i]->ring);
		if (vn->dev.txq[i] != NULL) {
			ring_destroy(&vn->dev.txq[i]->ring);
			free(vn->dev.txq[i]->nb_desc);
		}
		free(vn->dev.rxq[i]);
		free(vn->dev.txq[i]);
		vn->dev.rxq[i] = NULL;
		vn->dev.txq[i] = NULL;
	}
	ring_destroy(&vn->ctrl.ring);
	memset(&vn->ctrl, 0, sizeof(vn->ctrl));
}
