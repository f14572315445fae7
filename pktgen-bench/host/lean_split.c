/* SPDX-License-Identifier: BSD-3-Clause */
/* Split rings (virtio 1.2, 2.7). Buffers are used in the order in which they were offered. */
#include "pktgen-bench/host/lean.h"

/* How many chains the guest offers. The acquire pairs with the driver's barrier before its index.
 */
static inline uint16_t split_offered(struct lean_ring *r)
{
	uint16_t nb = (uint16_t)(__atomic_load_n(&r->avail->idx, __ATOMIC_ACQUIRE) - r->next);

	if (__builtin_expect(nb > r->size, 0)) {
		lean_fault(r, "the available index is more than a ring ahead");
		return 0;
	}
	return nb;
}

/* Head of the @i-th offered chain; -1 = a rule is broken. */
static inline int split_head(struct lean_ring *r, uint16_t i)
{
	uint16_t at = (uint16_t)(r->next + i) & (r->size - 1);
	uint16_t head = *(const volatile __virtio16 *)&r->avail->ring[at];

	if (__builtin_expect(head >= r->size, 0))
		return lean_fault(r, "a descriptor index is outside the table");
	return head;
}

static inline void split_use(struct lean_ring *r, uint16_t i, uint16_t head, uint32_t len)
{
	struct vring_used_elem *u = &r->used_ring->ring[(uint16_t)(r->used + i) & (r->size - 1)];
	uint64_t both = (uint64_t)len << 32 | head;

	memcpy(u, &both, 8);
}

/* Publishes @nb used chains and wakes the guest if it wants that. */
static inline void split_publish(struct lean_ring *r, uint16_t nb)
{
	r->next += nb;
	r->used += nb;
	__atomic_store_n(&r->used_ring->idx, r->used, __ATOMIC_RELEASE);
	/* The index must be visible before the flags are read (virtio 1.2, 2.7.7.2). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!(*(const volatile __virtio16 *)&r->avail->flags & VRING_AVAIL_F_NO_INTERRUPT))
		pg_lean_signal(r);
}

/* All pieces of a chain; -1 = a rule is broken. */
static int split_chain(
	struct lean *l, struct lean_ring *r, uint16_t head, bool write, struct lean_seg *seg)
{
	int nb = 0;

	for (;;) {
		uint64_t d[2];
		uint16_t flags;

		lean_read16(d, &r->desc[head]);
		flags = (uint16_t)(d[1] >> 32);
		if (flags & VRING_DESC_F_INDIRECT && !nb)
			return pg_lean_indirect(l, r, d[0], (uint32_t)d[1], write, false, seg);
		if (flags & VRING_DESC_F_INDIRECT || nb == (int)LEAN_SEGS || nb == r->size)
			return lean_fault(r, "a descriptor chain is endless or mixed with a table");
		if (!(flags & VRING_DESC_F_WRITE) != !write)
			return lean_fault(r, "a descriptor has the wrong direction");
		seg[nb].len = (uint32_t)d[1];
		seg[nb].p = lean_map(l, r, d[0], seg[nb].len);
		if (!seg[nb++].p)
			return lean_fault(r, "an address is outside the guest's memory");
		if (!(flags & VRING_DESC_F_NEXT))
			return nb;
		head = (uint16_t)(d[1] >> 48);
		if (head >= r->size)
			return lean_fault(r, "a descriptor index is outside the table");
	}
}

/* One frame into as many chains as it takes. Returns the chains used, 0 = too few, -1 = broken. */
static int split_tx_slow(
	struct lean *l, struct lean_ring *r, const struct pg_port_frame *f, uint16_t offered)
{
	struct lean_seg seg[LEAN_SEGS];
	struct lean_seg first[LEAN_SEGS];
	uint8_t hdr[LEAN_HDR_MAX];
	int nb_first = 0;
	uint32_t sent = 0;
	uint16_t used = 0;

	do {
		uint32_t skip = used ? 0 : r->hdr, room, n;
		int head, nb;

		if (used == offered || (used && !l->mergeable))
			return 0;
		head = split_head(r, used);
		nb = head < 0 ? -1 : split_chain(l, r, (uint16_t)head, true, seg);
		if (nb < 0)
			return -1;
		room = lean_total(seg, nb);
		if (room <= skip)
			return lean_fault(r, "a receive buffer is smaller than its header");
		n = room - skip < f->len - sent ? room - skip : f->len - sent;
		pg_lean_scatter(seg, nb, skip, f->data + sent, n);
		if (!used) {
			memcpy(first, seg, (size_t)nb * sizeof(seg[0]));
			nb_first = nb;
		}
		split_use(r, used, (uint16_t)head, n + skip);
		sent += n;
		used++;
	} while (sent < f->len);
	lean_put_hdr(hdr, r->hdr, used);
	pg_lean_scatter(first, nb_first, 0, hdr, r->hdr);
	return used;
}

/* The leading frames that fit one plain descriptor each; fills @to. */
static inline unsigned int split_tx_plan(struct lean *l, struct lean_ring *r,
	const struct pg_port_frame *f, unsigned int n, uint8_t **to)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		uint32_t need = r->hdr + f[i].len;
		int head = split_head(r, (uint16_t)i);
		uint64_t d[2];

		if (head < 0)
			break;
		lean_read16(d, &r->desc[head]);
		if ((uint16_t)(d[1] >> 32) != VRING_DESC_F_WRITE || (uint32_t)d[1] < need)
			break;
		to[i] = lean_map(l, r, d[0], need);
		if (!to[i])
			break;
		__builtin_prefetch(to[i], 1);
		if (need > 64)
			__builtin_prefetch(to[i] + need - 1, 1);
		split_use(r, (uint16_t)i, (uint16_t)head, need);
	}
	return i;
}

