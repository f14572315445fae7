/* SPDX-License-Identifier: BSD-3-Clause */
/* Choosing a port for a subscriber. */
#include "nf-apps/element/rewrite/cgnatpool.h"

#define CGNATPOOL_TRIES 64u /* addresses looked at for a new subscriber */

/* The next address with a free block; false: none was found. */
static bool cgnatpool_next_addr(struct nf_cgnatpool *p, uint32_t *addr)
{
	for (uint32_t i = 0; i < p->nb_addrs && i < CGNATPOOL_TRIES; i++) {
		*addr = p->cursor;
		p->cursor = p->cursor + 1 < p->nb_addrs ? p->cursor + 1 : 0;
		if (p->free_head[*addr] != 0)
			return true;
	}
	return false;
}

/* The block that a subscriber gets next; false: none is free. */
static bool cgnatpool_next_block(
	struct nf_cgnatpool *p, const struct nf_cgnatpool_sub *s, bool first, uint32_t *nr)
{
	uint32_t addr = s->addr_nr;

	if (p->fixed) {
		*nr = nf_inet_ntoh32(nf_cgnatpool_sub_addr(s)) - p->inside;
		return true;
	}
	if (first && !cgnatpool_next_addr(p, &addr))
		return false;
	if (p->free_head[addr] == 0)
		return false;
	*nr = p->free_head[addr] - 1;
	return true;
}

static uint32_t cgnatpool_sub_new(struct nf_cgnatpool *p, const uint8_t key[16])
{
	uint32_t nr = nf_flowtable_alloc(&p->subs);

	if (nr == NF_FLOWTABLE_NONE)
		return nr;
	memcpy(nf_cgnatpool_sub(p, nr)->key, key, 16);
	if (nf_flowtable_link(&p->subs, nr, 0))
		return nr;
	nf_flowtable_put(&p->subs, nr);
	return NF_FLOWTABLE_NONE;
}

struct cgnatpool_want {
	uint32_t random;
	uint16_t port;
	bool parity;
	int proto;
	uint32_t now_s;
	bool (*busy)(void *arg, nf_be32 be_outer, uint16_t port);
	void *arg;
};

static bool cgnatpool_try(
	struct nf_cgnatpool *p, uint32_t nr, uint32_t bit, const struct cgnatpool_want *w)
{
	struct nf_cgnatpool_block *b = &p->block[nr];
	uint64_t *bits = nf_cgnatpool_bits(p, b, w->proto);
	uint32_t low, high;
	nf_be32 outer;

	nf_cgnatpool_block_ports(p, nr, &outer, &low, &high);
	if ((bits[bit / 64] >> bit % 64 & 1) != 0 ||
		(w->busy != NULL && w->busy(w->arg, outer, (uint16_t)(low + bit))))
		return false;
	bits[bit / 64] |= 1ull << bit % 64;
	if (b->nb_used++ == 0 && b->idle)
		nf_cgnatpool_idle_remove(p, nr);
	nf_cgnatpool_sub(p, b->sub - 1)->nb_ports++;
	p->nb_ports++;
	return true;
}

/* A free port of the block: the wanted one, then from a random one on, by two if parity counts. */
static bool cgnatpool_block_take(
	struct nf_cgnatpool *p, uint32_t nr, const struct cgnatpool_want *w, uint32_t *bit)
{
	uint32_t low, high, step = w->parity ? 2 : 1;
	nf_be32 outer;

	nf_cgnatpool_block_ports(p, nr, &outer, &low, &high);
	*bit = w->port - low;
	if (w->port >= low && w->port <= high && cgnatpool_try(p, nr, *bit, w))
		return true;
	*bit = (uint32_t)((uint64_t)w->random * p->block_size >> 32);
	if (w->parity)
		*bit = (*bit & ~1u) | ((w->port ^ low) & 1);
	for (uint32_t i = 0; i < p->block_size; i += step, *bit += step) {
		if (*bit >= p->block_size)
			*bit = w->parity ? (w->port ^ low) & 1 : 0;
		if (*bit < p->block_size && cgnatpool_try(p, nr, *bit, w))
			return true;
	}
	return false;
}

