/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "dataplane/netbuf.h"

#define POISON 0xa5

static uint32_t nbuf_priv_room(uint32_t priv_size)
{
	return UK_ALIGN_UP(priv_size, UK_CACHE_LINE);
}

/* An odd number of cache lines, so that equal offsets of all buffers spread over all cache sets. */
static size_t nbuf_stride(uint32_t data_size, uint32_t priv_size)
{
	size_t n = sizeof(struct uk_netbuf) + nbuf_priv_room(priv_size) + UK_NETBUF_HEADROOM;

	n = UK_ALIGN_UP(n + data_size, UK_CACHE_LINE);
	return n / UK_CACHE_LINE % 2 ? n : n + UK_CACHE_LINE;
}

static bool nbuf_sizes_ok(uint32_t nb, uint32_t data_size, uint32_t priv_size)
{
	return nb > 0 && nb < 1u << 24 && data_size > 0 && data_size < 1u << 24 &&
	       priv_size < 1u << 24;
}

size_t uk_netbuf_pool_bytes(uint32_t nb, uint32_t data_size, uint32_t priv_size)
{
	return sizeof(struct uk_netbuf_pool) + nb * sizeof(struct uk_netbuf *) +
	       nb * nbuf_stride(data_size, priv_size);
}

/* Back to what a pool object is: direct, unshared, nobody to tell. */
static void nbuf_make_plain(struct uk_netbuf *nb)
{
	const struct uk_netbuf_pool *p = nb->pool;

	nb->buf = (uint8_t *)(nb + 1) + nbuf_priv_room(p->priv_size);
	nb->buflen = p->data_size;
	nb->flags = 0;
	nb->refcnt = 1;
	nb->plain = 1;
	nb->dtor = NULL;
	nb->parent = NULL;
}

static void nbuf_object_init(struct uk_netbuf_pool *p, uint32_t i)
{
	struct uk_netbuf *nb = (struct uk_netbuf *)((uint8_t *)p->mem + (size_t)i * p->stride);

	memset(nb, 0, p->stride);
	nb->pool = p;
	nb->obj_id = i;
	nb->priv_size = p->priv_size;
	nb->priv = p->priv_size ? nb + 1 : NULL;
	nb->owner = UK_DEBUG ? UK_NETBUF_OWNER_POOL : 0;
	nbuf_make_plain(nb);
	uk_netbuf_reset(nb);
	p->stack[i] = nb;
}

struct uk_netbuf_pool *uk_netbuf_pool_create(uint32_t nb, uint32_t data_size, uint32_t priv_size)
{
	struct uk_netbuf_pool *p;

	UK_ASSERT(nbuf_sizes_ok(nb, data_size, priv_size));
	p = calloc(1, sizeof(*p) + nb * sizeof(p->stack[0]));
	if (p == NULL)
		return NULL;
	p->stack = (struct uk_netbuf **)(p + 1);
	p->stride = (uint32_t)nbuf_stride(data_size, priv_size);
	p->data_size = p->stride - (uint32_t)sizeof(struct uk_netbuf) - nbuf_priv_room(priv_size);
	p->headroom = UK_NETBUF_HEADROOM;
	p->data_off = (uint32_t)sizeof(struct uk_netbuf) + nbuf_priv_room(priv_size) + p->headroom;
	p->priv_size = priv_size;
	if (posix_memalign(&p->mem, UK_CACHE_LINE, (size_t)nb * p->stride) != 0)
		goto undo_pool;
	for (uint32_t i = 0; i < nb; i++)
		nbuf_object_init(p, i);
	p->nb_free = p->nb_total = nb;
	return p;
undo_pool:
	free(p);
	return NULL;
}

int uk_netbuf_pool_destroy(struct uk_netbuf_pool *p)
{
	if (p->nb_free != p->nb_total)
		return -EBUSY;
	free(p->mem);
	free(p);
	return 0;
}

uint16_t uk_netbuf_pool_alloc_rxpkts(void *argp, struct uk_netbuf *v[], uint16_t n)
{
	return uk_netbuf_alloc_burst(argp, v, n);
}

/* A shared buffer has several owners at once: it is not followed until it is plain again. */
void uk_netbuf_own_check(struct uk_netbuf *nb, uint8_t from, uint8_t to)
{
	if (!nb->plain) {
		UK_ASSERT(nb->owner != UK_NETBUF_OWNER_POOL);
		nb->owner = 0;
		return;
	}
	UK_ASSERT(nb->owner == from || (nb->owner == 0 && from != UK_NETBUF_OWNER_POOL));
	nb->owner = to;
	if (to == UK_NETBUF_OWNER_POOL)
		memset(nb->buf, POISON, nb->buflen);
}

/* Drops one reference to one part, whatever it is chained to. */
static void nbuf_put(struct uk_netbuf *nb)
{
	struct uk_netbuf *parent = nb->parent;

	UK_ASSERT(nb->refcnt > 0);
	if (nb->refcnt > 1) {
		nb->refcnt--;
		nb->plain = nb->refcnt == 1 && nb->dtor == NULL && parent == NULL;
		return;
	}
	nb->next = NULL;
	if (nb->dtor != NULL) {
		uk_netbuf_dtor dtor = nb->dtor;

		nb->dtor = NULL;
		nb->plain = nb->pool != NULL && parent == NULL;
		dtor(nb);
		return;
	}
	UK_ASSERT(nb->pool != NULL);
	nbuf_make_plain(nb);
	uk_netbuf_pool_put(nb);
	if (parent != NULL)
		nbuf_put(parent);
}

