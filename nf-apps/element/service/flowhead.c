/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/service/flowhead.h"

int nf_flowhead_pool_init(struct nf_flowhead_pool *p, uint32_t nb, uint32_t head)
{
	*p = (struct nf_flowhead_pool){ .nb = nb, .head = head, .stride = head + (head + 7) / 8 };
	p->mem = malloc((size_t)nb * p->stride + 1);
	p->free = malloc((size_t)nb * sizeof(*p->free) + 1);
	if (p->mem == NULL || p->free == NULL) {
		nf_flowhead_pool_free(p);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < nb; i++)
		p->free[p->nb_free++] = nb - 1 - i;
	return 0;
}

void nf_flowhead_pool_free(struct nf_flowhead_pool *p)
{
	free(p->mem);
	free(p->free);
	p->mem = NULL;
	p->free = NULL;
}

void nf_flowhead_end(struct nf_flowhead_pool *p, struct nf_flowhead *h)
{
	if (h->hold != 0)
		p->free[p->nb_free++] = h->hold - 1;
	h->hold = 0;
}

void nf_flowhead_start(struct nf_flowhead_pool *p, struct nf_flowhead *h, uint32_t seq)
{
	nf_flowhead_end(p, h);
	*h = (struct nf_flowhead){ .base = seq, .started = true };
}

static uint8_t *fhead_buffer(const struct nf_flowhead_pool *p, const struct nf_flowhead *h)
{
	return p->mem + (size_t)(h->hold - 1) * p->stride;
}

/* Copies what is not there yet. */
static void fhead_keep(struct nf_flowhead_pool *p, const struct nf_flowhead *h, uint32_t at,
	const uint8_t *data, uint32_t len)
{
	uint8_t *buf = fhead_buffer(p, h), *bits = buf + p->head;
	bool conflict = false;

	for (uint32_t i = 0; i < len; i++) {
		uint32_t k = at + i;

		if (!(bits[k / 8] >> k % 8 & 1)) {
			bits[k / 8] |= (uint8_t)(1u << k % 8);
			buf[k] = data[i];
		} else if (buf[k] != data[i]) {
			conflict = true;
		}
	}
	p->nb_conflicts += conflict;
}

/* Looks at what lies in the buffer from pos on without a gap; an empty buffer goes back. */
static void fhead_drain(
	struct nf_flowhead_pool *p, struct nf_flowhead *h, nf_flowhead_fn fn, void *arg)
{
	uint8_t *buf = fhead_buffer(p, h), *bits = buf + p->head;
	uint32_t from = h->pos, end = from;
	bool more = false;

	while (end < p->head && (bits[end / 8] >> end % 8 & 1))
		end++;
	h->pos = end;
	if (end > from)
		fn(arg, buf + from, end - from, from);
	for (uint32_t k = end; k < p->head && !more; k++)
		more = bits[k / 8] >> k % 8 & 1;
	if (!more)
		nf_flowhead_end(p, h);
}

static bool fhead_hold(struct nf_flowhead_pool *p, struct nf_flowhead *h)
{
	if (h->hold != 0)
		return true;
	if (p->nb_free == 0)
		return false;
	h->hold = p->free[--p->nb_free] + 1;
	memset(fhead_buffer(p, h) + p->head, 0, p->stride - p->head);
	return true;
}

bool nf_flowhead_feed(struct nf_flowhead_pool *p, struct nf_flowhead *h, uint32_t seq,
	const uint8_t *data, uint32_t len, nf_flowhead_fn fn, void *arg)
{
	uint32_t at, skip;

	if (!h->started)
		nf_flowhead_start(p, h, seq);
	at = seq - h->base;
	if ((int32_t)(at - h->pos) < 0) { /* some of it was looked at before */
		skip = h->pos - at;
		if (skip >= len)
			return true;
		at += skip;
		data += skip;
		len -= skip;
	}
	if (len == 0 || at >= p->head)
		return true;
	if (len > p->head - at)
		len = p->head - at;
	if (UK_LIKELY(at == h->pos && h->hold == 0)) {
		h->pos += len;
		fn(arg, data, len, at);
		return true;
	}
	if (!fhead_hold(p, h))
		return false;
	fhead_keep(p, h, at, data, len);
	if (at == h->pos)
		fhead_drain(p, h, fn, arg);
	return true;
}
