/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/rewrite/cgnatpool.h"

#define CGNATPOOL_BITS_LOG 6

static uint32_t cgnatpool_words(const struct nf_cgnatpool *p)
{
	return (p->block_size + 63) / 64;
}

int nf_cgnatpool_proto(uint8_t proto)
{
	if (proto == NF_IP_TCP)
		return 0;
	if (proto == NF_IP_UDP)
		return 1;
	return proto == NF_IP_ICMP ? 2 : -1;
}

static const char *cgnatpool_check(struct nf_cgnatpool *p)
{
	uint64_t nb = 0;

	for (uint32_t i = 0; i < p->nb_ranges; i++)
		nb += p->range[i].nb;
	if (nb == 0)
		return "no outer addresses";
	if (p->low > p->high || p->high > UINT16_MAX)
		return "bad range of ports";
	if (p->block_size == 0 || p->block_size > NF_CGNATPOOL_SIZE ||
		p->block_size > p->high - p->low + 1)
		return "BLOCK_SIZE is 1 to 4096 and no more than the range of ports";
	if (p->max_blocks == 0 || p->max_blocks > NF_CGNATPOOL_EACH)
		return "MAX_BLOCKS is 1 to 8";
	p->per_addr = (p->high - p->low + 1) / p->block_size;
	if (nb * p->per_addr > NF_CGNATPOOL_BLOCKS)
		return "more than a million blocks: take a larger BLOCK_SIZE or fewer addresses";
	p->nb_addrs = (uint32_t)nb;
	if (p->fixed && p->inside_nb > (uint64_t)p->nb_addrs * p->per_addr)
		return "there are fewer blocks than inner addresses";
	return NULL;
}

/* Blocks of an address are given out from its lowest ports up. */
static void cgnatpool_fill(struct nf_cgnatpool *p)
{
	for (uint32_t a = 0; a < p->nb_addrs; a++) {
		uint32_t first = a * p->per_addr;

		p->free_head[a] = first + 1;
		for (uint32_t i = 0; i + 1 < p->per_addr; i++)
			p->block[first + i].next = first + i + 2;
	}
}

int nf_cgnatpool_init(
	struct nf_cgnatpool *p, uint32_t (*random)(void *), void *arg, const char **why)
{
	int rc;

	*why = cgnatpool_check(p);
	if (*why != NULL)
		return -EINVAL;
	nf_steparray_init(
		&p->bits, cgnatpool_words(p) * 8 * NF_CGNATPOOL_PROTOS, CGNATPOOL_BITS_LOG);
	p->free_head = calloc(p->nb_addrs, sizeof(*p->free_head));
	p->block = calloc((size_t)p->nb_addrs * p->per_addr, sizeof(*p->block));
	rc = nf_flowtable_init(&p->subs, 16, sizeof(struct nf_cgnatpool_sub), random, arg);
	if (rc < 0 || p->free_head == NULL || p->block == NULL) {
		nf_cgnatpool_free(p);
		return -ENOMEM;
	}
	cgnatpool_fill(p);
	return 0;
}

void nf_cgnatpool_free(struct nf_cgnatpool *p)
{
	free(p->free_head);
	free(p->block);
	nf_steparray_free(&p->bits);
	nf_flowtable_free(&p->subs);
	p->free_head = NULL;
	p->block = NULL;
}

static nf_be32 cgnatpool_addr(const struct nf_cgnatpool *p, uint32_t nr)
{
	uint32_t i = 0;

	while (nr >= p->range[i].nb)
		nr -= p->range[i++].nb;
	return nf_inet_hton32(p->range[i].first + nr);
}

/* The block of an outer address and port; false: not of this pool. */
static bool cgnatpool_find(const struct nf_cgnatpool *p, nf_be32 be_outer, uint16_t port,
	uint32_t *block, uint32_t *bit)
{
	uint32_t addr = nf_inet_ntoh32(be_outer), nr = 0;

	for (uint32_t i = 0; i < p->nb_ranges; i++) {
		if (addr - p->range[i].first < p->range[i].nb) {
			nr += addr - p->range[i].first;
			if (port < p->low || (port - p->low) / p->block_size >= p->per_addr)
				return false;
			*block = nr * p->per_addr + (port - p->low) / p->block_size;
			*bit = (port - p->low) % p->block_size;
			return true;
		}
		nr += p->range[i].nb;
	}
	return false;
}

