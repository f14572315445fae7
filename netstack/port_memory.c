/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP's memory. It asks for a handful of sizes over and over (a segment, a pbuf with a frame's room), so each power of two
 * has a stack of free pieces; what was freed last is still in the cache. They go back to the heap when the limit is reached.
 */
#include <stdlib.h>
#include <string.h>
#include "netstack/port.h"

#define CLASS_SHIFT 6 /* the smallest piece: a cache line */
#define NB_CLASSES  6 /* 64 to 2048 bytes, head included */
#define CLASS_NONE  NB_CLASSES

/* In front of each piece; 16 bytes keep the alignment. */
struct port_piece {
	union {
		struct port_piece *next; /* free */
		size_t bytes;            /* in use: with this head */
	};
	uint64_t class;
};

_Static_assert(sizeof(struct port_piece) == 16, "alignment");

static struct {
	struct port_piece *free[NB_CLASSES];
	size_t used, held, limit; /* bytes: in use, taken off the heap, the most of that */
	uint32_t nb_pieces;
} port = { .limit = SIZE_MAX };

static unsigned port_class(size_t bytes)
{
	unsigned class = 0;

	while (class < NB_CLASSES && bytes > (size_t)1 << (class + CLASS_SHIFT))
		class ++;
	return class;
}

/* Gives all free pieces back to the heap. */
static void port_trim(void)
{
	for (unsigned class = 0; class < NB_CLASSES; class ++) {
		while (port.free[class] != NULL) {
			struct port_piece *p = port.free[class];

			port.free[class] = p->next;
			port.held -= (size_t)1 << (class + CLASS_SHIFT);
			free(p);
		}
	}
}

static struct port_piece *port_take(unsigned class, size_t bytes)
{
	struct port_piece *p;

	if (bytes > port.limit - port.held)
		port_trim();
	if (bytes > port.limit - port.held)
		return NULL;
	p = class == CLASS_NONE ? malloc(bytes) : aligned_alloc(UK_CACHE_LINE, bytes);
	if (p != NULL)
		port.held += bytes;
	return p;
}

static struct port_piece *port_get(unsigned class, size_t bytes)
{
	struct port_piece *p = class == CLASS_NONE ? NULL : port.free[class];

	if (UK_UNLIKELY(p == NULL))
		return port_take(class, bytes);
	port.free[class] = p->next;
	return p;
}

void *uk_port_malloc(size_t size)
{
	size_t bytes = size + sizeof(struct port_piece);
	unsigned class = port_class(bytes);
	struct port_piece *p;

	if (class != CLASS_NONE)
		bytes = (size_t)1 << (class + CLASS_SHIFT);
	if (UK_UNLIKELY(bytes < size))
		return NULL;
	p = port_get(class, bytes);
	if (UK_UNLIKELY(p == NULL))
		return NULL;
	p->bytes = bytes;
	p->class = class;
	port.used += bytes;
	port.nb_pieces++;
	return p + 1;
}

void *uk_port_calloc(size_t n, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	p = uk_port_malloc(bytes);
	if (p != NULL)
		memset(p, 0, bytes);
	return p;
}

void uk_port_free(void *mem)
{
	struct port_piece *p = (struct port_piece *)mem - 1;

	if (mem == NULL)
		return;
	UK_ASSERT(p->class <= CLASS_NONE && port.nb_pieces > 0);
	port.used -= p->bytes;
	port.nb_pieces--;
	if (p->class == CLASS_NONE) {
		port.held -= p->bytes;
		free(p);
		return;
	}
	p->next = port.free[p->class];
	port.free[p->class] = p;
}

/* Never below what there is already. */
void uk_port_limit(size_t bytes)
{
	port.limit = bytes > port.held ? bytes : port.held;
}

size_t uk_port_used(uint32_t *nb_pieces)
{
	*nb_pieces = port.nb_pieces;
	return port.used;
}
