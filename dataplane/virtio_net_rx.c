/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/virtio_net_ring.h"

/* Used entries beyond tail, at most `want`, after a look at the index if fewer are known; -1: more
 * than can be. */
UK_INLINE int rx_known_split(struct vnet_ring *r, uint16_t want)
{
	uint16_t known = (uint16_t)(r->seen - r->tail), idx, n;

	if (known >= want)
		return want;
	idx = UK_READ_ONCE(r->used->idx);
	n = (uint16_t)(idx - r->tail);
	if (UK_UNLIKELY(n > (uint16_t)(r->avail_idx - r->tail) || n < known))
		return -1;
	uk_rmb(); /* partner: the device writes entries, then idx (2.7.8.2) */
	if (UK_UNLIKELY(r->in_order) && !uk_virtio_net_order_split(r, idx))
		return -1;
	r->seen = idx;
	return n < want ? n : want;
}

/*
 * Takes the buffer in flight as `id`; its len is the device's word until it was checked. The used
 * entry was read once, so the device can not change it after the check. NULL: nothing is in flight
 * there.
 */
UK_INLINE struct uk_netbuf *rx_take(struct vnet_ring *r, uint32_t id, uint32_t len, const bool hdr)
{
	struct uk_netbuf *nb;

	if (UK_UNLIKELY(id >= r->size))
		return NULL;
	nb = r->sw[id];
	if (UK_UNLIKELY(nb == NULL))
		return NULL;
	r->sw[id] = NULL;
	nb->len = len;
	/* On its way from the device's cache; whether data are touched, and how, the application
	 * knows. */
	if (hdr)
		uk_prefetch_write(nb->data - VNET_HDR_LEN);
	return nb;
}

UK_INLINE int rx_take_split(
	struct vnet_ring *r, struct uk_netbuf *v[], uint16_t want, const bool hdr)
{
	int n = rx_known_split(r, want), i;
	uint16_t tail = r->tail;

	if (n > 0)
		vnet_prefetch_entries(r, (uint16_t)n);
	for (i = 0; i < n; i++) {
		uint16_t pos = tail++ & r->mask;
		uint64_t e = UK_UNLIKELY(r->in_order) ? r->order[pos] : vnet_ring_used(r, pos);

		v[i] = rx_take(r, (uint32_t)e, (uint32_t)(e >> 32), hdr);
		if (UK_UNLIKELY(v[i] == NULL))
			return -1 - i;
	}
	r->tail = tail;
	return n;
}

static __attribute__((noinline)) int rx_take_order(
	struct vnet_ring *r, struct uk_netbuf *v[], uint16_t want)
{
	int i;

	if (!uk_virtio_net_order_packed(r))
		return -1;
	for (i = 0; i < want && r->done != r->seen; i++) {
		uint64_t e = r->order[r->tail];

		v[i] = rx_take(r, (uint32_t)e, (uint32_t)(e >> 32), true);
		if (v[i] == NULL)
			return -1 - i;
		r->done++;
		vnet_ring_advance(r, 1, true);
	}
	return i;
}

UK_INLINE int rx_take_packed(
	struct vnet_ring *r, struct uk_netbuf *v[], uint16_t want, const bool hdr)
{
	uint16_t in_flight = (uint16_t)(r->size - r->nb_free), pos = r->tail;
	bool wrap = r->tail_wrap;
	int i;

	if (UK_UNLIKELY(r->in_order))
		return rx_take_order(r, v, want);
	if (want > in_flight)
		want = in_flight;
	for (i = 0; i < want; i++) {
		uint64_t rest = UK_READ_ONCE(r->desc[pos].rest);

		if (!uk_vring_is_used(rest, wrap))
			break;
		if (i == 0)
			vnet_prefetch_used(r);
		v[i] = rx_take(r, rest >> 32 & 0xffff, (uint32_t)rest, hdr);
		if (UK_UNLIKELY(v[i] == NULL))
			return -1 - i;
		if (UK_UNLIKELY(++pos == r->size)) {
			pos = 0;
			wrap = !wrap;
		}
	}
	r->tail = pos;
	r->tail_wrap = wrap;
	return i;
}

/* Takes up to `want` used buffers into v. -1 - n: after n good ones the device claims what can not
 * be. */
UK_INLINE int rx_take_all(struct vnet_ring *r, struct uk_netbuf *v[], uint16_t want,
	const bool packed, const bool hdr)
{
	int n = packed ? rx_take_packed(r, v, want, hdr) : rx_take_split(r, v, want, hdr);

	if (UK_LIKELY(n > 0))
		r->nb_free += (uint16_t)n;
	return n;
}

static void rx_free(struct uk_netbuf *v[], int n)
{
	for (int i = 0; i < n; i++) {
		for (struct uk_netbuf *p = v[i]; UK_DEBUG && p != NULL; p = p->next)
			p->owner = UK_NETBUF_OWNER_APP;
		uk_netbuf_free(v[i]);
	}
}

/* A buffer whose length no frame has. False: more than was posted, the device wrote beyond it or
 * lies. */
static __attribute__((noinline)) bool rx_odd(struct uk_netdev_rx_queue *q, struct uk_netbuf *nb)
{
	if (nb->len > vnet_room(nb) + VNET_HDR_LEN)
		return false;
	q->stats.errors++;
	rx_free(&nb, 1);
	return true;
}

