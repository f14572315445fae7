/* SPDX-License-Identifier: BSD-3-Clause */
/* The levels that look-ups read, painted from the routes of ipfib.c. */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/route/ipfib_paint.h"

#define FIBPAINT_TOPS      65536u
#define FIBPAINT_CELLS     256u
#define FIBPAINT_ROOM_MIN  16u
#define FIBPAINT_RANGES    16u /* of a small tail */
#define FIBPAINT_BIG_UNITS 9u

/* What 256 entries of one level say; len 0: nothing. */
struct fibpaint_level {
	uint16_t hop[FIBPAINT_CELLS];
	uint8_t len[FIBPAINT_CELLS];
	unsigned nb; /* routes */
};

static void *fibpaint_grow(void *old, size_t old_size, size_t size)
{
	void *new = aligned_alloc(UK_CACHE_LINE, UK_ALIGN_UP(size, UK_CACHE_LINE));

	if (new == NULL)
		return NULL;
	if (old_size > 0)
		memcpy(new, old, old_size);
	free(old);
	return new;
}

static uint32_t fibpaint_mask(unsigned len)
{
	return (uint32_t)(0xffffffff00000000ull >> len);
}

int nf_ipfib_paint_start(struct nf_ipfib *f)
{
	uint32_t *top = calloc(FIBPAINT_TOPS, sizeof(*top));

	f->top_len = calloc(FIBPAINT_TOPS, 1);
	f->cells = fibpaint_grow(NULL, 0, FIBPAINT_ROOM_MIN * FIBPAINT_CELLS * sizeof(*f->cells));
	f->chunks = calloc(FIBPAINT_ROOM_MIN, sizeof(*f->chunks));
	f->units = fibpaint_grow(NULL, 0, FIBPAINT_ROOM_MIN * sizeof(*f->units));
	f->top = top;
	if (top == NULL || f->top_len == NULL || f->cells == NULL || f->chunks == NULL ||
		f->units == NULL) {
		nf_ipfib_paint_free(f);
		return -ENOMEM;
	}
	/* chunk 0 and unit 0 say nothing */
	memset(f->cells, 0, FIBPAINT_CELLS * sizeof(*f->cells));
	f->room_chunks = f->room_units = FIBPAINT_ROOM_MIN;
	f->nb_chunks = f->nb_units = 1;
	return 0;
}

void nf_ipfib_paint_free(struct nf_ipfib *f)
{
	free(f->top);
	free(f->top_len);
	free(f->cells);
	free(f->chunks);
	free(f->units);
	f->top = NULL;
	f->top_len = NULL;
	f->cells = NULL;
	f->chunks = NULL;
	f->units = NULL;
}

static uint32_t fibpaint_chunk_of(const struct nf_ipfib *f, uint32_t addr)
{
	return f->top[addr >> 16] >> NF_IPFIB_HOP_BITS;
}

static int fibpaint_chunk_room(struct nf_ipfib *f, uint32_t room)
{
	size_t size = (size_t)FIBPAINT_CELLS * sizeof(*f->cells);
	uint16_t *cells;
	struct nf_ipfib_chunk *chunks;

	if (room <= f->room_chunks)
		return 0;
	cells = fibpaint_grow(f->cells, f->nb_chunks * size, room * size);
	if (cells == NULL)
		return -ENOMEM;
	f->cells = cells;
	chunks = realloc(f->chunks, room * sizeof(*chunks));
	if (chunks == NULL)
		return -ENOMEM;
	f->chunks = chunks;
	f->room_chunks = room;
	return 0;
}

/* One more; by half again as many, so that a copy of them all is rare. */
static int fibpaint_chunk_next(struct nf_ipfib *f)
{
	uint32_t room = f->room_chunks + f->room_chunks / 2;

	if (f->nb_chunks < f->room_chunks)
		return 0;
	return fibpaint_chunk_room(f, room > FIBPAINT_TOPS + 1 ? FIBPAINT_TOPS + 1 : room);
}

