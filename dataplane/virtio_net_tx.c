/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "dataplane/virtio_net_ring.h"

#define TX_TAG 1u /* in sw: not simple, or more than one descriptor */

struct tx_part {
	uint64_t addr;
	uint32_t len;
};

uint16_t uk_virtio_net_tx_release(
	struct uk_netdev_tx_queue *q, struct uk_netbuf *tagged, uint16_t id)
{
	struct uk_netbuf *nb = (struct uk_netbuf *)((uintptr_t)tagged & ~(uintptr_t)TX_TAG);
	uint16_t nb_desc = (uintptr_t)tagged & TX_TAG ? q->nb_desc[id] : 1;

	for (struct uk_netbuf *p = nb; UK_DEBUG && p != NULL; p = p->next)
		uk_netbuf_own(p, UK_NETBUF_OWNER_DRIVER, UK_NETBUF_OWNER_APP);
	uk_netbuf_free(nb);
	return nb_desc;
}

/* Buffers on their way back to a pool; its counter is written once per run of buffers. */
struct tx_pool_run {
	struct uk_netbuf_pool *pool;
	struct uk_netbuf **stack;
	uint32_t nb_free;
};

UK_INLINE void tx_run_end(struct tx_pool_run *run)
{
	if (run->pool != NULL)
		run->pool->nb_free = run->nb_free;
	run->pool = NULL;
}

UK_INLINE void tx_run_put(struct tx_pool_run *run, struct uk_netbuf *nb)
{
	if (UK_UNLIKELY(nb->pool != run->pool)) {
		tx_run_end(run);
		run->pool = nb->pool;
		run->stack = nb->pool->stack;
		run->nb_free = nb->pool->nb_free;
	}
	uk_netbuf_own(nb, UK_NETBUF_OWNER_DRIVER, UK_NETBUF_OWNER_POOL);
	run->stack[run->nb_free++] = nb;
}

/* Takes back what was sent as `id`. Returns its descriptors, 0: nothing is in flight there. */
UK_INLINE uint16_t tx_complete(struct uk_netdev_tx_queue *q, struct uk_netbuf **sw, uint32_t size,
	uint32_t id, struct tx_pool_run *run)
{
	struct uk_netbuf *nb;

	if (UK_UNLIKELY(id >= size))
		return 0;
	nb = sw[id];
	if (UK_UNLIKELY(nb == NULL))
		return 0;
	sw[id] = NULL;
	if (UK_LIKELY(!((uintptr_t)nb & TX_TAG))) {
		tx_run_put(run, nb);
		return 1;
	}
	tx_run_end(run);
	return uk_virtio_net_tx_release(q, nb, (uint16_t)id);
}

UK_INLINE bool tx_reclaim_split(struct uk_netdev_tx_queue *q, struct tx_pool_run *run)
{
	struct vnet_ring *r = &q->ring;
	struct uk_netbuf **const sw = r->sw;
	const uint32_t *const used = r->used->ring;
	const uint16_t size = r->size, mask = r->mask;
	uint16_t tail = r->tail, nb_free = r->nb_free;
	uint16_t n = (uint16_t)(UK_READ_ONCE(r->used->idx) - tail);

	if (UK_UNLIKELY(n > (uint16_t)(r->avail_idx - tail)))
		return false;
	uk_rmb(); /* partner: the device writes entries, then idx (2.7.8.2) */
	vnet_prefetch_entries(r, n);
	for (; n > 0; n--) {
		uint32_t id = UK_READ_ONCE(used[2 * (tail & mask)]);
		uint16_t nb_desc = tx_complete(q, sw, size, id, run);

		if (UK_UNLIKELY(nb_desc == 0))
			return false;
		nb_free += nb_desc;
		tail++;
	}
	r->tail = tail;
	r->nb_free = nb_free;
	vnet_ring_event_behind(r);
	return true;
}