/* Whether the packet is in one buffer, by itself, and the header says nothing. */
UK_INLINE bool rx_quiet(const struct uk_netdev_rx_queue *q, const struct uk_netbuf *nb)
{
	uint16_t flags_gso, num_buffers;

	__builtin_memcpy(&flags_gso, nb->data - VNET_HDR_LEN, 2);
	__builtin_memcpy(&num_buffers, nb->data - 2, 2);
	return (flags_gso | ((num_buffers ^ 1) & q->mrg_mask) | q->part_left) == 0;
}

/*
 * Turns n buffers of v into packets in place; returns how many. -1: the device is broken,
 * everything in v was freed.
 */
UK_INLINE int rx_packets(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], int n, const bool hdr)
{
	uint64_t bytes = 0;
	int k = 0, i, rc = 1;

	for (i = 0; i < n && rc >= 0; i++) {
		struct uk_netbuf *nb = v[i];
		uint32_t len = nb->len - VNET_HDR_LEN;

		if (hdr && UK_UNLIKELY(!rx_quiet(q, nb))) {
			rc = uk_virtio_net_merge(q, nb, &v[k]);
			bytes += rc > 0 ? uk_netbuf_pkt_len(v[k]) : 0;
			k += rc > 0;
		} else if (UK_LIKELY(len - VNET_ETH_HLEN <= vnet_room(nb) - VNET_ETH_HLEN)) {
			uk_netbuf_own(nb, UK_NETBUF_OWNER_DRIVER, UK_NETBUF_OWNER_APP);
			nb->len = len;
			bytes += len;
			v[k++] = nb;
		} else if (!rx_odd(q, nb)) {
			rx_free(&nb, 1);
			rc = -1;
		}
	}
	if (UK_UNLIKELY(rc < 0)) {
		rx_free(v, k);
		rx_free(v + i, n - i);
		return -1;
	}
	q->stats.packets += (uint64_t)k;
	q->stats.bytes += bytes;
	return k;
}

/* Nothing there, the common case of a poll: time to fill the ring to the brim. */
UK_INLINE int rx_none(struct uk_netdev_rx_queue *q, uint16_t *cnt, const bool packed)
{
	q->stats.empty++;
	*cnt = 0;
	if (UK_LIKELY(q->ring.nb_free == 0) || q->alloc == NULL)
		return 0;
	return packed ? uk_virtio_net_fill_packed(q, 1) : uk_virtio_net_fill_split(q, 1);
}

static __attribute__((noinline)) int rx_broken(
	struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], int n, uint16_t *cnt)
{
	rx_free(v, n);
	q->stats.errors++;
	*cnt = 0;
	return uk_virtio_net_recover_broken(&q->ring, "a receive buffer came back that can not be");
}

/* Whether the next entry is used already. Split: as far as the index was read, or is now. */
UK_INLINE bool rx_more(const struct vnet_ring *r, const bool packed)
{
	if (!packed)
		return r->seen != r->tail || UK_READ_ONCE(r->used->idx) != r->tail;
	if (UK_UNLIKELY(r->in_order) && r->seen != r->done)
		return true;
	return r->nb_free < r->size &&
	       uk_vring_is_used(UK_READ_ONCE(r->desc[r->tail].rest), r->tail_wrap);
}

UK_INLINE int rx_burst(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], uint16_t *cnt,
	const bool packed, const bool hdr)
{
	struct vnet_ring *r = &q->ring;
	uint16_t want = *cnt < UK_BURST_MAX ? *cnt : UK_BURST_MAX, asked;
	int k = 0, n, got, status;

	do {
		asked = (uint16_t)(want - k);
		n = rx_take_all(r, v + k, asked, packed, hdr);
		if (UK_UNLIKELY(n < 0))
			return rx_broken(q, v, k - 1 - n, cnt);
		if (n == 0)
			break;
		got = rx_packets(q, v + k, n, hdr);
		if (UK_UNLIKELY(got < 0))
			return rx_broken(q, v, k, cnt);
		k += got;
	} while (hdr && k < want && n == asked); /* some were parts of one packet: on */
	if (k == 0)
		return rx_none(q, cnt, packed);
	q->stats.bursts++;
	if (!packed)
		vnet_ring_event_behind(r);
	*cnt = (uint16_t)k;
	status = UK_NETDEV_STATUS_SUCCESS |
		 (k == want && rx_more(r, packed) ? UK_NETDEV_STATUS_MORE : 0);
	if (r->nb_free < r->thresh)
		return status;
	return status | (packed ? uk_virtio_net_fill_packed(q, r->thresh)
				: uk_virtio_net_fill_split(q, r->thresh));
}

int uk_virtio_net_rx_split(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], uint16_t *cnt)
{
	return rx_burst(q, v, cnt, false, false);
}

int uk_virtio_net_rx_split_hdr(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], uint16_t *cnt)
{
	return rx_burst(q, v, cnt, false, true);
}

int uk_virtio_net_rx_packed(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], uint16_t *cnt)
{
	return rx_burst(q, v, cnt, true, false);
}

int uk_virtio_net_rx_packed_hdr(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], uint16_t *cnt)
{
	return rx_burst(q, v, cnt, true, true);
}
