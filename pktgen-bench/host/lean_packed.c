/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packed rings (virtio 1.2, 2.8). Buffers are used in the order in which they
 * were offered, so the next one to read is also the next one to write, and a
 * burst may be published by its first descriptor's flags last.
 */
#include "pktgen-bench/host/lean.h"

#define F_AVAIL (1u << VRING_PACKED_DESC_F_AVAIL)
#define F_USED  (1u << VRING_PACKED_DESC_F_USED)
#define F_BOTH  (F_AVAIL | F_USED)

/* A place in the ring: index and wrap counter. */
struct packed_pos {
	uint16_t at;
	bool wrap;
};

static inline void packed_step(const struct lean_ring *r, struct packed_pos *p, uint16_t by)
{
	p->at += by;
	if (p->at >= r->size) {
		p->at -= r->size;
		p->wrap = !p->wrap;
	}
}

static inline struct packed_pos packed_here(const struct lean_ring *r)
{
	return (struct packed_pos){ .at = r->next, .wrap = r->wrap };
}

/* Available means: the AVAIL bit equals the wrap counter, the USED bit does not (2.8.1). */
static inline bool packed_ready(const struct lean_ring *r, struct packed_pos p)
{
	uint16_t flags = __atomic_load_n(&r->pdesc[p.at].flags, __ATOMIC_ACQUIRE);

	return (flags & F_BOTH) == (p.wrap ? F_AVAIL : F_USED);
}

/* A used element that is written but not yet shown. */
struct packed_used {
	struct packed_pos pos;
	uint16_t id;
	uint32_t len;
	bool write;
};

static inline uint16_t packed_used_flags(struct packed_pos p, bool write)
{
	return (uint16_t)((p.wrap ? F_BOTH : 0) | (write ? VRING_DESC_F_WRITE : 0));
}

/* Shows @nb used elements at once: the first one's flags go last, behind all other stores. */
static inline void packed_publish(
	struct lean_ring *r, const struct packed_used *u, unsigned int nb, struct packed_pos end)
{
	for (unsigned int i = 0; i < nb; i++) {
		uint64_t word = u[i].len | (uint64_t)u[i].id << 32 |
				(uint64_t)packed_used_flags(u[i].pos, u[i].write) << 48;

		if (i)
			memcpy(&r->pdesc[u[i].pos.at].len, &word, 8);
		else
			memcpy(&r->pdesc[u[i].pos.at].len, &word, 6);
	}
	__atomic_store_n(&r->pdesc[u[0].pos.at].flags, packed_used_flags(u[0].pos, u[0].write),
		__ATOMIC_RELEASE);
	r->next = end.at;
	r->wrap = end.wrap;
	/* The flags must be visible before the driver's event flags are read (2.8.10). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (*(const volatile __le16 *)&r->driver_event->flags != VRING_PACKED_EVENT_FLAG_DISABLE)
		pg_lean_signal(r);
}

/*
 * All pieces of the chain at @p, which is ready. *@id is its buffer id, *@nb_desc the ring
 * places it takes. Returns the pieces, -1 = a rule is broken.
 */
static int packed_chain(struct lean *l, struct lean_ring *r, struct packed_pos p, bool write,
	struct lean_seg *seg, uint16_t *id, uint16_t *nb_desc)
{
	int nb = 0;

	for (;;) {
		uint64_t d[2];
		uint16_t flags;

		lean_read16(d, &r->pdesc[p.at]);
		flags = (uint16_t)(d[1] >> 48);
		*id = (uint16_t)(d[1] >> 32);
		*nb_desc = (uint16_t)(nb + 1);
		if (flags & VRING_DESC_F_INDIRECT && !nb)
			return pg_lean_indirect(l, r, d[0], (uint32_t)d[1], write, true, seg);
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
		packed_step(r, &p, 1);
	}
}

/* One frame into as many chains as it takes. Returns 1, 0 = too few, -1 = broken. */
static int packed_tx_slow(struct lean *l, struct lean_ring *r, const struct pg_port_frame *f)
{
	struct lean_seg seg[LEAN_SEGS], first[LEAN_SEGS];
	struct packed_used u[LEAN_SEGS];
	struct packed_pos p = packed_here(r);
	uint8_t hdr[LEAN_HDR_MAX];
	unsigned int used = 0;
	uint32_t sent = 0;
	int nb_first = 0;

	do {
		uint32_t skip = used ? 0 : r->hdr, room, n;
		uint16_t nb_desc;
		int nb;

		if (used == LEAN_SEGS || (used && !l->mergeable) || !packed_ready(r, p))
			return 0;
		u[used].pos = p;
		nb = packed_chain(l, r, p, true, seg, &u[used].id, &nb_desc);
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
		u[used].len = n + skip;
		u[used++].write = true;
		sent += n;
		packed_step(r, &p, nb_desc);
	} while (sent < f->len);
	lean_put_hdr(hdr, r->hdr, (uint16_t)used);
	pg_lean_scatter(first, nb_first, 0, hdr, r->hdr);
	packed_publish(r, u, used, p);
	return 1;
}

static inline unsigned int packed_tx_plan(struct lean *l, struct lean_ring *r,
	const struct pg_port_frame *f, unsigned int n, uint8_t **to, struct packed_used *u,
	struct packed_pos *p)
{
	unsigned int i;

