/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * uk_netbuf: one packet buffer, or one part of a chain, and the pools that buffers
 * come from. Descriptor and data lie in one pool object:
 *
 *	| struct uk_netbuf, 128 B | private area | head room | data ... | tail room |
 *	                                         ^ buf       ^ data     ^ data + len
 *
 * A pool belongs to one core and is a stack: the buffer freed last is the next
 * to go out, so it is still in the cache. Nothing here locks; a netbuf is handed
 * from owner to owner and only its owner touches it. Physical = virtual address, so
 * `data` is what a device gets. Life: alloc -> fill / receive -> pass on -> free.
 */
#ifndef SLUICE_DATAPLANE_NETBUF_H
#define SLUICE_DATAPLANE_NETBUF_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

/* Most packets that one burst call or one vector of the graph holds. */
#define UK_BURST_MAX 64

/*
 * Head room of a fresh buffer, bytes: some encapsulation and the device's header (virtio-net: 12),
 * which shares its cache line with the first 52 bytes of the frame.
 */
#define UK_NETBUF_HEADROOM (128 + 12)

/* uk_netbuf.flags; the first two ask the device, the last two tell what it found. */
#define UK_NETBUF_F_PARTIAL_CSUM                                                                   \
	0x01 /* checksum from csum_start on is to be filled in at csum_offset */
#define UK_NETBUF_F_DATA_VALID 0x02 /* received: checksums were verified by the device */
#define UK_NETBUF_F_INDIRECT   0x04 /* a clone: the data belongs to `parent` */

/* uk_netbuf.gso_type: virtio 1.2, 5.1.6, as the virtio_net_hdr has it. */
#define UK_NETBUF_GSO_NONE  0
#define UK_NETBUF_GSO_TCPV4 1
#define UK_NETBUF_GSO_UDP   3
#define UK_NETBUF_GSO_TCPV6 4
#define UK_NETBUF_GSO_ECN   0x80

/* uk_netbuf.l2_off and so on: nobody has said where the header is. */
#define UK_NETBUF_NO_OFF 0xffff

struct uk_netbuf_pool;
struct uk_netbuf;

/* Called instead of returning to the pool when the last reference goes; owns nb. */
typedef void (*uk_netbuf_dtor)(struct uk_netbuf *nb UK_TAKES);

struct uk_netbuf {
	/* First cache line: what the packet path touches. */
	struct uk_netbuf *next;      /* next part of this packet, NULL in the last */
	uint8_t *data;               /* first byte of this part */
	uint32_t len;                /* bytes in this part */
	uint32_t buflen;             /* bytes from buf to the end of the room */
	uint8_t *buf;                /* start of the room (head room included) */
	struct uk_netbuf_pool *pool; /* where it came from and goes back to */
	/* These four are read as one word by uk_netbuf_is_simple. */
	uint8_t flags;        /* UK_NETBUF_F_* */
	uint8_t gso_type;     /* UK_NETBUF_GSO_* */
	uint8_t plain;        /* 1: refcnt is 1, no dtor, direct: may go straight to the pool */
	uint8_t owner;        /* debug builds: UK_NETBUF_OWNER_*, 0: shared, not followed */
	uint16_t refcnt;      /* owners of the data */
	uint16_t csum_start;  /* bytes from data (of the first part) */
	uint16_t csum_offset; /* bytes from csum_start */
	uint16_t gso_size;    /* payload bytes per segment (MSS) */
	uint16_t hdr_len;     /* bytes of headers to repeat per segment */
	uint16_t port;        /* free for the application: where it came from */
	/* Positions of headers in bytes from buf, UK_NETBUF_NO_OFF: not known. Drivers leave them
	 * alone; in a fresh buffer they mean nothing: whoever uses them sets them first. */
	uint16_t l2_off, l3_off, l4_off;
	uint16_t reserved;
	/* Second cache line: rarely used. */
	uk_netbuf_dtor dtor UK_ALIGNED(UK_CACHE_LINE);
	void *dtor_arg;
	struct uk_netbuf *parent; /* clone: whose data this is */
	void *priv;               /* private area of priv_size bytes, or NULL */
	uint32_t priv_size;
	uint32_t obj_id; /* index in its pool */
} UK_ALIGNED(UK_CACHE_LINE);

_Static_assert(sizeof(struct uk_netbuf) == 2 * UK_CACHE_LINE, "two cache lines");
_Static_assert(offsetof(struct uk_netbuf, flags) % 4 == 0 &&
		       offsetof(struct uk_netbuf, owner) == offsetof(struct uk_netbuf, flags) + 3,
	"one word");

