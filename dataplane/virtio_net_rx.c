/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/virtio_net_ring.h"

/* Used entries are copied out once, so that the device can not change them after the check. */
#define RX_ENTRIES (2 * UK_BURST_MAX)

/* Bytes that a posted buffer has for the frame. */
UK_INLINE uint32_t rx_room(const struct uk_netbuf *nb)
{
	return nb->buflen - uk_netbuf_headroom(nb);
}

/* The device works out of order and the descriptor whose turn it is has not come back: any other free id. */
static __attribute__((noinline)) uint16_t rx_other_id(const struct vnet_ring *r)
{
	uint16_t id = 0;

	while (r->sw[id] != NULL) /* ends: the caller has a free descriptor */
		id++;
	return id;
}

/*
 * Split: a descriptor of receive keeps its place in the available ring, and mostly its buffer too (the pool hands out in
 * the order of return), so its line is only written where something differs and stays shared else.
 */
UK_INLINE void rx_put_split(struct vnet_cursor *c, struct uk_vring_avail *avail, uint64_t addr, uint32_t len,
	uint16_t id)
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

UK_INLINE void rx_put(struct vnet_ring *r, struct vnet_cursor *c, struct uk_netbuf *nb, const bool packed)
{
	uint16_t id = vnet_cursor_id(c, packed);
	uint64_t addr;
	uint32_t len;

	UK_ASSERT(nb->buflen >= uk_netbuf_headroom(nb) + VNET_ETH_HLEN);
	if (UK_UNLIKELY(uk_netbuf_headroom(nb) < VNET_HDR_LEN)) {
		UK_ASSERT(nb->buflen >= VNET_HDR_LEN + VNET_ETH_HLEN);
		nb->data = nb->buf + VNET_HDR_LEN;
	}
	uk_netbuf_own(nb, UK_NETBUF_OWNER_APP, UK_NETBUF_OWNER_DRIVER);
	if (UK_UNLIKELY(r->sw[id] != NULL))
		id = rx_other_id(r);
	r->sw[id] = nb;
	addr = (uintptr_t)nb->data - VNET_HDR_LEN;
	len = rx_room(nb) + VNET_HDR_LEN;
	if (packed)
		vnet_cursor_put(c, addr, len, UK_VRING_F_WRITE, id, true);
	else
		rx_put_split(c, r->avail, addr, len, id);
}

void uk_virtio_net_rx_post(struct uk_netdev_rx_queue *q, struct uk_netbuf *nb)
{
	struct vnet_cursor c;

	vnet_cursor_load(&c, &q->ring);
	if (q->ring.packed)
		rx_put(&q->ring, &c, nb, true);
	else
		rx_put(&q->ring, &c, nb, false);
	vnet_cursor_store(&c, &q->ring);
}

/* One refill: asks the application for a batch. True: the ring has its fill, or nothing more can be had. */
UK_INLINE bool rx_refill_batch(struct uk_netdev_rx_queue *q, const bool packed)
{
	struct uk_netbuf *v[UK_BURST_MAX];
	struct vnet_ring *r = &q->ring;
	uint16_t run = r->nb_free < UK_BURST_MAX ? r->nb_free : UK_BURST_MAX, got;
	struct vnet_cursor c;

	got = q->alloc(q->alloc_argp, v, run);
	vnet_cursor_load(&c, r);
	for (uint16_t i = 0; i < got; i++)
		rx_put(r, &c, v[i], packed);
	vnet_cursor_store(&c, r);
	q->stats.nombuf += got < run;
	return got < run;
}

/* Refills the ring if it has `least` free descriptors. Returns UNDERRUN when there were too few buffers. */
UK_INLINE int rx_refill(struct uk_netdev_rx_queue *q, uint16_t least, const bool packed)
{
	struct vnet_ring *r = &q->ring;
	uint16_t old = r->avail_idx, nb_free = r->nb_free;
	uint64_t nombuf;

	if (nb_free < least)
		return 0;
	nombuf = q->stats.nombuf;
	while (r->nb_free >= least && !rx_refill_batch(q, packed))
		;
	if (UK_LIKELY(r->nb_free != nb_free)) {
		vnet_ring_publish(r, packed);
		if (UK_UNLIKELY(vnet_ring_wants_kick(r, old, (uint16_t)(nb_free - r->nb_free), packed))) {
			q->stats.notify++;
			vnet_ring_kick(r);
		}
	}
	return q->stats.nombuf != nombuf ? UK_NETDEV_STATUS_UNDERRUN : 0;
}