unsigned int pg_lean_split_tx(
	struct lean *l, struct lean_ring *r, const struct pg_port_frame *f, unsigned int n)
{
	uint8_t *to[PG_PORT_BURST];
	unsigned int done = 0;

	while (done < n && r->ok) {
		uint16_t offered = split_offered(r);
		unsigned int k = n - done < offered ? n - done : offered;
		int slow;

		if (!k)
			break;
		k = split_tx_plan(l, r, f + done, k, to);
		for (unsigned int i = 0; i < k; i++) {
			lean_put_hdr(to[i], r->hdr, 1);
			lean_copy(to[i] + r->hdr, f[done + i].data, f[done + i].len);
		}
		if (k) {
			split_publish(r, (uint16_t)k);
			done += k;
			continue;
		}
		slow = split_tx_slow(l, r, f + done, offered);
		if (slow <= 0)
			break;
		split_publish(r, (uint16_t)slow);
		done++;
	}
	return done;
}

static int split_rx_slow(
	struct lean *l, struct lean_ring *r, struct pg_port_frame *f, unsigned int i, uint16_t head)
{
	struct lean_seg seg[LEAN_SEGS];
	int nb = split_chain(l, r, head, false, seg);

	return nb < 0 ? -1 : pg_lean_gather(l, r, seg, nb, f, i);
}

/* Finds where the frames lie; those in pieces are gathered at once and have from[i] = NULL. */
static inline unsigned int split_rx_plan(struct lean *l, struct lean_ring *r,
	struct pg_port_frame *f, unsigned int n, const uint8_t **from)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		int head = split_head(r, (uint16_t)i);
		uint64_t d[2];

		if (head < 0)
			break;
		lean_read16(d, &r->desc[head]);
		f[i].len = (uint32_t)d[1] - r->hdr;
		from[i] = NULL;
		if (!(uint16_t)(d[1] >> 32) && f[i].len <= LEAN_SLOT)
			from[i] = lean_map(l, r, d[0], (uint32_t)d[1]);
		if (from[i]) {
			__builtin_prefetch(from[i]);
			if (f[i].len > 64)
				__builtin_prefetch(from[i] + 64);
		} else if (split_rx_slow(l, r, &f[i], i, (uint16_t)head) < 0) {
			break;
		}
		split_use(r, (uint16_t)i, (uint16_t)head, 0);
	}
	return i;
}

unsigned int pg_lean_split_rx(
	struct lean *l, struct lean_ring *r, struct pg_port_frame *f, unsigned int n)
{
	const uint8_t *from[PG_PORT_BURST];
	uint16_t offered = split_offered(r);

	if (n > offered)
		n = offered;
	if (!n)
		return 0;
	n = split_rx_plan(l, r, f, n, from);
	for (unsigned int i = 0; i < n; i++) {
		if (!from[i])
			continue;
		f[i].data = l->slots + (size_t)i * LEAN_SLOT;
		f[i].flags = lean_hdr_flags(from[i]);
		f[i].mbuf = NULL;
		lean_copy(f[i].data, from[i] + r->hdr, f[i].len);
	}
	if (n)
		split_publish(r, (uint16_t)n);
	return n;
}
