/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lean engine's view of a guest's rings: what split and packed share. The
 * engine serves a burst in three passes (look up and prefetch, copy, publish),
 * uses buffers in the order in which they were offered, and copies frames, so
 * nothing of the guest's is lent to anyone. The guest is not trusted: each
 * index, flag, length and address is checked where it is read, each descriptor
 * is read once, and a ring that breaks the rules is not served any more.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_LEAN_H
#define SLUICE_PKTGEN_BENCH_HOST_LEAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <linux/virtio_ring.h>

#include "pktgen-bench/host/port.h"

#define LEAN_SEGS     256u  /* most pieces of one frame */
#define LEAN_SLOT     2112u /* frames up to this size lie in a small slot: an odd number of lines */
#define LEAN_HDR_MAX  12u
#define LEAN_PKT_CSUM 1u /* VIRTIO_NET_HDR_F_NEEDS_CSUM, virtio 1.2, 5.1.6 */

struct lean_region {
	uint64_t gpa;
	uint64_t size;
	uint8_t *va;
};

struct lean_ring {
	bool ok;       /* may be served */
	bool broken;   /* the guest broke a rule: not served until it comes anew */
	bool wrap;     /* packed: the wrap counter at next */
	uint16_t size; /* split: a power of two */
	uint16_t
		next; /* split: the next entry of the available ring; packed: the next descriptor */
	uint16_t used; /* split: the next entry of the used ring */
	uint32_t hdr;  /* bytes of the virtio-net header, 10 or 12 */
	int callfd;
	const char *fault;      /* what the guest did wrong */
	struct lean_region hit; /* where the last address lay */
	const struct vring_desc *desc;
	const struct vring_avail *avail;
	struct vring_used *used_ring;
	struct vring_packed_desc *pdesc;
	const struct vring_packed_desc_event *driver_event;
	struct vring_packed_desc_event *device_event;
};

struct lean {
	bool packed;
	bool mergeable;
	unsigned int nb_regions;
	struct lean_region region[64];
	struct lean_ring ring[2 * PG_PORT_QUEUES_MAX];
	uint8_t *slots;  /* PG_PORT_BURST of LEAN_SLOT */
	uint8_t *linear; /* PG_PORT_BURST of PG_PORT_LINEAR */
};

/* A piece of guest memory that has been checked. */
struct lean_seg {
	uint8_t *p;
	uint32_t len;
};

/* lean_split.c, lean_packed.c: as pg_port_engine's tx and rx, on one ring. */
unsigned int pg_lean_split_tx(
	struct lean *l, struct lean_ring *r, const struct pg_port_frame *f, unsigned int n);
unsigned int pg_lean_split_rx(
	struct lean *l, struct lean_ring *r, struct pg_port_frame *f, unsigned int n);
unsigned int pg_lean_packed_tx(
	struct lean *l, struct lean_ring *r, const struct pg_port_frame *f, unsigned int n);
unsigned int pg_lean_packed_rx(
	struct lean *l, struct lean_ring *r, struct pg_port_frame *f, unsigned int n);

/* The slow paths they share: a frame in several pieces. */
uint8_t *pg_lean_map_slow(struct lean *l, struct lean_ring *r, uint64_t gpa, uint64_t len);
/* Walks an indirect table of @bytes; @write: the pieces must be writable. -1 = a rule is broken. */
int pg_lean_indirect(struct lean *l, struct lean_ring *r, uint64_t gpa, uint32_t bytes, bool write,
	bool packed, struct lean_seg *seg);
/* Copies the pieces, without the header, flat into slot @i and fills @f. -1 = too short. */
int pg_lean_gather(struct lean *l, struct lean_ring *r, const struct lean_seg *seg, int nb,
	struct pg_port_frame *f, unsigned int i);
/* Copies @len bytes at @from over the pieces, skipping the first @skip bytes of them. */
void pg_lean_scatter(
	const struct lean_seg *seg, int nb, uint32_t skip, const uint8_t *from, uint32_t len);
void pg_lean_signal(const struct lean_ring *r);

static inline uint32_t lean_total(const struct lean_seg *seg, int nb)
{
	uint32_t sum = 0;

	for (int i = 0; i < nb; i++)
		sum += seg[i].len;
	return sum;
}

static inline int lean_fault(struct lean_ring *r, const char *what)
{
	if (!r->broken)
		r->fault = what;
	r->broken = true;
	r->ok = false;
	return -1;
}

/* Where @len bytes at guest address @gpa lie, or NULL if the guest has no such memory. */
static inline uint8_t *lean_map(struct lean *l, struct lean_ring *r, uint64_t gpa, uint64_t len)
{
	uint64_t at = gpa - r->hit.gpa;

	if (__builtin_expect(at < r->hit.size && len <= r->hit.size - at, 1))
		return r->hit.va + at;
	return pg_lean_map_slow(l, r, gpa, len);
}

/* A guest may put an indirect table anywhere. */
typedef uint64_t lean_word __attribute__((aligned(1), may_alias));

/* Reads 16 bytes that the guest may be changing, each half once. */
static inline void lean_read16(uint64_t to[2], const void *from)
{
	const volatile lean_word *p = from;

	to[0] = p[0];
	to[1] = p[1];
}

typedef long long lean_vec __attribute__((vector_size(16), aligned(1), may_alias));

/* Frames are mostly short: copy up to 128 bytes by overlapping vectors, without a call. */
static inline void lean_copy(uint8_t *to, const uint8_t *from, uint32_t len)
{
	const lean_vec *s = (const lean_vec *)(const void *)from;
	const lean_vec *e = (const lean_vec *)(const void *)(from + len);
	lean_vec *d = (lean_vec *)(void *)to;
	lean_vec *de = (lean_vec *)(void *)(to + len);

	if (__builtin_expect(len < 32 || len > 128, 0)) {
		memcpy(to, from, len);
	} else if (len <= 64) {
		lean_vec a = s[0], b = s[1], c = e[-2], g = e[-1];

		d[0] = a;
		d[1] = b;
		de[-2] = c;
		de[-1] = g;
	} else {
		lean_vec a = s[0], b = s[1], c = s[2], g = s[3];
		lean_vec h = e[-4], i = e[-3], j = e[-2], k = e[-1];

		d[0] = a;
		d[1] = b;
		d[2] = c;
		d[3] = g;
		de[-4] = h;
		de[-3] = i;
		de[-2] = j;
		de[-1] = k;
	}
}

/* The header of a frame that needs nothing from the guest, in @nb buffers. */
static inline void lean_put_hdr(uint8_t *p, uint32_t hdr, uint16_t nb)
{
	uint64_t zero = 0;
	uint32_t tail = (uint32_t)nb << 16;

	memcpy(p, &zero, 8);
	if (hdr == LEAN_HDR_MAX)
		memcpy(p + 8, &tail, 4);
	else
		memcpy(p + 8, &zero, 2);
}

static inline uint16_t lean_hdr_flags(const uint8_t *hdr)
{
	return (uint16_t)((hdr[0] & LEAN_PKT_CSUM ? PG_PORT_F_NEEDS_CSUM : 0) |
			  (hdr[1] ? PG_PORT_F_GSO : 0));
}

/* Room for a received frame of @len bytes as the @i-th of a burst. */
static inline uint8_t *lean_slot(struct lean *l, unsigned int i, uint32_t len)
{
	return len <= LEAN_SLOT ? l->slots + (size_t)i * LEAN_SLOT
				: l->linear + (size_t)i * PG_PORT_LINEAR;
}

#endif