/* Before DRIVER_OK: fills the ring as far as the application can, without a doorbell. */
void uk_virtio_net_rx_fill(struct uk_netdev_rx_queue *q)
{
	if (q->alloc == NULL)
		return;
	while (q->ring.nb_free > 0 && !(q->ring.packed ? rx_refill_batch(q, true) : rx_refill_batch(q, false)))
		;
}

void uk_virtio_net_rx_publish(struct uk_netdev_rx_queue *q)
{
	if (q->ring.packed)
		vnet_ring_publish(&q->ring, true);
	else
		vnet_ring_publish(&q->ring, false);
}

/* Used entries known beyond tail after a look at the index, or -1 if it moved further than there are buffers. */
UK_INLINE int rx_look_split(struct vnet_ring *r)
{
	uint16_t idx = UK_READ_ONCE(r->used->idx), n = (uint16_t)(idx - r->tail);

	uk_rmb(); /* partner: the device writes entries, then idx (2.7.8.2) */
	if (UK_UNLIKELY(n > (uint16_t)(r->avail_idx - r->tail) || n < (uint16_t)(r->seen - r->tail)))
		return -1;
	if (UK_UNLIKELY(r->in_order) && !uk_virtio_net_order_split(r, idx))
		return -1;
	r->seen = idx;
	return n;
}

UK_INLINE int rx_collect_split(struct vnet_ring *r, uint64_t e[], uint16_t from, uint16_t to)
{
	int known = (uint16_t)(r->seen - r->tail);

	if (known < to) {
		known = rx_look_split(r);
		if (UK_UNLIKELY(known < 0))
			return -1;
		if (known < to)
			to = (uint16_t)known;
	}
	for (uint16_t i = from; i < to; i++) {
		uint16_t pos = (uint16_t)(r->tail + i) & r->mask;

		e[i] = UK_UNLIKELY(r->in_order) ? r->order[pos] : vnet_ring_used(r, pos);
	}
	return to;
}

static int rx_collect_order(struct vnet_ring *r, uint64_t e[], uint16_t from, uint16_t to)
{
	uint16_t known;

	if (!uk_virtio_net_order_packed(r))
		return -1;
	known = (uint16_t)(r->seen - r->done);
	if (known < to)
		to = known;
	for (uint16_t i = from; i < to; i++)
		e[i] = r->order[vnet_ring_at(r, i, true)];
	return to;
}

UK_INLINE int rx_collect_packed(struct vnet_ring *r, uint64_t e[], uint16_t from, uint16_t to)
{
	uint16_t in_flight = (uint16_t)(r->size - r->nb_free), pos = vnet_ring_at(r, from, true);
	bool wrap = (uint32_t)r->tail + from >= r->size ? !r->tail_wrap : r->tail_wrap;

	if (UK_UNLIKELY(r->in_order))
		return rx_collect_order(r, e, from, to);
	if (to > in_flight)
		to = in_flight;
	for (uint16_t i = from; i < to; i++) {
		uint64_t rest = UK_READ_ONCE(r->desc[pos].rest);

		if (!uk_vring_is_used(rest, wrap))
			return i;
		e[i] = (rest >> 32 & 0xffff) | rest << 32;
		if (++pos == r->size) {
			pos = 0;
			wrap = !wrap;
		}
	}
	return to;
}

/*
 * Copies used entries [from, to) beyond tail into e without taking them; returns up to where there are any.
 * -1: the device claims more than there is.
 */
UK_INLINE int rx_collect(struct vnet_ring *r, uint64_t e[], uint16_t from, uint16_t to, const bool packed)
{
	int n = packed ? rx_collect_packed(r, e, from, to) : rx_collect_split(r, e, from, to);

	uk_rmb();
	return n;
}

