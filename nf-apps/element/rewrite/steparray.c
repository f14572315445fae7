/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/rewrite/steparray.h"

void nf_steparray_init(struct nf_steparray *a, uint32_t item_bytes, uint32_t shift)
{
	*a = (struct nf_steparray){ .item_bytes = item_bytes, .shift = shift };
}

void nf_steparray_free(struct nf_steparray *a)
{
	for (uint32_t i = 0; i < a->nb_steps; i++)
		free(a->step[i]);
	free(a->step);
	nf_steparray_init(a, a->item_bytes, a->shift);
}

/* The list of steps is short: a pointer per 100 kB or so. */
static bool steparray_room(struct nf_steparray *a)
{
	uint32_t room = a->room_steps ? 2 * a->room_steps : 8;
	uint8_t **step;

	if (a->nb_steps < a->room_steps)
		return true;
	if (((uint64_t)room << a->shift) > UINT32_MAX)
		return false;
	step = realloc(a->step, room * sizeof(*step));
	if (step == NULL)
		return false;
	a->step = step;
	a->room_steps = room;
	return true;
}

bool nf_steparray_grow(struct nf_steparray *a)
{
	size_t bytes = (size_t)a->item_bytes << a->shift;

	if (!steparray_room(a))
		return false;
	bytes = UK_ALIGN_UP(bytes, (size_t)UK_CACHE_LINE);
	a->step[a->nb_steps] = aligned_alloc(UK_CACHE_LINE, bytes);
	if (a->step[a->nb_steps] == NULL)
		return false;
	memset(a->step[a->nb_steps], 0, bytes);
	a->nb_steps++;
	return true;
}