/* Looks in the blocks that the subscriber has. *slot: where another one would go; EACH: nowhere. */
static bool cgnatpool_own(struct nf_cgnatpool *p, struct nf_cgnatpool_sub *s,
	const struct cgnatpool_want *w, uint32_t *nr, uint32_t *bit, uint32_t *slot)
{
	struct cgnatpool_want any = *w;

	*slot = NF_CGNATPOOL_EACH;
	for (unsigned pass = 0; pass < 1u + w->parity; pass++) {
		any.parity = w->parity && pass == 0;
		for (uint32_t i = 0; i < p->max_blocks; i++) {
			*nr = s->block[i] - 1;
			if (s->block[i] == 0)
				*slot = *slot < i ? *slot : i;
			else if (cgnatpool_block_take(p, *nr, &any, bit))
				return true;
		}
	}
	return false;
}

static enum nf_cgnatpool_result cgnatpool_more(struct nf_cgnatpool *p, uint32_t sub, bool first,
	uint32_t slot, const struct cgnatpool_want *w, uint32_t *nr)
{
	struct nf_cgnatpool_sub *s = nf_cgnatpool_sub(p, sub);

	if (slot == NF_CGNATPOOL_EACH || (p->fixed && !first)) {
		p->nb_limited++;
		return NF_CGNATPOOL_LIMIT;
	}
	if (cgnatpool_next_block(p, s, first, nr) && nf_cgnatpool_assign(p, sub, slot, *nr))
		return NF_CGNATPOOL_OK;
	p->nb_exhausted++;
	return NF_CGNATPOOL_EXHAUSTED;
}

enum nf_cgnatpool_result nf_cgnatpool_take(struct nf_cgnatpool *p, nf_be32 be_inner, uint8_t proto,
	uint16_t want, bool parity, uint32_t now_s, uint32_t random,
	bool (*busy)(void *arg, nf_be32 be_outer, uint16_t port), void *arg, nf_be32 *be_outer,
	uint16_t *port)
{
	struct cgnatpool_want w = { random, want, parity, nf_cgnatpool_proto(proto), now_s, busy,
		arg };
	enum nf_cgnatpool_result rc = NF_CGNATPOOL_OK;
	uint8_t key[16] = { [15] = 1 };
	uint32_t ref, sub, nr = 0, bit = 0, slot = 0, low, high;

	if (w.proto < 0 || (p->fixed && nf_inet_ntoh32(be_inner) - p->inside >= p->inside_nb))
		return NF_CGNATPOOL_OUTSIDE;
	nf_cgnatpool_reap(p, now_s, 4);
	memcpy(key, &be_inner, 4);
	ref = nf_flowtable_find(&p->subs, key);
	sub = ref == NF_FLOWTABLE_NONE ? cgnatpool_sub_new(p, key) : ref >> 1;
	if (sub == NF_FLOWTABLE_NONE) {
		p->nb_exhausted++;
		return NF_CGNATPOOL_EXHAUSTED;
	}
	if (ref == NF_FLOWTABLE_NONE ||
		!cgnatpool_own(p, nf_cgnatpool_sub(p, sub), &w, &nr, &bit, &slot)) {
		rc = cgnatpool_more(p, sub, ref == NF_FLOWTABLE_NONE, slot, &w, &nr);
		w.parity = w.parity && p->block_size > 1;
		if (rc == NF_CGNATPOOL_OK && !cgnatpool_block_take(p, nr, &w, &bit)) {
			nf_cgnatpool_idle_add(p, nr, now_s);
			rc = NF_CGNATPOOL_EXHAUSTED;
		}
	}
	if (rc == NF_CGNATPOOL_OK) {
		nf_cgnatpool_block_ports(p, nr, be_outer, &low, &high);
		*port = (uint16_t)(low + bit);
	} else {
		nf_cgnatpool_sub_end(p, sub);
	}
	return rc;
}
