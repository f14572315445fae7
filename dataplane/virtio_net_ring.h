/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Both ring formats for the burst functions: fill descriptors through a cursor (a copy of the
 * ring's position that stays in registers), publish, decide on the doorbell, collect what was used.
 * `packed` is a constant wherever these are called, so each burst function is made for one format.
 */
#ifndef SLUICE_DATAPLANE_VIRTIO_NET_RING_H
#define SLUICE_DATAPLANE_VIRTIO_NET_RING_H

#include "dataplane/virtio_net.h"

struct vnet_cursor {
	struct uk_vring_desc *desc, *first;
	uint64_t first_rest;
	uint16_t size, mask, head, nb_free, avail_idx, flags;
};

UK_INLINE void vnet_cursor_load(struct vnet_cursor *c, const struct vnet_ring *r)
{
	c->desc = r->desc;
	c->first = r->first;
	c->first_rest = r->first_rest;
	c->size = r->size;
	c->mask = r->mask;
	c->head = r->head;
	c->nb_free = r->nb_free;
	c->avail_idx = r->avail_idx;
	c->flags = r->avail_flags;
}

UK_INLINE void vnet_cursor_store(const struct vnet_cursor *c, struct vnet_ring *r)
{
	r->first = c->first;
	r->first_rest = c->first_rest;
	r->head = c->head;
	r->nb_free = c->nb_free;
	r->avail_idx = c->avail_idx;
	r->avail_flags = c->flags;
}

/* Id of the descriptor that comes next: its place in the ring. */
UK_INLINE uint16_t vnet_cursor_id(const struct vnet_cursor *c, const bool packed)
{
	return packed ? c->head : c->head & c->mask;
}

/*
 * Fills the next descriptor. Packed: all of a batch become visible but the first, which
 * vnet_ring_publish writes last, so that the device meets whole batches and never part of a chain
 * (2.8.6).
 */
UK_INLINE void vnet_cursor_put(struct vnet_cursor *c, uint64_t addr, uint32_t len, uint16_t flags,
	uint16_t id, const bool packed)
{
	struct uk_vring_desc *d = &c->desc[vnet_cursor_id(c, packed)];
	uint64_t rest;

	c->head++;
	c->nb_free--;
	if (!packed) {
		rest = len | (uint64_t)flags << 32 | (uint64_t)(c->head & c->mask) << 48;
		d->addr = addr;
		d->rest = rest;
		return;
	}
	rest = len | (uint64_t)id << 32 | (uint64_t)(flags | c->flags) << 48;
	UK_WRITE_ONCE(d->addr, addr);
	if (c->first != NULL) {
		UK_WRITE_ONCE(d->rest, rest);
	} else {
		c->first = d;
		c->first_rest = rest;
	}
	if (c->head == c->size) {
		c->head = 0;
		c->flags ^= UK_VRING_F_AVAIL | UK_VRING_F_USED;
	}
}

/* Split: one more buffer, whose first descriptor is `id`. The entry mostly is what it was a round
 * ago. */
UK_INLINE void vnet_cursor_offer(struct vnet_cursor *c, struct uk_vring_avail *avail, uint16_t id)
{
	uint16_t *slot = &avail->ring[c->avail_idx++ & c->mask];

	if (*slot != id)
		*slot = id;
}

/*
 * Free descriptors that lie in a row from the head on, for buffers of one descriptor each: what the
 * burst loops fill, with nothing in them that could go round the end of the ring.
 */
struct vnet_run {
	struct uk_vring_desc *desc;
	struct uk_netbuf **sw;
	uint16_t *slot; /* split: entries of the available ring */
	uint64_t flags; /* packed: AVAIL and USED, at their place in `rest` */
	uint16_t id;    /* of the first descriptor */
	uint16_t n;     /* descriptors */
	bool same;      /* split: the first buffer is the one of a round ago, so others will be */
	uint64_t *rest; /* packed: where the next descriptor's `rest` goes */
};

UK_INLINE uint16_t vnet_least(uint16_t a, uint16_t b)
{
	return a < b ? a : b;
}

/* At most n; each is still to be compared with sw, which tells what a device out of order holds. */
UK_INLINE struct vnet_run vnet_run_open(
	struct vnet_ring *r, uint16_t n, uint64_t first_addr, const bool packed)
{
	struct vnet_run run = { .id = packed ? r->head : r->head & r->mask };

	n = vnet_least(vnet_least(n, r->nb_free), (uint16_t)(r->size - run.id));
	if (packed) {
		run.flags = (uint64_t)r->avail_flags << 48;
	} else {
		run.slot = &r->avail->ring[r->avail_idx & r->mask];
		n = vnet_least(n, (uint16_t)(r->size - (r->avail_idx & r->mask)));
	}
	run.n = n;
	run.desc = r->desc + run.id;
	run.sw = r->sw + run.id;
	/* The first descriptor since the last publish is held back (2.8.6). */
	run.rest = r->first == NULL ? &r->first_rest : &run.desc->rest;
	if (!packed && n > 0)
		run.same = run.desc->addr == first_addr;
	/* The device has the lines that change; all at once they become ours in the time of one. */
	for (uint32_t i = 0; !run.same && i < n; i += UK_CACHE_LINE / sizeof(*run.desc))
		uk_prefetch_write(&run.desc[i]);
	return run;
}

/* Descriptor i of the run, one after the other: `flags` as 2.7.5 and 2.8.13 have them. */
UK_INLINE void vnet_run_put(struct vnet_run *run, uint32_t i, uint64_t addr, uint32_t len,
	uint16_t flags, const bool packed)
{
	struct uk_vring_desc *d = &run->desc[i];
	uint64_t id = run->id + i, rest;

	if (!packed) {
		rest = len | (uint64_t)flags << 32;
		if (!run->same || d->addr != addr)
			d->addr = addr;
		if (!run->same || d->rest != rest)
			d->rest = rest;
		if (run->slot[i] != id)
			run->slot[i] = (uint16_t)id;
		return;
	}
	UK_WRITE_ONCE(d->addr, addr);
	rest = len | id << 32 | (uint64_t)flags << 48 | run->flags;
	UK_WRITE_ONCE(*run->rest, rest);
	run->rest = &d[1].rest;
}

/* n descriptors of the run were filled. */
UK_INLINE void vnet_run_close(
	struct vnet_ring *r, const struct vnet_run *run, uint16_t n, const bool packed)
{
	if (packed && r->first == NULL && n > 0)
		r->first = run->desc;
	r->head += n;
	r->nb_free -= n;
	if (!packed) {
		r->avail_idx += n;
	} else if (r->head == r->size) {
		r->head = 0;
		r->avail_flags ^= UK_VRING_F_AVAIL | UK_VRING_F_USED;
	}
}

/* Shows the device what was put. Partner: the device reads idx (2.7.6) or the first flags (2.8.6)
 * first. */
UK_INLINE void vnet_ring_publish(struct vnet_ring *r, const bool packed)
{
	uk_wmb();
	if (!packed) {
		UK_WRITE_ONCE(r->avail->idx, r->avail_idx);
	} else if (r->first != NULL) {
		UK_WRITE_ONCE(r->first->rest, r->first_rest);
		r->first = NULL;
	}
}

UK_INLINE bool vnet_ring_kick_split(const struct vnet_ring *r, uint16_t old)
{
	if (r->event_idx) {
		const uint16_t *avail_event = (const uint16_t *)&r->used->ring[2 * r->size];

		return uk_vring_passed(UK_READ_ONCE(*avail_event), r->avail_idx, old);
	}
	return !(UK_READ_ONCE(r->used->flags) & UK_VRING_USED_NO_NOTIFY);
}

UK_INLINE bool vnet_ring_kick_packed(const struct vnet_ring *r, uint16_t nb_desc)
{
	uint32_t ev = UK_READ_ONCE(*(const uint32_t *)r->dev_event);
	uint16_t flags = ev >> 16 & 3, event = ev & 0x7fff;
	bool wrap = ev >> 15 & 1;

	if (flags != UK_VRING_EVENT_DESC || !r->event_idx)
		return flags != UK_VRING_EVENT_DISABLE;
	if (wrap != (r->avail_flags == UK_VRING_F_AVAIL))
		event -= r->size;
	return uk_vring_passed(event, r->head, (uint16_t)(r->head - nb_desc));
}

/*
 * Whether the device asked to be told (2.7.10.1, 2.8.21.3.1). The barrier keeps the look after the
 * publication; its partner is the one the device has between asking and looking for new buffers
 * again.
 */
UK_INLINE bool vnet_ring_wants_kick(
	const struct vnet_ring *r, uint16_t old_avail_idx, uint16_t nb_desc, const bool packed)
{
	uk_mb();
	return packed ? vnet_ring_kick_packed(r, nb_desc) : vnet_ring_kick_split(r, old_avail_idx);
}

UK_INLINE void vnet_ring_kick(const struct vnet_ring *r)
{
	struct uk_virtio_dev *vd = r->vn->vd;

	vd->ops->notify(vd, r->index);
}

/*
 * While polling with EVENT_IDX on a split ring, interrupts can not be switched off: the event index
 * is kept far behind instead (2.7.7.1). Rewritten this seldom so that its cache line stays shared.
 */
UK_INLINE void vnet_ring_event_behind(struct vnet_ring *r)
{
	if (UK_LIKELY((uint16_t)(r->tail - r->event_mark) < 0x4000) || r->armed || !r->event_idx)
		return;
	r->event_mark = r->tail;
	UK_WRITE_ONCE(r->avail->ring[r->size], (uint16_t)(r->tail - 1));
}

/* Position `off` entries behind tail. */
UK_INLINE uint16_t vnet_ring_at(const struct vnet_ring *r, uint16_t off, const bool packed)
{
	uint32_t pos = (uint32_t)r->tail + off;

	if (!packed)
		return pos & r->mask;
	return (uint16_t)(pos >= r->size ? pos - r->size : pos);
}

UK_INLINE void vnet_ring_advance(struct vnet_ring *r, uint16_t nb, const bool packed)
{
	if (!packed) {
		r->tail += nb;
		return;
	}
	if ((uint32_t)r->tail + nb >= r->size)
		r->tail_wrap = !r->tail_wrap;
	r->tail = vnet_ring_at(r, nb, true);
}

/* Split used entry at a position: id | len << 32. */
UK_INLINE uint64_t vnet_ring_used(const uint32_t *used, uint16_t pos)
{
	uint64_t e;

	__builtin_memcpy(&e, &used[2 * pos], sizeof(e));
	return e;
}

/*
 * Descriptors that the device has probably used: seven lines more, since it uses them in batches.
 * Asked for together they come in the time of one.
 */
UK_INLINE void vnet_prefetch_used(const struct vnet_ring *r)
{
	for (uint16_t i = 4; i < 32; i += 4)
		__builtin_prefetch(&r->desc[vnet_ring_at(r, i, true)]);
}

/* The same for n used entries of a split ring, eight to a line. */
UK_INLINE void vnet_prefetch_entries(const struct vnet_ring *r, uint16_t n)
{
	for (uint16_t i = 8; i < n; i += 8)
		__builtin_prefetch(&r->used->ring[2 * ((r->tail + i) & r->mask)]);
}

#endif