/* As many as the routes need, and some to come. */
static int fibpaint_chunk_reserve(struct nf_ipfib *f)
{
	uint8_t *seen = calloc(FIBPAINT_TOPS / 8, 1);
	uint32_t nb = 1;

	if (seen == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < f->nb_recs; i++) {
		uint32_t top = f->recs[i].addr >> 16;

		if (!f->recs[i].used || f->recs[i].len <= 16 || seen[top / 8] >> top % 8 & 1)
			continue;
		seen[top / 8] |= (uint8_t)(1 << top % 8);
		nb++;
	}
	free(seen);
	nb += nb / 8 + FIBPAINT_ROOM_MIN;
	return fibpaint_chunk_room(f, nb > FIBPAINT_TOPS + 1 ? FIBPAINT_TOPS + 1 : nb);
}

int nf_ipfib_paint_hold(struct nf_ipfib *f, uint32_t addr)
{
	uint32_t i = fibpaint_chunk_of(f, addr);

	if (i == 0) {
		if (f->free_chunk != 0) {
			i = f->free_chunk;
			f->free_chunk = f->chunks[i].group;
		} else if (fibpaint_chunk_next(f) == 0) {
			i = f->nb_chunks++;
		} else {
			return -ENOMEM;
		}
		memset(&f->cells[i * FIBPAINT_CELLS], 0, FIBPAINT_CELLS * sizeof(*f->cells));
		f->chunks[i] = (struct nf_ipfib_chunk){ 0 };
		f->top[addr >> 16] |= i << NF_IPFIB_HOP_BITS;
	}
	f->chunks[i].nb_routes++;
	return 0;
}

static uint32_t fibpaint_group_room(const struct nf_ipfib_chunk *c)
{
	return c->order == 0 ? 0 : 1u << (c->order - 1);
}

static void fibpaint_group_free(struct nf_ipfib *f, const struct nf_ipfib_chunk *c)
{
	if (c->order == 0)
		return;
	memcpy(&f->units[c->group], &f->free_group[c->order - 1], sizeof(uint32_t));
	f->free_group[c->order - 1] = c->group;
}

void nf_ipfib_paint_drop(struct nf_ipfib *f, uint32_t addr)
{
	uint32_t i = fibpaint_chunk_of(f, addr);

	if (--f->chunks[i].nb_routes > 0)
		return;
	fibpaint_group_free(f, &f->chunks[i]);
	f->top[addr >> 16] &= NF_IPFIB_HOP_MASK;
	f->chunks[i].group = f->free_chunk;
	f->free_chunk = i;
}

/* The first of 1 << order units; 0: no memory. */
static uint32_t fibpaint_group_alloc(struct nf_ipfib *f, unsigned order)
{
	uint32_t group = f->free_group[order], nb = 1u << order, room = f->room_units;
	struct nf_ipfib_unit *units;

	if (group != 0) {
		memcpy(&f->free_group[order], &f->units[group], sizeof(uint32_t));
		return group;
	}
	while (room < f->nb_units + nb)
		room *= 2;
	if (room > f->room_units) {
		units = fibpaint_grow(f->units, (size_t)f->nb_units * sizeof(*units),
			(size_t)room * sizeof(*units));
		if (units == NULL)
			return 0;
		f->units = units;
		f->room_units = room;
	}
	group = f->nb_units;
	f->nb_units += nb;
	return group;
}

static uint32_t fibpaint_tail_units(uint16_t cell)
{
	return (cell & NF_IPFIB_TAIL) == 0 ? 0 : cell & NF_IPFIB_BIG ? FIBPAINT_BIG_UNITS : 1;
}

/* A larger group for the chunk with `more` units free at its end; what is in use moves there. */
static int fibpaint_regroup(struct nf_ipfib *f, uint32_t chunk, uint32_t more)
{
	uint16_t *cells = &f->cells[chunk * FIBPAINT_CELLS];
	struct nf_ipfib_chunk *c = &f->chunks[chunk];
	uint32_t nb = 0, group;
	unsigned order = 0;

	for (unsigned i = 0; i < FIBPAINT_CELLS; i++)
		nb += fibpaint_tail_units(cells[i]);
	while (1u << order < nb + more)
		order++;
	group = fibpaint_group_alloc(f, order);
	if (group == 0)
		return -ENOMEM;
	nb = 0;
	for (unsigned i = 0; i < FIBPAINT_CELLS; i++) {
		uint32_t n = fibpaint_tail_units(cells[i]);

		if (n == 0)
			continue;
		memcpy(&f->units[group + nb], &f->units[c->group + (cells[i] & NF_IPFIB_PLACE)],
			n * sizeof(*f->units));
		cells[i] = (uint16_t)((cells[i] & ~NF_IPFIB_PLACE) | nb);
		nb += n;
	}
	fibpaint_group_free(f, c);
	c->group = group;
	c->order = (uint8_t)(order + 1);
	c->nb_used = (uint16_t)nb;
	return 0;
}

