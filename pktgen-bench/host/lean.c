/* SPDX-License-Identifier: BSD-3-Clause */
#include <sys/eventfd.h>

#include "pktgen-bench/host/lean.h"

uint8_t *pg_lean_map_slow(struct lean *l, struct lean_ring *r, uint64_t gpa, uint64_t len)
{
	for (unsigned int i = 0; i < l->nb_regions; i++) {
		const struct lean_region *g = &l->region[i];
		uint64_t at = gpa - g->gpa;

		if (at < g->size && len <= g->size - at) {
			r->hit = *g;
			return g->va + at;
		}
	}
	return NULL;
}

static int lean_indirect_one(struct lean *l, struct lean_ring *r, const uint64_t d[2],
	uint16_t flags, bool write, struct lean_seg *seg)
{
	seg->len = (uint32_t)d[1];
	seg->p = lean_map(l, r, d[0], seg->len);
	if (flags & VRING_DESC_F_INDIRECT)
		return lean_fault(r, "an indirect table names another");
	if (!(flags & VRING_DESC_F_WRITE) != !write)
		return lean_fault(r, "a descriptor has the wrong direction");
	if (!seg->p)
		return lean_fault(r, "an address is outside the guest's memory");
	return 0;
}

/* Split tables are chained by index, packed ones are sequential (virtio 1.2, 2.7.5.3, 2.8.7). */
int pg_lean_indirect(struct lean *l, struct lean_ring *r, uint64_t gpa, uint32_t bytes, bool write,
	bool packed, struct lean_seg *seg)
{
	const uint8_t *table = lean_map(l, r, gpa, bytes);
	uint32_t nb_table = bytes / 16, at = 0, nb = 0;

	if (!table || !nb_table || bytes % 16 || nb_table > 65536)
		return lean_fault(r, "an indirect table is misplaced or has a wrong size");
	for (;;) {
		uint64_t d[2];
		uint16_t flags;

		if (at >= nb_table || nb == LEAN_SEGS)
			return lean_fault(r, "an indirect table is endless or leaves its bounds");
		lean_read16(d, table + (size_t)at * 16);
		/* Both layouts: address, length; then flags, next (split) or id, flags (packed). */
		flags = packed ? (uint16_t)(d[1] >> 48 & ~(uint64_t)VRING_DESC_F_NEXT)
			       : (uint16_t)(d[1] >> 32);
		if (lean_indirect_one(l, r, d, flags, write, &seg[nb++]) < 0)
			return -1;
		if (packed && ++at == nb_table)
			return (int)nb;
		if (!packed && !(flags & VRING_DESC_F_NEXT))
			return (int)nb;
		if (!packed)
			at = (uint16_t)(d[1] >> 48);
	}
}

int pg_lean_gather(struct lean *l, struct lean_ring *r, const struct lean_seg *seg, int nb,
	struct pg_port_frame *f, unsigned int i)
{
	uint32_t total = lean_total(seg, nb), skip = r->hdr, at = 0;
	uint8_t hdr[LEAN_HDR_MAX];

	if (total < r->hdr)
		return lean_fault(r, "a frame is shorter than its header");
	f->flags = 0;
	f->mbuf = NULL;
	f->len = total - r->hdr;
	if (f->len > PG_PORT_LINEAR) {
		f->len = PG_PORT_LINEAR;
		f->flags |= PG_PORT_F_CUT;
	}
	f->data = lean_slot(l, i, f->len);
	for (int s = 0; s < nb; s++) {
		uint32_t from = skip < seg[s].len ? skip : seg[s].len;
		uint32_t len = seg[s].len - from;

		memcpy(hdr + (r->hdr - skip), seg[s].p, from);
		skip -= from;
		if (len > f->len - at)
			len = f->len - at;
		memcpy(f->data + at, seg[s].p + from, len);
		at += len;
	}
	f->flags |= lean_hdr_flags(hdr);
	return 0;
}

void pg_lean_scatter(
	const struct lean_seg *seg, int nb, uint32_t skip, const uint8_t *from, uint32_t len)
{
	for (int s = 0; s < nb && len; s++) {
		uint32_t at = skip < seg[s].len ? skip : seg[s].len;
		uint32_t n = seg[s].len - at < len ? seg[s].len - at : len;

		memcpy(seg[s].p + at, from, n);
		skip -= at;
		from += n;
		len -= n;
	}
}

void pg_lean_signal(const struct lean_ring *r)
{
	if (r->callfd >= 0)
		eventfd_write(r->callfd, 1);
}