UK_INLINE bool tx_reclaim_packed(struct uk_netdev_tx_queue *q, struct tx_pool_run *run)
{
	struct vnet_ring *r = &q->ring;
	struct uk_netbuf **const sw = r->sw;
	const struct uk_vring_desc *const desc = r->desc;
	const uint16_t size = r->size;
	uint16_t tail = r->tail, nb_free = r->nb_free;
	bool wrap = r->tail_wrap, ok = true;

	if (nb_free < r->thresh)
		vnet_prefetch_used(r);
	while (nb_free < size) {
		uint64_t rest = UK_READ_ONCE(desc[tail].rest);
		uint16_t nb_desc;

		if (!uk_vring_is_used(rest, wrap))
			break;
		nb_desc = tx_complete(q, sw, size, rest >> 32 & 0xffff, run);
		ok = nb_desc > 0;
		if (UK_UNLIKELY(!ok))
			break;
		nb_free += nb_desc;
		tail += nb_desc;
		if (UK_UNLIKELY(tail >= size)) {
			tail -= size;
			wrap = !wrap;
		}
	}
	r->tail = tail;
	r->tail_wrap = wrap;
	r->nb_free = nb_free;
	return ok;
}

/* Takes back everything that the device is done with. */
UK_INLINE bool tx_reclaim(struct uk_netdev_tx_queue *q, const bool packed)
{
	struct tx_pool_run run = { NULL, NULL, 0 };
	bool ok;

	if (UK_UNLIKELY(q->ring.in_order))
		return uk_virtio_net_order_reclaim(q);
	ok = packed ? tx_reclaim_packed(q, &run) : tx_reclaim_split(q, &run);
	tx_run_end(&run);
	return ok;
}

/* Shorter than a header of Ethernet, or longer than the MTU allows (5.1.4.2; segmented by the
 * device: any length). */
static bool tx_len_bad(
	const struct uk_netdev_tx_queue *q, const struct uk_netbuf *nb, uint32_t total)
{
	if (total < VNET_ETH_HLEN)
		return true;
	return nb->gso_type == UK_NETBUF_GSO_NONE && total - VNET_ETH_HLEN > q->len_span;
}

/* Whether the next n descriptors are free: an earlier buffer may still hold one if the device is
 * out of order. */
static bool tx_room(const struct vnet_ring *r, uint16_t n)
{
	uint32_t pos = r->packed ? r->head : r->head & r->mask;

	if (n > r->nb_free)
		return false;
	for (; n > 0; n--) {
		if (r->sw[pos] != NULL)
			return false;
		if (++pos == r->size)
			pos = 0;
	}
	return true;
}

/* Parts of the packet that hold data. */
static uint32_t tx_count(const struct uk_netbuf *nb)
{
	uint32_t n = 0;

	for (; nb != NULL; nb = nb->next)
		n += nb->len > 0;
	return n;
}

/* The header goes in front of the data where that is the packet's own memory, else it is a
 * descriptor of its own. */
static bool tx_own_room(const struct uk_netbuf *nb)
{
	return nb->refcnt == 1 && !(nb->flags & UK_NETBUF_F_INDIRECT) &&
	       uk_netbuf_headroom(nb) >= VNET_HDR_LEN;
}

static void tx_drop(struct uk_netdev_tx_queue *q, struct uk_netbuf *nb)
{
	q->stats.errors++;
	uk_netbuf_free(nb);
}

static void tx_emit(struct uk_netdev_tx_queue *q, struct uk_netbuf *nb, const struct vnet_hdr *h,
	uint16_t nb_desc)
{
	struct vnet_ring *r = &q->ring;
	const bool own = tx_own_room(nb);
	struct vnet_cursor c;
	uint16_t id, left = nb_desc;

	vnet_cursor_load(&c, r);
	id = vnet_cursor_id(&c, r->packed);
	q->nb_desc[id] = nb_desc;
	r->sw[id] = (struct uk_netbuf *)((uintptr_t)nb | TX_TAG);
	if (!r->packed)
		vnet_cursor_offer(&c, r->avail, id);
	if (!own) {
		q->hdrs[id] = *h;
		vnet_cursor_put(&c, (uintptr_t)&q->hdrs[id], VNET_HDR_LEN,
			--left ? UK_VRING_F_NEXT : 0, id, r->packed);
	} else {
		memcpy(nb->data - VNET_HDR_LEN, h, VNET_HDR_LEN); /* the address may be odd */
	}
	for (const struct uk_netbuf *p = nb; p != NULL; p = p->next) {
		uint32_t front = own && p == nb ? VNET_HDR_LEN : 0;

		uk_netbuf_own((struct uk_netbuf *)(uintptr_t)p, UK_NETBUF_OWNER_APP,
			UK_NETBUF_OWNER_DRIVER);
		if (p->len + front > 0)
			vnet_cursor_put(&c, (uintptr_t)p->data - front, p->len + front,
				--left ? UK_VRING_F_NEXT : 0, id, r->packed);
	}
	vnet_cursor_store(&c, r);
}