/* The place of `nb` new units in the chunk's group, or -ENOMEM. */
static int fibpaint_take(struct nf_ipfib *f, uint32_t chunk, uint32_t nb)
{
	struct nf_ipfib_chunk *c = &f->chunks[chunk];
	int rc = 0;

	if (c->nb_used + nb > fibpaint_group_room(c))
		rc = fibpaint_regroup(f, chunk, nb);
	if (rc < 0)
		return rc;
	rc = c->nb_used;
	c->nb_used = (uint16_t)(c->nb_used + nb);
	return rc;
}

static void fibpaint_route(struct fibpaint_level *l, const struct nf_ipfib_rec *r, unsigned shift)
{
	unsigned first = r->addr >> shift & 0xff, nb = 1u << (32 - shift - r->len);

	for (unsigned i = first; i < first + nb; i++) {
		if (r->len >= l->len[i]) {
			l->len[i] = r->len;
			l->hop[i] = r->hop;
		}
	}
	l->nb++;
}

/* Everything of one /16 with 17 to 24 bits (shift 8), or of one /24 with more (shift 0). */
static void fibpaint_read(
	const struct nf_ipfib *f, uint32_t addr, unsigned shift, struct fibpaint_level *l)
{
	unsigned least = 32 - 8 - shift + 1, most = least + 7;

	memset(l, 0, sizeof(*l));
	for (uint32_t i = nf_ipfib_chain(f, addr, least); i != 0; i = f->recs[i - 1].next) {
		const struct nf_ipfib_rec *r = &f->recs[i - 1];

		if (r->len >= least && r->len <= most && (r->addr ^ addr) >> shift >> 8 == 0)
			fibpaint_route(l, r, shift);
	}
}

static void fibpaint_cells(struct nf_ipfib *f, uint32_t addr)
{
	uint32_t chunk = fibpaint_chunk_of(f, addr);
	uint16_t *cells = &f->cells[chunk * FIBPAINT_CELLS];
	struct nf_ipfib_unit *group = &f->units[f->chunks[chunk].group];
	struct fibpaint_level l;

	fibpaint_read(f, addr, 8, &l);
	for (unsigned i = 0; i < FIBPAINT_CELLS; i++) {
		if (cells[i] & NF_IPFIB_TAIL)
			group[cells[i] & NF_IPFIB_PLACE].base = l.hop[i];
		else
			cells[i] = l.hop[i];
	}
}

static unsigned fibpaint_ranges(const struct fibpaint_level *l)
{
	unsigned nb = 1;

	for (unsigned i = 1; i < FIBPAINT_CELLS; i++)
		nb += l->hop[i] != l->hop[i - 1];
	return nb;
}

static void fibpaint_small(struct nf_ipfib_unit *u, const struct fibpaint_level *l)
{
	unsigned nb = 0;

	for (unsigned i = 0; i < FIBPAINT_CELLS; i++) {
		if (i > 0 && l->hop[i] == l->hop[i - 1])
			continue;
		u->start[nb] = (uint8_t)i;
		u->hop[nb++] = l->hop[i];
	}
	for (; nb < FIBPAINT_RANGES; nb++) { /* also the last one is found by the highest bit */
		u->start[nb] = u->start[nb - 1];
		u->hop[nb] = u->hop[nb - 1];
	}
}