void nf_cgnatpool_block_ports(const struct nf_cgnatpool *p, uint32_t block, nf_be32 *be_outer,
	uint32_t *low, uint32_t *high)
{
	*be_outer = cgnatpool_addr(p, block / p->per_addr);
	*low = p->low + block % p->per_addr * p->block_size;
	*high = *low + p->block_size - 1;
}

uint64_t *nf_cgnatpool_bits(
	const struct nf_cgnatpool *p, const struct nf_cgnatpool_block *b, int proto)
{
	return (uint64_t *)nf_steparray_at(&p->bits, b->bits - 1) +
	       (unsigned)proto * cgnatpool_words(p);
}

static uint32_t cgnatpool_bits_alloc(struct nf_cgnatpool *p)
{
	uint32_t link = p->free_bits;

	if (link != 0) {
		memcpy(&p->free_bits, nf_steparray_at(&p->bits, link - 1), sizeof(p->free_bits));
	} else {
		if (p->nb_bits == nf_steparray_size(&p->bits) && !nf_steparray_grow(&p->bits))
			return 0;
		link = ++p->nb_bits;
	}
	memset(nf_steparray_at(&p->bits, link - 1), 0, p->bits.item_bytes);
	return link;
}

static void cgnatpool_bits_put(struct nf_cgnatpool *p, uint32_t link)
{
	memcpy(nf_steparray_at(&p->bits, link - 1), &p->free_bits, sizeof(p->free_bits));
	p->free_bits = link;
}

static void cgnatpool_log(struct nf_cgnatpool *p, bool alloc, uint32_t block, nf_be32 be_inner)
{
	nf_be32 outer;
	uint32_t low, high;

	if (p->log == NULL || p->fixed)
		return;
	nf_cgnatpool_block_ports(p, block, &outer, &low, &high);
	p->log(p->log_arg, alloc, be_inner, outer, low, high);
}

void nf_cgnatpool_idle_remove(struct nf_cgnatpool *p, uint32_t nr)
{
	struct nf_cgnatpool_block *b = &p->block[nr];

	if (b->prev != 0)
		p->block[b->prev - 1].next = b->next;
	else
		p->idle_first = b->next;
	if (b->next != 0)
		p->block[b->next - 1].prev = b->prev;
	else
		p->idle_last = b->prev;
	b->next = b->prev = 0;
	b->idle = false;
}

void nf_cgnatpool_idle_add(struct nf_cgnatpool *p, uint32_t nr, uint32_t now_s)
{
	struct nf_cgnatpool_block *b = &p->block[nr];

	b->idle = true;
	b->idle_s = now_s;
	b->next = 0;
	b->prev = p->idle_last;
	if (b->prev != 0)
		p->block[b->prev - 1].next = nr + 1;
	else
		p->idle_first = nr + 1;
	p->idle_last = nr + 1;
}

void nf_cgnatpool_sub_end(struct nf_cgnatpool *p, uint32_t nr)
{
	struct nf_cgnatpool_sub *s = nf_cgnatpool_sub(p, nr);

	for (uint32_t i = 0; i < NF_CGNATPOOL_EACH; i++) {
		if (s->block[i] != 0)
			return;
	}
	nf_flowtable_unlink(&p->subs, nr, 0);
	nf_flowtable_put(&p->subs, nr);
}

/* An idle block becomes free. */
static void cgnatpool_release(struct nf_cgnatpool *p, uint32_t nr)
{
	struct nf_cgnatpool_block *b = &p->block[nr];
	uint32_t sub = b->sub - 1, addr = nr / p->per_addr;
	struct nf_cgnatpool_sub *s = nf_cgnatpool_sub(p, sub);

	nf_cgnatpool_idle_remove(p, nr);
	cgnatpool_log(p, false, nr, nf_cgnatpool_sub_addr(s));
	for (uint32_t i = 0; i < NF_CGNATPOOL_EACH; i++) {
		if (s->block[i] == nr + 1)
			s->block[i] = 0;
	}
	cgnatpool_bits_put(p, b->bits);
	*b = (struct nf_cgnatpool_block){ .next = p->free_head[addr] };
	if (!p->fixed)
		p->free_head[addr] = nr + 1;
	p->nb_blocks_used--;
	p->nb_released++;
	nf_cgnatpool_sub_end(p, sub);
}

void nf_cgnatpool_reap(struct nf_cgnatpool *p, uint32_t now_s, uint32_t most)
{
	while (p->idle_first != 0 && most-- > 0 &&
		now_s - p->block[p->idle_first - 1].idle_s >= p->hold_s)
		cgnatpool_release(p, p->idle_first - 1);
}

