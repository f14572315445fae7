/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet as elements see it: a netbuf with annotations in its private area. In the graph
 * three things hold for each packet, and each element may rely on them and keeps them:
 *
 *  - it belongs to one owner: its bytes may be written (a Tee copies);
 *  - it lies in one part: data[0..len) is all of it;
 *  - its annotations are valid (zero in a new packet).
 *
 * Lengths come from outside: an element checks p->len before it reads.
 */
#ifndef SLUICE_NF_APPS_CLICK_PACKET_H
#define SLUICE_NF_APPS_CLICK_PACKET_H

#include <string.h>
#include "dataplane/netbuf.h"

/* Where the annotations lie in nf_anno.user; the layout and sizes are Click's. */
#define NF_ANNO_BYTES          48
#define NF_ANNO_DST_IP         0  /* 4, or 16 for IPv6 */
#define NF_ANNO_PAINT          16 /* 1 */
#define NF_ANNO_ICMP_PARAMPROB 17 /* 1 */
#define NF_ANNO_FIX_IP_SRC     19 /* 1 */
#define NF_ANNO_VLAN_TCI       20 /* 2, network order */
#define NF_ANNO_AGGREGATE      20 /* 4 */
#define NF_ANNO_FWD_RATE       20 /* 4 */
#define NF_ANNO_MISC_IP        20 /* 4 */
#define NF_ANNO_EXTRA_PACKETS  24 /* 4 */
#define NF_ANNO_REV_RATE       24 /* 4 */
#define NF_ANNO_EXTRA_LENGTH   28 /* 4 */
#define NF_ANNO_PACKET_NUMBER  32 /* 4 */
#define NF_ANNO_FIRST_TIME     40 /* 8, nanoseconds */

/* nf_anno.type: what FromDevice saw; Linux' PACKET_ numbers (packet(7)). */
enum nf_packet_type {
	NF_PACKET_HOST = 0,
	NF_PACKET_BROADCAST,
	NF_PACKET_MULTICAST,
	NF_PACKET_OTHERHOST,
	NF_PACKET_OUTGOING,
};

struct nf_anno {
	uint8_t user[NF_ANNO_BYTES] UK_ALIGNED(8);
	uint64_t time_ns; /* since 1970, 0: not set */
	uint8_t type;     /* enum nf_packet_type */
	uint8_t pad[7];
};

_Static_assert(sizeof(struct nf_anno) == 64, "one cache line");

/* Room for data of a usual buffer; larger packets come from the pool of large ones. */
#define NF_PACKET_SMALL_BYTES 1908
#define NF_PACKET_LARGE_BYTES (65535 + 256)

/* The pools of a core. */
struct nf_packet_pools {
	struct uk_netbuf_pool *small;
	struct uk_netbuf_pool *large; /* NULL: none, and what does not fit in a small one fails */
};

/* Their private areas hold struct nf_anno. -ENOMEM */
int nf_packet_pools_create(struct nf_packet_pools *p, uint32_t nb_small, uint32_t nb_large)
	UK_MUST_USE;

UK_INLINE struct nf_anno *nf_packet_anno(const struct uk_netbuf *p)
{
	return (struct nf_anno *)(void *)((uint8_t *)(uintptr_t)p + sizeof(struct uk_netbuf));
}

/* What FromDevice does with each packet: no header offsets. Annotations: nf_packet_anno_clear. */
UK_INLINE void nf_packet_anno_clear(struct uk_netbuf *p)
{
	memset(nf_packet_anno(p), 0, sizeof(struct nf_anno));
}

UK_INLINE uint8_t nf_packet_anno_u8(const struct uk_netbuf *p, unsigned at)
{
	return nf_packet_anno(p)->user[at];
}

UK_INLINE void nf_packet_set_anno_u8(struct uk_netbuf *p, unsigned at, uint8_t v)
{
	nf_packet_anno(p)->user[at] = v;
}

UK_INLINE uint16_t nf_packet_anno_u16(const struct uk_netbuf *p, unsigned at)
{
	uint16_t v;

	memcpy(&v, nf_packet_anno(p)->user + at, sizeof(v));
	return v;
}

UK_INLINE void nf_packet_set_anno_u16(struct uk_netbuf *p, unsigned at, uint16_t v)
{
	memcpy(nf_packet_anno(p)->user + at, &v, sizeof(v));
}

UK_INLINE uint32_t nf_packet_anno_u32(const struct uk_netbuf *p, unsigned at)
{
	uint32_t v;

	memcpy(&v, nf_packet_anno(p)->user + at, sizeof(v));
	return v;
}

UK_INLINE void nf_packet_set_anno_u32(struct uk_netbuf *p, unsigned at, uint32_t v)
{
	memcpy(nf_packet_anno(p)->user + at, &v, sizeof(v));
}