/*
 * A packet that is not simple: chained, shared, with work for the device, without head room, or of
 * a bad length. True: taken (or dropped and counted, when no device could send it); false: no room
 * in the ring.
 */
static __attribute__((noinline)) bool tx_slow(struct uk_netdev_tx_queue *q, struct uk_netbuf *nb)
{
	uint32_t total = uk_netbuf_pkt_len(nb), nb_desc = tx_count(nb);
	struct vnet_hdr h;

	nb_desc += !tx_own_room(nb) || nb->len == 0;
	if (tx_len_bad(q, nb, total) || nb_desc > q->ring.size ||
		uk_virtio_net_hdr_fill(&h, nb, total, q->ring.vn->vd->features) < 0) {
		tx_drop(q, nb);
		return true;
	}
	if (!tx_room(&q->ring, (uint16_t)nb_desc))
		return false;
	tx_emit(q, nb, &h, (uint16_t)nb_desc);
	q->stats.packets++;
	q->stats.bytes += total;
	return true;
}

/* A zero header, written only where it is not zero already, so that an unchanged line stays shared.
 */
UK_INLINE void tx_zero_hdr(uint8_t *hdr)
{
	uint64_t a;
	uint32_t b;

	__builtin_memcpy(&a, hdr, 8);
	__builtin_memcpy(&b, hdr + 8, 4);
	if (UK_UNLIKELY((a | b) != 0)) {
		__builtin_memset(hdr, 0, 8);
		__builtin_memset(hdr + 8, 0, 4);
	}
}

/* The usual packet: one part, unshared, no work for the device, room for its header in front, a
 * length that it takes. */
UK_INLINE bool tx_usual(
	const struct uk_netbuf *nb, const uint8_t *data, uint32_t len, uint32_t len_span)
{
	return UK_LIKELY(uk_netbuf_is_simple(nb)) && UK_LIKELY(data - nb->buf >= VNET_HDR_LEN) &&
	       UK_LIKELY(len - VNET_ETH_HLEN <= len_span);
}

/* How many packets at the front of v are usual and find a descriptor of the run free; their headers
 * are made zero. */
UK_INLINE uint32_t tx_prepare(
	struct uk_netdev_tx_queue *q, const struct vnet_run *run, struct uk_netbuf *v[])
{
	const uint32_t len_span = q->len_span;
	uint64_t bytes = 0;
	uint32_t i;

	for (i = 0; i < run->n; i++) {
		const struct uk_netbuf *nb = v[i];
		uint8_t *data = nb->data;
		uint32_t len = nb->len;

		if (UK_UNLIKELY(run->sw[i] != NULL || !tx_usual(nb, data, len, len_span)))
			break;
		bytes += len;
		tx_zero_hdr(data - VNET_HDR_LEN);
	}
	q->stats.bytes += bytes;
	q->stats.packets += i;
	return i;
}

/*
 * Puts usual packets on the ring while descriptors in a row are free; returns how many. One pass
 * for each thing that is written (headers, sw, descriptors): stores that go to the same line one
 * after the other leave the core together, those that take turns between lines one by one.
 */
UK_INLINE uint16_t tx_put_run(
	struct uk_netdev_tx_queue *q, struct uk_netbuf *v[], uint16_t n, const bool packed)
{
	struct vnet_ring *r = &q->ring;
	struct vnet_run run = vnet_run_open(r, n, (uintptr_t)v[0]->data - VNET_HDR_LEN, packed);
	uint32_t k = tx_prepare(q, &run, v);

