/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include "nf-apps/click/packet.h"

int nf_packet_pools_create(struct nf_packet_pools *p, uint32_t nb_small, uint32_t nb_large)
{
	p->large = NULL;
	p->small = uk_netbuf_pool_create(nb_small, NF_PACKET_SMALL_BYTES, sizeof(struct nf_anno));
	if (p->small == NULL)
		return -ENOMEM;
	if (nb_large == 0)
		return 0;
	p->large = uk_netbuf_pool_create(nb_large, NF_PACKET_LARGE_BYTES, sizeof(struct nf_anno));
	if (p->large != NULL)
		return 0;
	(void)!uk_netbuf_pool_destroy(p->small);
	p->small = NULL;
	return -ENOMEM;
}

static void pkt_no_offsets(struct uk_netbuf *p)
{
	p->l2_off = p->l3_off = p->l4_off = UK_NETBUF_NO_OFF;
}

struct uk_netbuf *nf_packet_alloc(struct nf_packet_pools *pools, uint32_t headroom, uint32_t len)
{
	struct uk_netbuf_pool *pool = pools->small;
	struct uk_netbuf *p;

	/* offsets of headers are 16 bits wide */
	if (headroom > UK_NETBUF_NO_OFF / 2 || len > NF_PACKET_LARGE_BYTES)
		return NULL;
	if (headroom < UK_NETBUF_HEADROOM)
		headroom = UK_NETBUF_HEADROOM;
	if (headroom + len > pool->data_size)
		pool = pools->large;
	if (pool == NULL || headroom + len > pool->data_size)
		return NULL;
	p = uk_netbuf_alloc(pool);
	if (p == NULL)
		return NULL;
	p->data = p->buf + headroom;
	p->len = len;
	pkt_no_offsets(p);
	nf_packet_anno_clear(p);
	return p;
}

struct uk_netbuf *nf_packet_copy(struct nf_packet_pools *pools, const struct uk_netbuf *p)
{
	uint32_t headroom = uk_netbuf_headroom(p);
	struct uk_netbuf *c;

	if (headroom < UK_NETBUF_HEADROOM && uk_netbuf_tailroom(p) == 0)
		headroom = UK_NETBUF_HEADROOM;
	c = nf_packet_alloc(pools, headroom, p->len);
	if (c == NULL)
		return NULL;
	/* a stripped header may still be asked for: the head room goes along */
	if (uk_netbuf_headroom(c) >= uk_netbuf_headroom(p)) {
		uint32_t n = uk_netbuf_headroom(p);

		memcpy(c->data - n, p->buf, n + p->len);
	} else {
		memcpy(c->data, p->data, p->len);
	}
	c->l2_off = p->l2_off == UK_NETBUF_NO_OFF
			    ? UK_NETBUF_NO_OFF
			    : (uint16_t)(p->l2_off + (c->data - c->buf) - (p->data - p->buf));
	c->l3_off = p->l3_off == UK_NETBUF_NO_OFF
			    ? UK_NETBUF_NO_OFF
			    : (uint16_t)(p->l3_off + (c->data - c->buf) - (p->data - p->buf));
	c->l4_off = p->l4_off == UK_NETBUF_NO_OFF
			    ? UK_NETBUF_NO_OFF
			    : (uint16_t)(p->l4_off + (c->data - c->buf) - (p->data - p->buf));
	c->flags = p->flags & (uint8_t)~UK_NETBUF_F_INDIRECT;
	c->csum_start = p->csum_start;
	c->csum_offset = p->csum_offset;
	*nf_packet_anno(c) = *nf_packet_anno(p);
	return c;
}

struct uk_netbuf *nf_packet_flatten(struct nf_packet_pools *pools, struct uk_netbuf *p)
{
	uint32_t len = uk_netbuf_pkt_len(p);
	struct uk_netbuf *c;

	if (p->next == NULL)
		return p;
	c = nf_packet_alloc(pools, UK_NETBUF_HEADROOM, len);
	if (c != NULL) {
		(void)uk_netbuf_read(p, 0, c->data, len);
		c->flags = p->flags;
	}
	uk_netbuf_free(p);
	return c;
}

/* An offset that the move pushes out of the buffer is forgotten. */
static void pkt_move_offset(const struct uk_netbuf *p, uint16_t *off, int64_t by)
{
	int64_t to = *off + by;

	if (*off != UK_NETBUF_NO_OFF)
		*off = to < 0 || to > p->buflen || to >= UK_NETBUF_NO_OFF ? UK_NETBUF_NO_OFF
									  : (uint16_t)to;
}

bool nf_packet_shift(struct uk_netbuf *p, uint32_t headroom, uint32_t tailroom)
{
	uint64_t need = (uint64_t)headroom + p->len + tailroom;
	uint32_t have = uk_netbuf_headroom(p);
	uint32_t to;

	if (need > p->buflen)
		return false;
	if (have < headroom)
		to = headroom + (uint32_t)(p->buflen - need) / 2;
	else if (uk_netbuf_tailroom(p) < tailroom)
		to = headroom;
	else
		return true;
	/* what was stripped in front moves along as far as there is room for it */
	uint32_t before = have < to ? have : to;

	memmove(p->buf + to - before, p->data - before, before + p->len);
	pkt_move_offset(p, &p->l2_off, (int64_t)to - have);
	pkt_move_offset(p, &p->l3_off, (int64_t)to - have);
	pkt_move_offset(p, &p->l4_off, (int64_t)to - have);
	p->data = p->buf + to;
	return true;
}