/* IPv4 addresses are kept in network order, as in the packet. */
UK_INLINE uint32_t nf_packet_dst_ip(const struct uk_netbuf *p)
{
	return nf_packet_anno_u32(p, NF_ANNO_DST_IP);
}

UK_INLINE void nf_packet_set_dst_ip(struct uk_netbuf *p, uint32_t be_addr)
{
	nf_packet_set_anno_u32(p, NF_ANNO_DST_IP, be_addr);
}

/*
 * Header positions: kept as offsets from p->buf in the netbuf (l2_off, l3_off, l4_off), so they
 * stay right when data moves within the buffer. NULL: nobody set it. The header's bytes may lie
 * outside of data[0..len) (a stripped Ethernet header), but always inside the buffer.
 */
UK_INLINE uint8_t *nf_packet_l2(const struct uk_netbuf *p)
{
	return p->l2_off == UK_NETBUF_NO_OFF ? NULL : p->buf + p->l2_off;
}

UK_INLINE uint8_t *nf_packet_l3(const struct uk_netbuf *p)
{
	return p->l3_off == UK_NETBUF_NO_OFF ? NULL : p->buf + p->l3_off;
}

UK_INLINE uint8_t *nf_packet_l4(const struct uk_netbuf *p)
{
	return p->l4_off == UK_NETBUF_NO_OFF ? NULL : p->buf + p->l4_off;
}

/* `at` points into the buffer. */
UK_INLINE void nf_packet_set_l2(struct uk_netbuf *p, const uint8_t *at)
{
	p->l2_off = (uint16_t)(at - p->buf);
}

UK_INLINE void nf_packet_set_l3(struct uk_netbuf *p, const uint8_t *at)
{
	p->l3_off = (uint16_t)(at - p->buf);
}

UK_INLINE void nf_packet_set_l4(struct uk_netbuf *p, const uint8_t *at)
{
	p->l4_off = (uint16_t)(at - p->buf);
}

/*
 * Bytes of the packet from `at` (a header's position) to its end; 0 if it lies at or behind the end
 * or before the data: then the header is not to be used as part of the packet.
 */
UK_INLINE uint32_t nf_packet_left(const struct uk_netbuf *p, const uint8_t *at)
{
	return at >= p->data && at < p->data + p->len ? (uint32_t)(p->data + p->len - at) : 0;
}

/*
 * A new packet of `len` bytes (contents undefined) with at least `headroom` bytes before them, zero
 * annotations, no header offsets. NULL: no buffer is free, or none is so large.
 */
struct uk_netbuf *nf_packet_alloc(struct nf_packet_pools *pools, uint32_t headroom, uint32_t len)
	UK_MUST_USE;

/* A copy with annotations and header offsets and the same head room. NULL: no buffer. */
struct uk_netbuf *nf_packet_copy(struct nf_packet_pools *pools, const struct uk_netbuf *p)
	UK_MUST_USE;

/*
 * For packets from a device: makes the one-part packet that the graph wants out of a chain. Returns
 * the packet (another one if it was chained; the chain is freed), or NULL if no buffer could take
 * it; the chain is freed then, too.
 */
struct uk_netbuf *nf_packet_flatten(struct nf_packet_pools *pools, struct uk_netbuf *p UK_TAKES)
	UK_MUST_USE;

/* Moves the data within the buffer, offsets with it, so that there are `headroom` bytes before and
 * `tailroom` behind it. False: the buffer is too small; nothing changed. */
bool nf_packet_shift(struct uk_netbuf *p, uint32_t headroom, uint32_t tailroom);

/* `n` more bytes in front (undefined). False, nothing changed: the buffer is full. */
UK_INLINE UK_MUST_USE bool nf_packet_push(struct uk_netbuf *p, uint32_t n)
{
	if (UK_UNLIKELY(uk_netbuf_headroom(p) < n) && !nf_packet_shift(p, n, 0))
		return false;
	p->data -= n;
	p->len += n;
	return true;
}

/* `n` bytes less in front; n <= p->len. */
UK_INLINE void nf_packet_pull(struct uk_netbuf *p, uint32_t n)
{
	UK_ASSERT_DEBUG(n <= p->len);
	p->data += n;
	p->len -= n;
}

/* `n` more bytes at the end (undefined). False: the buffer is full. */
UK_INLINE UK_MUST_USE bool nf_packet_put(struct uk_netbuf *p, uint32_t n)
{
	if (UK_UNLIKELY(uk_netbuf_tailroom(p) < n) && !nf_packet_shift(p, 0, n))
		return false;
	p->len += n;
	return true;
}

/* `n` bytes less at the end; n <= p->len. */
UK_INLINE void nf_packet_take(struct uk_netbuf *p, uint32_t n)
{
	UK_ASSERT_DEBUG(n <= p->len);
	p->len -= n;
}

#endif
