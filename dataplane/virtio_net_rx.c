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

/* Takes the buffer in flight as `id`; NULL: nothing is in flight there. */
UK_INLINE struct uk_netbuf *rx_take(struct uk_netbuf **sw, uint16_t size, uint32_t id)
{
	struct uk_netbuf *nb;

	if (UK_UNLIKELY(id >= size))
		return NULL;
	nb = sw[id];
	sw[id] = NULL;
	return nb;
}

static void rx_free(struct uk_netbuf *v[], int n)
{
	for (int i = 0; i < n; i++) {
		for (struct uk_netbuf *p = v[i]; UK_DEBUG && p != NULL; p = p->next)
			p->owner = UK_NETBUF_OWNER_APP;
		uk_netbuf_free(v[i]);
	}
}

/* Frees a buffer whose length no frame has. False: more than was posted, the device wrote beyond it
 * or lies. */
static __attribute__((noinline)) bool rx_odd(
	struct uk_netdev_rx_queue *q, struct uk_netbuf *nb, uint32_t used)
{
	bool fits = used <= vnet_room(nb) + VNET_HDR_LEN;

	q->stats.errors += fits;
	rx_free(&nb, 1);
	return fits;
}

/* What a burst has so far: packets, or buffers whose headers are still on their way. */
struct rx_taken {
	struct uk_netbuf **v;
	int k;
	uint64_t bytes;
};

/* Makes a buffer a packet, or drops it. `used`: bytes of it that the device says it wrote. False:
 * no device may do that. */
UK_INLINE bool rx_packet(
	struct uk_netdev_rx_queue *q, struct rx_taken *t, struct uk_netbuf *nb, uint32_t used)
{
	uint32_t len = used - VNET_HDR_LEN;

	if (UK_UNLIKELY(len - VNET_ETH_HLEN > vnet_room(nb) - VNET_ETH_HLEN))
		return rx_odd(q, nb, used);
	uk_netbuf_own(nb, UK_NETBUF_OWNER_DRIVER, UK_NETBUF_OWNER_APP);
	nb->len = len;
	t->bytes += len;
	t->v[t->k++] = nb;
	return true;
}

/*
 * The used entry was read once, so the device can not change it after the check. hdr: the header
 * has to be read, which waits until those of the whole burst were asked for.
 */
UK_INLINE bool rx_put(struct uk_netdev_rx_queue *q, struct rx_taken *t, struct uk_netbuf *nb,
	uint32_t used, uint8_t fetch, const bool hdr)
{
	if (UK_UNLIKELY(nb == NULL))
		return false;
	if (fetch == UK_NETDEV_FETCH_WRITE)
		uk_prefetch_write(nb->data - VNET_HDR_LEN);
	else if (hdr || fetch == UK_NETDEV_FETCH_READ)
		__builtin_prefetch(nb->data - VNET_HDR_LEN);
	if (!hdr)
		return rx_packet(q, t, nb, used);
	nb->len = used;
	t->v[t->k++] = nb;
	return true;
}

/* Takes up to `want` used buffers; returns how many, -1: the device claims what can not be. */
UK_INLINE int rx_take_split(
	struct uk_netdev_rx_queue *q, struct rx_taken *t, uint16_t want, const bool hdr)
{
	struct vnet_ring *r = &q->ring;
	struct uk_netbuf **const sw = r->sw;
	const uint64_t *const order = r->in_order ? r->order : NULL;
	const uint32_t *const used = r->used->ring;
	const uint16_t size = r->size, mask = r->mask;
	const uint8_t fetch = q->fetch;
	int n = rx_known_split(r, want);
	uint16_t tail = r->tail;

	if (n > 0)
		vnet_prefetch_entries(r, (uint16_t)n);
	for (int i = 0; i < n; i++) {
		uint16_t pos = tail++ & mask;
		uint64_t e = UK_UNLIKELY(order != NULL) ? order[pos] : vnet_ring_used(used, pos);

		if (UK_UNLIKELY(!rx_put(q, t, rx_take(sw, size, (uint32_t)e), e >> 32, fetch, hdr)))
			return -1;
	}
	r->tail = tail;
	return n;
}

static __attribute__((noinline)) int rx_take_order(
	struct uk_netdev_rx_queue *q, struct rx_taken *t, uint16_t want, bool hdr)
{
	struct vnet_ring *r = &q->ring;
	int i;

	if (!uk_virtio_net_order_packed(r))
		return -1;
	for (i = 0; i < want && r->done != r->seen; i++) {
		uint64_t e = r->order[r->tail];

		if (!rx_put(q, t, rx_take(r->sw, r->size, (uint32_t)e), e >> 32, q->fetch, hdr))
			return -1;
		r->done++;
		vnet_ring_advance(r, 1, true);
	}
	return i;
}