/* The buffer in flight as `id`, or NULL if there is none. */
UK_INLINE struct uk_netbuf *rx_take(struct vnet_ring *r, uint64_t e)
{
	uint32_t id = (uint32_t)e;
	struct uk_netbuf *nb;

	if (UK_UNLIKELY(id >= r->size))
		return NULL;
	nb = r->sw[id];
	r->sw[id] = NULL;
	return nb;
}

/* Starts the way of headers and data from the device's cache to ours. */
UK_INLINE void rx_prefetch(const struct vnet_ring *r, const uint64_t e[], int i, int n, const bool hdr)
{
	for (; i < n; i++) {
		uint32_t id = (uint32_t)e[i];
		const struct uk_netbuf *nb = UK_LIKELY(id < r->size) ? r->sw[id] : NULL;

		if (UK_UNLIKELY(nb == NULL))
			continue;
		if (hdr)
			__builtin_prefetch(nb->data - VNET_HDR_LEN);
		__builtin_prefetch(nb->data);
	}
}

static void rx_drop(struct uk_netdev_rx_queue *q, struct uk_netbuf *nb)
{
	for (struct uk_netbuf *p = nb; UK_DEBUG && p != NULL; p = p->next)
		uk_netbuf_own(p, UK_NETBUF_OWNER_DRIVER, UK_NETBUF_OWNER_APP);
	q->stats.errors++;
	uk_netbuf_free(nb);
}

enum rx_verdict {
	RX_OK,
	RX_DROP,
	RX_BROKEN,
	RX_WAIT,
};

/* Length of a packet in one buffer. */
UK_INLINE enum rx_verdict rx_len(struct uk_netbuf *nb, uint32_t len)
{
	uint32_t room = rx_room(nb);

	nb->len = len - VNET_HDR_LEN;
	if (UK_LIKELY(nb->len - VNET_ETH_HLEN <= room - VNET_ETH_HLEN))
		return RX_OK;
	return len > room + VNET_HDR_LEN ? RX_BROKEN : RX_DROP;
}

struct rx_batch {
	uint64_t e[RX_ENTRIES];
	int n;     /* entries in e */
	int next;  /* the first one not taken */
	int asked; /* entries looked for: n is less when the device had no more */
};

/* Takes a buffer that continues a packet: data from its very start (5.1.6.4). NULL: impossible. */
static struct uk_netbuf *rx_part(struct uk_netdev_rx_queue *q, uint64_t e)
{
	struct uk_netbuf *nb = rx_take(&q->ring, e);
	uint32_t len = e >> 32;

	if (nb == NULL)
		return NULL;
	if (len > rx_room(nb) + VNET_HDR_LEN) {
		rx_drop(q, nb);
		return NULL;
	}
	nb->data -= VNET_HDR_LEN;
	nb->len = len;
	return nb;
}

/* Chains the further nb - 1 buffers of a packet to its head. */
static bool rx_merge(struct uk_netdev_rx_queue *q, struct rx_batch *b, struct uk_netbuf *head, uint16_t nb)
{
	struct uk_netbuf *last = head;

	for (; nb > 1; nb--) {
		last->next = rx_part(q, b->e[b->next++]);
		if (last->next == NULL)
			return false;
		last = last->next;
	}
	return true;
}

/* Sees to it that nb entries of one packet are in the batch. RX_WAIT: the device has not used them all yet. */
static enum rx_verdict rx_gather(struct uk_netdev_rx_queue *q, struct rx_batch *b, uint16_t nb, const bool packed)
{
	if (b->next + nb <= b->n)
		return RX_OK;
	if (b->next + nb > RX_ENTRIES)
		return RX_WAIT; /* fits in the next burst */
	b->asked = b->next + nb;
	b->n = rx_collect(&q->ring, b->e, (uint16_t)b->n, (uint16_t)b->asked, packed);
	if (b->n < 0)
		return RX_BROKEN;
	return b->next + nb <= b->n ? RX_OK : RX_WAIT;
}