static int fibpaint_tail(struct nf_ipfib *f, uint32_t addr)
{
	uint32_t chunk = fibpaint_chunk_of(f, addr);
	uint32_t at = chunk * FIBPAINT_CELLS + (addr >> 8 & 0xff);
	uint16_t cell = f->cells[at], base = cell;
	struct nf_ipfib_unit *u = NULL;
	struct fibpaint_level l;
	bool is_big;
	int place;

	fibpaint_read(f, addr, 0, &l);
	if (cell & NF_IPFIB_TAIL) {
		u = &f->units[f->chunks[chunk].group + (cell & NF_IPFIB_PLACE)];
		base = u->base;
	}
	if (l.nb == 0) {
		f->cells[at] = base;
		return 0;
	}
	is_big = (u != NULL && cell & NF_IPFIB_BIG) || fibpaint_ranges(&l) > FIBPAINT_RANGES;
	if (u == NULL || (is_big && (cell & NF_IPFIB_BIG) == 0)) {
		place = fibpaint_take(f, chunk, is_big ? FIBPAINT_BIG_UNITS : 1);
		if (place < 0)
			return place;
		f->cells[at] = (uint16_t)(NF_IPFIB_TAIL | (is_big ? NF_IPFIB_BIG : 0) | place);
		u = &f->units[f->chunks[chunk].group + (uint32_t)place];
		u->base = base;
	}
	if (is_big)
		memcpy(u[1].big, l.hop, sizeof(l.hop));
	else
		fibpaint_small(u, &l);
	return 0;
}

/* Which route is the best for all of a prefix of at most 16 bits: its own or a shorter one. */
static void fibpaint_tops(struct nf_ipfib *f, uint32_t addr, unsigned len)
{
	uint32_t first = addr >> 16, nb = 1u << (16 - len);
	const struct nf_ipfib_rec *r = NULL;
	uint16_t hop;
	uint8_t is;

	for (unsigned l = len + 1; r == NULL && l-- > 0;)
		r = nf_ipfib_rec(f, addr & fibpaint_mask(l), l);
	hop = r != NULL ? r->hop : 0;
	is = r != NULL ? (uint8_t)(r->len + 1) : 0;
	for (uint32_t i = first; i < first + nb; i++) {
		if (f->top_len[i] > len + 1)
			continue;
		f->top[i] = (f->top[i] & ~NF_IPFIB_HOP_MASK) | hop;
		f->top_len[i] = is;
	}
}

int nf_ipfib_paint(struct nf_ipfib *f, uint32_t addr, unsigned len)
{
	if (len > 24)
		return fibpaint_tail(f, addr);
	if (len > 16)
		fibpaint_cells(f, addr);
	else
		fibpaint_tops(f, addr, len);
	return 0;
}

/* Short routes, and a chunk for each /16 that has longer ones. */
static int fibpaint_all_tops(struct nf_ipfib *f)
{
	int rc = fibpaint_chunk_reserve(f);

	for (uint32_t i = 0; i < f->nb_recs && rc == 0; i++) {
		const struct nf_ipfib_rec *r = &f->recs[i];

		if (!r->used)
			continue;
		if (r->len <= 16)
			fibpaint_tops(f, r->addr, r->len);
		else
			rc = nf_ipfib_paint_hold(f, r->addr);
		if (rc == 0 && r->len > 16 && r->len <= 24)
			f->chunks[fibpaint_chunk_of(f, r->addr)].is_pending = 1;
	}
	return rc;
}

int nf_ipfib_paint_all(struct nf_ipfib *f)
{
	int rc = fibpaint_all_tops(f);

	for (uint32_t i = 0; i < f->nb_recs && rc == 0; i++) {
		const struct nf_ipfib_rec *r = &f->recs[i];
		struct nf_ipfib_chunk *c = &f->chunks[fibpaint_chunk_of(f, r->addr)];

		if (r->used && r->len > 16 && c->is_pending) {
			c->is_pending = 0;
			fibpaint_cells(f, r->addr);
		}
	}
	for (uint32_t i = 0; i < f->nb_recs && rc == 0; i++) {
		const struct nf_ipfib_rec *r = &f->recs[i];
		uint32_t at =
			fibpaint_chunk_of(f, r->addr) * FIBPAINT_CELLS + (r->addr >> 8 & 0xff);

		if (r->used && r->len > 24 && (f->cells[at] & NF_IPFIB_TAIL) == 0)
			rc = fibpaint_tail(f, r->addr);
	}
	return rc;
}