UK_INLINE int rx_take_packed(
	struct uk_netdev_rx_queue *q, struct rx_taken *t, uint16_t want, const bool hdr)
{
	struct vnet_ring *r = &q->ring;
	struct uk_netbuf **const sw = r->sw;
	const struct uk_vring_desc *const desc = r->desc;
	const uint16_t size = r->size;
	const uint8_t fetch = q->fetch;
	uint16_t pos = r->tail;
	bool wrap = r->tail_wrap;
	int i;

	if (UK_UNLIKELY(r->in_order))
		return rx_take_order(q, t, want, hdr);
	want = vnet_least(want, (uint16_t)(size - r->nb_free));
	for (i = 0; i < want; i++) {
		uint64_t rest = UK_READ_ONCE(desc[pos].rest);

		if (!uk_vring_is_used(rest, wrap))
			break;
		if (i == 0)
			vnet_prefetch_used(r);
		if (UK_UNLIKELY(!rx_put(q, t, rx_take(sw, size, rest >> 32 & 0xffff),
			    (uint32_t)rest, fetch, hdr)))
			return -1;
		if (UK_UNLIKELY(++pos == size)) {
			pos = 0;
			wrap = !wrap;
		}
	}
	r->tail = pos;
	r->tail_wrap = wrap;
	return i;
}

/* Whether the packet is in one buffer, by itself, and the header says nothing. */
UK_INLINE bool rx_quiet(const struct uk_netdev_rx_queue *q, const struct uk_netbuf *nb)
{
	uint16_t flags_gso, num_buffers;

	__builtin_memcpy(&flags_gso, nb->data - VNET_HDR_LEN, 2);
	__builtin_memcpy(&num_buffers, nb->data - 2, 2);
	return (flags_gso | ((num_buffers ^ 1) & q->mrg_mask) | q->part_left) == 0;
}

/* The last n of what was taken become packets. False: the device is broken, those not looked at
 * were freed. */
UK_INLINE bool rx_headers(struct uk_netdev_rx_queue *q, struct rx_taken *t, int n)
{
	struct uk_netbuf **raw = t->v + t->k - n;

	t->k -= n;
	for (int i = 0; i < n; i++) {
		struct uk_netbuf *nb = raw[i];
		int rc;

		if (UK_LIKELY(rx_quiet(q, nb))) {
			rc = rx_packet(q, t, nb, nb->len) ? 0 : -1;
		} else {
			rc = uk_virtio_net_merge(q, nb, &t->v[t->k]);
			t->bytes += rc > 0 ? uk_netbuf_pkt_len(t->v[t->k]) : 0;
			t->k += rc > 0;
		}
		if (UK_UNLIKELY(rc < 0)) {
			rx_free(raw + i + 1, n - i - 1);
			return false;
		}
	}
	return true;
}

/* Takes up to `want` used buffers, or -1. */
UK_INLINE int rx_take_all(struct uk_netdev_rx_queue *q, struct rx_taken *t, uint16_t want,
	const bool packed, const bool hdr)
{
	int n = packed ? rx_take_packed(q, t, want, hdr) : rx_take_split(q, t, want, hdr);

	if (UK_UNLIKELY(n <= 0))
		return n;
	q->ring.nb_free += (uint16_t)n;
	return !hdr || rx_headers(q, t, n) ? n : -1;
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
	struct uk_netdev_rx_queue *q, const struct rx_taken *t, uint16_t *cnt)
{
	rx_free(t->v, t->k);
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
	uint16_t want = vnet_least(*cnt, UK_BURST_MAX), asked;
	struct rx_taken t = { v, 0, 0 };
	int n, status;

	do {
		asked = (uint16_t)(want - t.k);
		n = rx_take_all(q, &t, asked, packed, hdr);
		if (UK_UNLIKELY(n < 0))
			return rx_broken(q, &t, cnt);
	} while (hdr && t.k < want && n == asked); /* some were parts of one packet: on */
	if (t.k == 0)
		return rx_none(q, cnt, packed);
	q->stats.bursts++;
	q->stats.packets += (uint64_t)t.k;
	q->stats.bytes += t.bytes;
	if (!packed)
		vnet_ring_event_behind(r);
	*cnt = (uint16_t)t.k;
	status = UK_NETDEV_STATUS_SUCCESS |
		 (t.k == want && rx_more(r, packed) ? UK_NETDEV_STATUS_MORE : 0);
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