	for (i = 0; i < n && packed_ready(r, *p); i++) {
		uint32_t need = r->hdr + f[i].len;
		uint64_t d[2];

		lean_read16(d, &r->pdesc[p->at]);
		if (((uint16_t)(d[1] >> 48) & ~F_BOTH) != VRING_DESC_F_WRITE ||
			(uint32_t)d[1] < need)
			break;
		to[i] = lean_map(l, r, d[0], need);
		if (!to[i])
			break;
		__builtin_prefetch(to[i], 1);
		if (need > 64)
			__builtin_prefetch(to[i] + need - 1, 1);
		u[i] = (struct packed_used){
			.pos = *p, .id = (uint16_t)(d[1] >> 32), .len = need, .write = true
		};
		packed_step(r, p, 1);
	}
	return i;
}

unsigned int pg_lean_packed_tx(
	struct lean *l, struct lean_ring *r, const struct pg_port_frame *f, unsigned int n)
{
	struct packed_used u[PG_PORT_BURST];
	uint8_t *to[PG_PORT_BURST];
	unsigned int done = 0, k;

	while (done < n && r->ok) {
		struct packed_pos p = packed_here(r);

		k = packed_tx_plan(l, r, f + done, n - done, to, u, &p);
		for (unsigned int i = 0; i < k; i++) {
			lean_put_hdr(to[i], r->hdr, 1);
			lean_copy(to[i] + r->hdr, f[done + i].data, f[done + i].len);
		}
		if (k) {
			packed_publish(r, u, k, p);
			done += k;
			continue;
		}
		if (!packed_ready(r, p) || packed_tx_slow(l, r, f + done) <= 0)
			break;
		done++;
	}
	return done;
}

/* Finds where the frames lie; those in pieces are gathered at once and have from[i] = NULL. */
static inline unsigned int packed_rx_plan(struct lean *l, struct lean_ring *r,
	struct pg_port_frame *f, unsigned int n, const uint8_t **from, struct packed_used *u,
	struct packed_pos *p)
{
	unsigned int i;

	for (i = 0; i < n && packed_ready(r, *p); i++) {
		struct lean_seg seg[LEAN_SEGS];
		uint16_t nb_desc = 1;
		uint64_t d[2];
		int nb;

		lean_read16(d, &r->pdesc[p->at]);
		u[i] = (struct packed_used){ .pos = *p, .id = (uint16_t)(d[1] >> 32) };
		f[i].len = (uint32_t)d[1] - r->hdr;
		from[i] = NULL;
		if (!((uint16_t)(d[1] >> 48) & ~F_BOTH) && f[i].len <= LEAN_SLOT)
			from[i] = lean_map(l, r, d[0], (uint32_t)d[1]);
		if (from[i]) {
			__builtin_prefetch(from[i]);
			if (f[i].len > 64)
				__builtin_prefetch(from[i] + 64);
		} else {
			nb = packed_chain(l, r, *p, false, seg, &u[i].id, &nb_desc);
			if (nb < 0 || pg_lean_gather(l, r, seg, nb, &f[i], i) < 0)
				break;
		}
		packed_step(r, p, nb_desc);
	}
	return i;
}

unsigned int pg_lean_packed_rx(
	struct lean *l, struct lean_ring *r, struct pg_port_frame *f, unsigned int n)
{
	struct packed_used u[PG_PORT_BURST];
	const uint8_t *from[PG_PORT_BURST];
	struct packed_pos p = packed_here(r);

	n = packed_rx_plan(l, r, f, n, from, u, &p);
	for (unsigned int i = 0; i < n; i++) {
		if (!from[i])
			continue;
		f[i].data = l->slots + (size_t)i * LEAN_SLOT;
		f[i].flags = lean_hdr_flags(from[i]);
		f[i].mbuf = NULL;
		lean_copy(f[i].data, from[i] + r->hdr, f[i].len);
	}
	if (n)
		packed_publish(r, u, n, p);
	return n;
}
