/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel/alloc.h"

#include <string.h>

void *uk_alloc_move(struct uk_alloc *a, void *p, size_t size)
{
	if (uk_alloc_resize(a, p, size))
		return p;

	void *q = uk_alloc_alloc(a, UK_ALLOC_ALIGN, size);

	if (!q)
		return NULL;
	size_t had = uk_alloc_usable(a, p);

	memcpy(q, p, had < size ? had : size);
	uk_alloc_free(a, p);
	return q;
}