	memcpy(run.sw, v, k * sizeof(*v));
	for (uint32_t i = 0; i < k; i++) {
		struct uk_netbuf *nb = v[i];

		uk_netbuf_own(nb, UK_NETBUF_OWNER_APP, UK_NETBUF_OWNER_DRIVER);
		vnet_run_put(&run, i, (uintptr_t)nb->data - VNET_HDR_LEN, nb->len + VNET_HDR_LEN, 0,
			packed);
	}
	vnet_run_close(r, &run, (uint16_t)k, packed);
	return (uint16_t)k;
}

/* Puts packets on the ring until one does not fit; returns how many. */
UK_INLINE uint16_t tx_put_all(
	struct uk_netdev_tx_queue *q, struct uk_netbuf *v[], uint16_t n, const bool packed)
{
	uint16_t done = 0, k;

	while (done < n) {
		k = tx_put_run(q, v + done, n - done, packed);
		done += k;
		/* None: no free descriptor, which the slow way finds too, or not a usual packet. */
		if (k == 0 && !tx_slow(q, v[done]))
			break;
		done += k == 0;
	}
	return done;
}

static __attribute__((noinline)) int tx_broken(struct uk_netdev_tx_queue *q, uint16_t *cnt)
{
	q->stats.errors++;
	*cnt = 0;
	return uk_virtio_net_recover_broken(
		&q->ring, "a transmit buffer came back that it does not hold");
}

/* Nothing to send: only what was sent comes back. */
UK_INLINE int tx_none(struct uk_netdev_tx_queue *q, uint16_t *cnt, const bool packed)
{
	if (UK_UNLIKELY(!tx_reclaim(q, packed)))
		return tx_broken(q, cnt);
	return q->ring.nb_free ? UK_NETDEV_STATUS_MORE : 0;
}

UK_INLINE int tx_burst(
	struct uk_netdev_tx_queue *q, struct uk_netbuf *v[], uint16_t *cnt, const bool packed)
{
	struct vnet_ring *r = &q->ring;
	uint16_t n = *cnt, old, nb_free;

	if (UK_UNLIKELY(n == 0))
		return tx_none(q, cnt, packed);
	/* The last condition: a device that is out of order may have freed others, but not the
	 * next. */
	if (r->nb_free < r->thresh || r->nb_free < n ||
		r->sw[packed ? r->head : r->head & r->mask] != NULL) {
		if (UK_UNLIKELY(!tx_reclaim(q, packed)))
			return tx_broken(q, cnt);
	}
	old = r->avail_idx;
	nb_free = r->nb_free;
	n = tx_put_all(q, v, n, packed);
	*cnt = n;
	if (UK_UNLIKELY(r->nb_free == nb_free)) {
		q->stats.empty += n == 0;
		return n ? UK_NETDEV_STATUS_SUCCESS | UK_NETDEV_STATUS_MORE : 0;
	}
	q->stats.bursts++;
	vnet_ring_publish(r, packed);
	if (UK_UNLIKELY(vnet_ring_wants_kick(r, old, (uint16_t)(nb_free - r->nb_free), packed))) {
		q->stats.notify++;
		vnet_ring_kick(r);
	}
	return UK_NETDEV_STATUS_SUCCESS | (r->nb_free ? UK_NETDEV_STATUS_MORE : 0);
}

int uk_virtio_net_tx_split(struct uk_netdev_tx_queue *q, struct uk_netbuf *v[], uint16_t *cnt)
{
	return tx_burst(q, v, cnt, false);
}

int uk_virtio_net_tx_packed(struct uk_netdev_tx_queue *q, struct uk_netbuf *v[], uint16_t *cnt)
{
	return tx_burst(q, v, cnt, true);
}

/* While the link is down nothing is taken: buffers stay the caller's. */
int uk_virtio_net_tx_no_link(struct uk_netdev_tx_queue *q, struct uk_netbuf *v[], uint16_t *cnt)
{
	(void)v;
	q->stats.empty++;
	*cnt = 0;
	return 0;
}