void uk_netbuf_free_slow(struct uk_netbuf *nb)
{
	while (nb != NULL) {
		struct uk_netbuf *next = nb->next;

		nbuf_put(nb);
		nb = next;
	}
}

static void nbuf_get(struct uk_netbuf *nb)
{
	UK_ASSERT(nb->refcnt > 0 && nb->refcnt < UINT16_MAX);
	nb->refcnt++;
	nb->plain = 0;
	nb->owner = 0;
}

void uk_netbuf_ref(struct uk_netbuf *nb)
{
	for (; nb != NULL; nb = nb->next)
		nbuf_get(nb);
}

static void nbuf_copy_meta(struct uk_netbuf *to, const struct uk_netbuf *from)
{
	to->flags = from->flags & (uint8_t)~UK_NETBUF_F_INDIRECT;
	to->gso_type = from->gso_type;
	to->csum_start = from->csum_start;
	to->csum_offset = from->csum_offset;
	to->gso_size = from->gso_size;
	to->hdr_len = from->hdr_len;
	to->port = from->port;
}

static struct uk_netbuf *nbuf_clone_part(struct uk_netbuf *nb, struct uk_netbuf_pool *p)
{
	struct uk_netbuf *c = uk_netbuf_alloc(p);

	if (c == NULL)
		return NULL;
	nbuf_copy_meta(c, nb);
	c->parent = nb->parent != NULL ? nb->parent : nb;
	nbuf_get(c->parent);
	c->flags |= UK_NETBUF_F_INDIRECT;
	c->plain = 0;
	c->owner = 0;
	c->buf = nb->buf;
	c->buflen = nb->buflen;
	c->data = nb->data;
	c->len = nb->len;
	return c;
}

struct uk_netbuf *uk_netbuf_clone(struct uk_netbuf *nb, struct uk_netbuf_pool *p)
{
	struct uk_netbuf *head = NULL, **link = &head;

	for (; nb != NULL; nb = nb->next) {
		*link = nbuf_clone_part(nb, p);
		if (*link == NULL) {
			uk_netbuf_free_slow(head);
			return NULL;
		}
		link = &(*link)->next;
	}
	return head;
}

/* Fills `to` up with the packet's bytes from `off` on; returns how many went in. */
static uint32_t nbuf_fill(struct uk_netbuf *to, const struct uk_netbuf *from, uint32_t off)
{
	uint32_t n = uk_netbuf_read(from, off, to->data, uk_netbuf_tailroom(to));

	to->len = n;
	return n;
}

struct uk_netbuf *uk_netbuf_copy(const struct uk_netbuf *nb, struct uk_netbuf_pool *p)
{
	uint32_t total = uk_netbuf_pkt_len(nb), done = 0;
	struct uk_netbuf *head = NULL, **link = &head;

	do {
		*link = uk_netbuf_alloc(p);
		if (*link == NULL) {
			uk_netbuf_free_slow(head);
			return NULL;
		}
		done += nbuf_fill(*link, nb, done);
		link = &(*link)->next;
	} while (done < total);
	nbuf_copy_meta(head, nb);
	return head;
}

void uk_netbuf_dtor_set(struct uk_netbuf *nb, uk_netbuf_dtor dtor, void *arg)
{
	nb->dtor = dtor;
	nb->dtor_arg = arg;
	nb->plain = dtor == NULL && nb->refcnt == 1 && nb->parent == NULL && nb->pool != NULL;
	if (!nb->plain)
		nb->owner = 0;
}

void uk_netbuf_prepare(struct uk_netbuf *nb, void *buf, uint32_t buflen, uint32_t headroom,
	uk_netbuf_dtor dtor, void *arg)
{
	UK_ASSERT(dtor != NULL && headroom <= buflen);
	memset(nb, 0, sizeof(*nb));
	nb->buf = buf;
	nb->buflen = buflen;
	nb->data = nb->buf + headroom;
	nb->refcnt = 1;
	nb->dtor = dtor;
	nb->dtor_arg = arg;
}

int uk_netbuf_header(struct uk_netbuf *nb, int32_t len)
{
	int64_t room = len > 0 ? uk_netbuf_headroom(nb) : nb->len;

	if (llabs(len) > room)
		return -ENOSPC;
	nb->data -= len;
	nb->len = (uint32_t)(nb->len + (int64_t)len);
	return 0;
}

int uk_netbuf_trailer(struct uk_netbuf *nb, int32_t len)
{
	int64_t room = len > 0 ? uk_netbuf_tailroom(nb) : nb->len;

	if (llabs(len) > room)
		return -ENOSPC;
	nb->len = (uint32_t)(nb->len + (int64_t)len);
	return 0;
}

void uk_netbuf_append(struct uk_netbuf *head, struct uk_netbuf *tail)
{
	while (head->next != NULL)
		head = head->next;
	head->next = tail;
}

uint32_t uk_netbuf_read(const struct uk_netbuf *nb, uint32_t off, void *dst, uint32_t len)
{
	uint32_t done = 0;

	for (; nb != NULL && done < len; nb = nb->next) {
		uint32_t n;

		if (off >= nb->len) {
			off -= nb->len;
			continue;
		}
		n = nb->len - off < len - done ? nb->len - off : len - done;
		memcpy((uint8_t *)dst + done, nb->data + off, n);
		done += n;
		off = 0;
	}
	return done;
}