/* Buffers that the packet at e is spread over; 0: impossible. */
static uint16_t rx_num_buffers(const struct uk_netdev_rx_queue *q, const struct vnet_hdr *h)
{
	if (q->mrg_mask == 0)
		return 1; /* 5.1.6.4: always one then, whatever the field says */
	return h->num_buffers <= q->ring.size ? h->num_buffers : 0;
}

/*
 * A packet with a header that says something, or spread over several buffers. Takes its entries off the batch;
 * *out is the packet, NULL unless RX_OK.
 */
static enum rx_verdict rx_packet(struct uk_netdev_rx_queue *q, struct rx_batch *b, struct uk_netbuf **out,
	const bool packed)
{
	uint64_t e = b->e[b->next];
	struct uk_netbuf *head = q->ring.sw[(uint32_t)e];
	struct vnet_hdr h = *(const volatile struct vnet_hdr *)(head->data - VNET_HDR_LEN);
	uint16_t nb = rx_num_buffers(q, &h);
	enum rx_verdict verdict;

	if (nb == 0)
		return RX_BROKEN;
	if (nb > UK_BURST_MAX) {
		q->skip = nb; /* more parts than this driver chains; entries are dropped as they come */
		return RX_DROP;
	}
	verdict = rx_gather(q, b, nb, packed);
	if (verdict != RX_OK)
		return verdict;
	b->next++;
	q->ring.sw[(uint32_t)e] = NULL;
	verdict = rx_len(head, e >> 32);
	if (verdict == RX_DROP && nb > 1)
		verdict = head->len <= rx_room(head) ? RX_OK : RX_DROP; /* a short first part */
	if (verdict == RX_BROKEN || !rx_merge(q, b, head, nb)) {
		rx_drop(q, head);
		return RX_BROKEN;
	}
	if (verdict == RX_DROP || uk_netbuf_pkt_len(head) < VNET_ETH_HLEN ||
		uk_virtio_net_hdr_parse(head, &h, uk_netbuf_pkt_len(head), q->ring.vn->vd->features) < 0) {
		rx_drop(q, head);
		return RX_DROP;
	}
	*out = head;
	return RX_OK;
}

/* Whether the packet is in one buffer and nothing is to be told of it. */
UK_INLINE bool rx_hdr_quiet(const struct uk_netdev_rx_queue *q, const struct uk_netbuf *nb)
{
	uint16_t flags_gso, num_buffers;

	__builtin_memcpy(&flags_gso, nb->data - VNET_HDR_LEN, 2);
	__builtin_memcpy(&num_buffers, nb->data - 2, 2);
	return (flags_gso | ((num_buffers ^ 1) & q->mrg_mask)) == 0;
}

/* Drops entries of a packet that was too long to be chained. */
static enum rx_verdict rx_skip(struct uk_netdev_rx_queue *q, struct rx_batch *b)
{
	struct uk_netbuf *nb = rx_part(q, b->e[b->next++]);

	if (nb == NULL)
		return RX_BROKEN;
	q->stats.errors -= --q->skip > 0; /* one error a packet */
	rx_drop(q, nb);
	return RX_DROP;
}

UK_INLINE enum rx_verdict rx_next(struct uk_netdev_rx_queue *q, struct rx_batch *b, struct uk_netbuf **out,
	const bool packed, const bool hdr)
{
	uint64_t e = b->e[b->next];
	uint32_t id = (uint32_t)e;
	struct vnet_ring *r = &q->ring;
	struct uk_netbuf *nb;
	enum rx_verdict verdict;

	if (hdr && UK_UNLIKELY(q->skip > 0))
		return rx_skip(q, b);
	if (UK_UNLIKELY(id >= r->size || r->sw[id] == NULL))
		return RX_BROKEN;
	nb = r->sw[id];
	if (hdr && UK_UNLIKELY(!rx_hdr_quiet(q, nb)))
		return rx_packet(q, b, out, packed);
	b->next++;
	r->sw[id] = NULL;
	verdict = rx_len(nb, e >> 32);
	if (UK_UNLIKELY(verdict != RX_OK)) {
		rx_drop(q, nb);
		return verdict;
	}
	*out = nb;
	return RX_OK;
}