/* Who holds a netbuf, checked in debug builds at each hand-over. */
#define UK_NETBUF_OWNER_POOL   0x50
#define UK_NETBUF_OWNER_APP    0xa0
#define UK_NETBUF_OWNER_DRIVER 0xd0

struct uk_netbuf_pool {
	struct uk_netbuf **stack; /* free buffers, top at stack[nb_free - 1] */
	uint32_t nb_free;
	uint32_t nb_total;
	uint32_t data_size; /* bytes of room per buffer, head room included */
	uint32_t stride;    /* bytes from object to object */
	uint32_t headroom;  /* bytes before data in a fresh buffer */
	uint32_t data_off;  /* bytes from the object to data in a fresh buffer */
	uint32_t priv_size;
	uint64_t nb_empty; /* requests that found too few buffers */
	void *mem;
};

/*
 * A pool of `nb` buffers with room for `data_size` bytes beside UK_NETBUF_HEADROOM and a private
 * area of `priv_size` bytes. Memory comes from the image's heap and is touched once here. The
 * stride is an odd number of cache lines, so that buffers spread over all cache sets. NULL: out of
 * memory. Thread: the pool belongs to the calling core.
 */
struct uk_netbuf_pool *uk_netbuf_pool_create(uint32_t nb, uint32_t data_size, uint32_t priv_size)
	UK_MUST_USE;

/* Bytes of heap that uk_netbuf_pool_create would take. */
size_t uk_netbuf_pool_bytes(uint32_t nb, uint32_t data_size, uint32_t priv_size);

/* Gives the memory back. -EBUSY: buffers are still out. */
int uk_netbuf_pool_destroy(struct uk_netbuf_pool *p) UK_MUST_USE;

/* Back to the pool whatever the flags: the slow part of free (references, clones, destructors). */
void uk_netbuf_free_slow(struct uk_netbuf *nb UK_TAKES);

/* Debug builds: asserts the owner and passes on to the next. */
void uk_netbuf_own_check(struct uk_netbuf *nb, uint8_t from, uint8_t to);

UK_INLINE void uk_netbuf_own(struct uk_netbuf *nb, uint8_t from, uint8_t to)
{
	if (UK_DEBUG)
		uk_netbuf_own_check(nb, from, to);
}

/* Makes a pool object look fresh: head room, no length, no metadata. Cost: one cache line. */
UK_INLINE void uk_netbuf_reset(struct uk_netbuf *nb)
{
	nb->next = NULL;
	nb->data = nb->buf + nb->pool->headroom;
	nb->len = 0;
	nb->flags = 0;
	nb->gso_type = UK_NETBUF_GSO_NONE;
}

/* The same for a buffer that comes from its pool's stack: needs no look at it. Cost: four stores.
 */
UK_INLINE void uk_netbuf_refresh(struct uk_netbuf *nb, uint32_t data_off)
{
	nb->next = NULL;
	nb->data = (uint8_t *)nb + data_off;
	nb->len = 0;
	__builtin_memset(&nb->flags, 0, 2); /* and gso_type */
}

/* One fresh buffer, or NULL when the pool is empty. */
UK_INLINE UK_MUST_USE struct uk_netbuf *uk_netbuf_alloc(struct uk_netbuf_pool *p)
{
	struct uk_netbuf *nb;

	if (UK_UNLIKELY(p->nb_free == 0)) {
		p->nb_empty++;
		return NULL;
	}
	nb = p->stack[--p->nb_free];
	uk_netbuf_own(nb, UK_NETBUF_OWNER_POOL, UK_NETBUF_OWNER_APP);
	uk_netbuf_refresh(nb, p->data_off);
	return nb;
}

/*
 * Up to n fresh buffers; returns how many. They come in the order in which free_burst put them
 * back, so a loop that allocates and frees equal bursts sees the same buffers at the same places
 * and a ring's descriptors need no rewriting.
 */
UK_INLINE UK_MUST_USE uint16_t uk_netbuf_alloc_burst(
	struct uk_netbuf_pool *p, struct uk_netbuf *v[] UK_GIVES, uint16_t n)
{
	struct uk_netbuf **from;
	uint32_t data_off = p->data_off;

	if (UK_UNLIKELY(p->nb_free < n)) {
		p->nb_empty++;
		n = (uint16_t)p->nb_free;
	}
	p->nb_free -= n;
	from = p->stack + p->nb_free;
	for (uint32_t i = 0; i < n; i++) {
		struct uk_netbuf *nb = from[i];

		uk_netbuf_own(nb, UK_NETBUF_OWNER_POOL, UK_NETBUF_OWNER_APP);
		uk_netbuf_refresh(nb, data_off);
		v[i] = nb;
	}
	return n;
}