/* Takes a free block: the first of its address, or in a deterministic pool that very one. */
static bool cgnatpool_unfree(struct nf_cgnatpool *p, uint32_t nr)
{
	if (p->fixed)
		return p->block[nr].sub == 0;
	p->free_head[nr / p->per_addr] = p->block[nr].next;
	return true;
}

bool nf_cgnatpool_assign(struct nf_cgnatpool *p, uint32_t sub, uint32_t slot, uint32_t nr)
{
	struct nf_cgnatpool_sub *s = nf_cgnatpool_sub(p, sub);
	uint32_t bits = cgnatpool_bits_alloc(p);

	if (bits == 0)
		return false;
	if (!cgnatpool_unfree(p, nr)) {
		cgnatpool_bits_put(p, bits);
		return false;
	}
	p->block[nr] = (struct nf_cgnatpool_block){ .sub = sub + 1, .bits = bits };
	s->block[slot] = nr + 1;
	s->addr_nr = nr / p->per_addr;
	p->nb_blocks_used++;
	p->nb_allocated++;
	cgnatpool_log(p, true, nr, nf_cgnatpool_sub_addr(s));
	return true;
}

void nf_cgnatpool_put(
	struct nf_cgnatpool *p, nf_be32 be_outer, uint16_t port, uint8_t proto, uint32_t now_s)
{
	uint32_t nr, bit;
	struct nf_cgnatpool_block *b;
	uint64_t *bits;

	if (nf_cgnatpool_proto(proto) < 0 || !cgnatpool_find(p, be_outer, port, &nr, &bit))
		return;
	b = &p->block[nr];
	if (b->sub == 0)
		return;
	bits = nf_cgnatpool_bits(p, b, nf_cgnatpool_proto(proto));
	if ((bits[bit / 64] >> bit % 64 & 1) == 0)
		return;
	bits[bit / 64] &= ~(1ull << bit % 64);
	nf_cgnatpool_sub(p, b->sub - 1)->nb_ports--;
	p->nb_ports--;
	if (--b->nb_used == 0)
		nf_cgnatpool_idle_add(p, nr, now_s);
}

static struct nf_cgnatpool_sub *cgnatpool_who(
	const struct nf_cgnatpool *p, nf_be32 be_outer, uint16_t port)
{
	uint32_t nr, bit;

	if (!cgnatpool_find(p, be_outer, port, &nr, &bit) || p->block[nr].sub == 0)
		return NULL;
	return nf_cgnatpool_sub(p, p->block[nr].sub - 1);
}

bool nf_cgnatpool_session(struct nf_cgnatpool *p, nf_be32 be_outer, uint16_t port)
{
	struct nf_cgnatpool_sub *s = cgnatpool_who(p, be_outer, port);

	if (s == NULL)
		return true;
	if (p->max_sessions != 0 && s->nb_sessions >= p->max_sessions) {
		p->nb_limited++;
		return false;
	}
	s->nb_sessions++;
	return true;
}

void nf_cgnatpool_session_end(struct nf_cgnatpool *p, nf_be32 be_outer, uint16_t port)
{
	struct nf_cgnatpool_sub *s = cgnatpool_who(p, be_outer, port);

	if (s != NULL && s->nb_sessions > 0)
		s->nb_sessions--;
}

bool nf_cgnatpool_owner(
	const struct nf_cgnatpool *p, nf_be32 be_outer, uint16_t port, nf_be32 *be_inner)
{
	const struct nf_cgnatpool_sub *s = cgnatpool_who(p, be_outer, port);
	uint32_t nr, bit;

	if (s != NULL) {
		*be_inner = nf_cgnatpool_sub_addr(s);
		return true;
	}
	if (!p->fixed || !cgnatpool_find(p, be_outer, port, &nr, &bit) || nr >= p->inside_nb)
		return false;
	*be_inner = nf_inet_hton32(p->inside + nr);
	return true;
}

bool nf_cgnatpool_same(const struct nf_cgnatpool *a, const struct nf_cgnatpool *b)
{
	return a->nb_ranges == b->nb_ranges && a->low == b->low && a->high == b->high &&
	       a->block_size == b->block_size && a->fixed == b->fixed && a->inside == b->inside &&
	       a->inside_nb == b->inside_nb &&
	       memcmp(a->range, b->range, a->nb_ranges * sizeof(a->range[0])) == 0;
}