/* All entries are taken, but some were parts of the same packet: looks for `want` further ones. */
static bool rx_again(struct uk_netdev_rx_queue *q, struct rx_batch *b, uint16_t want, const bool packed)
{
	int from = b->n;

	if (from < b->asked || from == RX_ENTRIES)
		return false;
	b->asked = from + want < RX_ENTRIES ? from + want : RX_ENTRIES;
	b->n = rx_collect(&q->ring, b->e, (uint16_t)from, (uint16_t)b->asked, packed);
	if (b->n > from)
		rx_prefetch(&q->ring, b->e, from, b->n, true);
	return b->n > from;
}

/* Nothing there, the common case of a poll: time to fill the ring to the brim. */
UK_INLINE int rx_none(struct uk_netdev_rx_queue *q, uint16_t *cnt, const bool packed)
{
	q->stats.empty++;
	*cnt = 0;
	return q->alloc != NULL ? rx_refill(q, 1, packed) : 0;
}

static __attribute__((noinline)) int rx_broken(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], uint16_t n,
	uint16_t *cnt)
{
	for (uint16_t i = 0; i < n; i++)
		uk_netbuf_free(v[i]);
	q->stats.errors++;
	*cnt = 0;
	return uk_virtio_net_recover_broken(&q->ring, "a receive buffer came back that it does not hold");
}

UK_INLINE void rx_own(struct uk_netbuf *nb)
{
	for (; UK_DEBUG && nb != NULL; nb = nb->next)
		uk_netbuf_own(nb, UK_NETBUF_OWNER_DRIVER, UK_NETBUF_OWNER_APP);
}

/* Whether the next entry is used already. Split: as far as the index was read, or is now. */
UK_INLINE bool rx_more(const struct vnet_ring *r, const bool packed)
{
	if (!packed)
		return r->seen != r->tail || UK_READ_ONCE(r->used->idx) != r->tail;
	if (UK_UNLIKELY(r->in_order) && r->seen != r->done)
		return true;
	return r->nb_free < r->size && uk_vring_is_used(UK_READ_ONCE(r->desc[r->tail].rest), r->tail_wrap);
}

UK_INLINE int rx_burst(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], uint16_t *cnt, const bool packed,
	const bool hdr)
{
	struct vnet_ring *r = &q->ring;
	uint16_t want = *cnt < UK_BURST_MAX ? *cnt : UK_BURST_MAX, k = 0;
	enum rx_verdict verdict = RX_OK;
	struct rx_batch b;
	uint64_t bytes = 0;
	int status;

	b.next = 0;
	b.n = rx_collect(r, b.e, 0, want, packed);
	if (b.n == 0)
		return rx_none(q, cnt, packed);
	if (UK_UNLIKELY(b.n < 0))
		return rx_broken(q, v, 0, cnt);
	b.asked = want;
	rx_prefetch(r, b.e, 0, b.n, hdr);
	while (k < want && (b.next < b.n || (hdr && rx_again(q, &b, (uint16_t)(want - k), packed)))) {
		verdict = rx_next(q, &b, &v[k], packed, hdr);
		if (UK_LIKELY(verdict == RX_OK)) {
			rx_own(v[k]);
			bytes += hdr ? uk_netbuf_pkt_len(v[k]) : v[k]->len;
			k++;
		} else if (verdict != RX_DROP) {
			break;
		}
	}
	if (UK_UNLIKELY(verdict == RX_BROKEN || b.n < 0))
		return rx_broken(q, v, k, cnt);
	vnet_ring_advance(r, (uint16_t)b.next, packed);
	r->nb_free += (uint16_t)b.next;
	r->done += (uint16_t)b.next;
	q->stats.packets += k;
	q->stats.bytes += bytes;
	q->stats.bursts += k > 0;
	if (!packed)
		vnet_ring_event_behind(r);
	*cnt = k;
	status = k ? UK_NETDEV_STATUS_SUCCESS : 0;
	if ((k == want || b.n == RX_ENTRIES) && rx_more(r, packed))
		status |= UK_NETDEV_STATUS_MORE;
	return status | rx_refill(q, r->thresh, packed);
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