/* An uk_netdev_alloc_rxpkts callback over a pool (argp is the struct uk_netbuf_pool). */
uint16_t uk_netbuf_pool_alloc_rxpkts(void *argp, struct uk_netbuf *v[] UK_GIVES, uint16_t n);

/* Puts one direct, unshared buffer back. For free() below and for drivers. */
UK_INLINE void uk_netbuf_pool_put(struct uk_netbuf *nb)
{
	struct uk_netbuf_pool *p = nb->pool;

	uk_netbuf_own(nb, UK_NETBUF_OWNER_APP, UK_NETBUF_OWNER_POOL);
	p->stack[p->nb_free++] = nb;
}

/* One part, unshared, direct, no checksum or segmentation to be done: what the fast path is made
 * for. */
UK_INLINE bool uk_netbuf_is_simple(const struct uk_netbuf *nb)
{
	uint32_t word;

	__builtin_memcpy(&word, &nb->flags, sizeof(word));
	return UK_LIKELY((word & 0xffffff) == 0x010000) && UK_LIKELY(nb->next == NULL);
}

/* Drops one reference to each part of the chain; the last one frees it (or calls its dtor). */
UK_INLINE void uk_netbuf_free(struct uk_netbuf *nb UK_TAKES)
{
	if (UK_LIKELY(nb->plain && nb->next == NULL))
		uk_netbuf_pool_put(nb);
	else
		uk_netbuf_free_slow(nb);
}

UK_INLINE void uk_netbuf_free_burst(struct uk_netbuf *v[] UK_TAKES, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		uk_netbuf_free(v[i]);
}

/* One more owner of the packet (every part of the chain). The data is then read-only for all of
 * them. */
void uk_netbuf_ref(struct uk_netbuf *nb);

/*
 * A second descriptor chain of the same data, its own metadata, offsets and chain; descriptors come
 * from `p`. Data is shared and read-only. NULL: the pool is empty.
 */
struct uk_netbuf *uk_netbuf_clone(struct uk_netbuf *nb, struct uk_netbuf_pool *p) UK_MUST_USE;

/* A copy of the whole packet into one chain of `p`'s buffers. NULL: the pool is empty. */
struct uk_netbuf *uk_netbuf_copy(const struct uk_netbuf *nb, struct uk_netbuf_pool *p) UK_MUST_USE;

/* Sets who is told instead of the pool when the last reference goes. */
void uk_netbuf_dtor_set(struct uk_netbuf *nb, uk_netbuf_dtor dtor, void *arg);

/*
 * A descriptor over memory that is no pool's (a file, a DPDK mbuf): `nb` is the caller's storage.
 * dtor is called when the last reference goes and must not be NULL.
 */
void uk_netbuf_prepare(struct uk_netbuf *nb, void *buf, uint32_t buflen, uint32_t headroom,
	uk_netbuf_dtor dtor, void *arg);

UK_INLINE uint32_t uk_netbuf_headroom(const struct uk_netbuf *nb)
{
	return (uint32_t)(nb->data - nb->buf);
}

UK_INLINE uint32_t uk_netbuf_tailroom(const struct uk_netbuf *nb)
{
	return nb->buflen - uk_netbuf_headroom(nb) - nb->len;
}

/* Bytes of the whole chain. */
UK_INLINE uint32_t uk_netbuf_pkt_len(const struct uk_netbuf *nb)
{
	uint32_t n = nb->len;

	for (nb = nb->next; nb != NULL; nb = nb->next)
		n += nb->len;
	return n;
}

/* `len` bytes more in front (negative: trimmed off). -ENOSPC, nothing changed: no room or not so
 * long. */
int uk_netbuf_header(struct uk_netbuf *nb, int32_t len) UK_MUST_USE;

/* `len` bytes more at the end of this part (negative: trimmed off). -ENOSPC as above. */
int uk_netbuf_trailer(struct uk_netbuf *nb, int32_t len) UK_MUST_USE;

/* Chains `tail` behind the last part of `head`; head's owner owns both from then on. */
void uk_netbuf_append(struct uk_netbuf *head, struct uk_netbuf *tail UK_TAKES);

/* Copies up to `len` bytes from offset `off` of the packet into dst; returns how many were there.
 */
uint32_t uk_netbuf_read(const struct uk_netbuf *nb, uint32_t off, void *dst, uint32_t len);

#endif
