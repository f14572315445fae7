/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * malloc() and its family for the image's libc, on the allocator that the
 * start-up list hands over. musl lets a program define these; its own internal
 * calls use the __libc_ names (musl 1.2.3, src/malloc), which lead here as well.
 */
#include "kernel/malloc.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/*
 * Members of libc that the linker takes in only after link-time optimisation (a call of strdup is
 * the compiler's own until then) call these: they have to stay.
 */
#define FOR_LIBC __attribute__((externally_visible, used))

struct uk_alloc *uk_malloc_heap;

void uk_malloc_init(struct uk_alloc *heap)
{
	uk_malloc_heap = heap;
}

static void *heap_alloc(size_t align, size_t size)
{
	void *p = UK_LIKELY(uk_malloc_heap != NULL) ? uk_alloc_alloc(uk_malloc_heap, align, size)
						    : NULL;

	if (UK_UNLIKELY(!p))
		errno = ENOMEM;
	return p;
}

FOR_LIBC void *malloc(size_t size)
{
	return heap_alloc(UK_ALLOC_ALIGN, size);
}

FOR_LIBC void free(void *p)
{
	if (p) {
		UK_ASSERT(uk_malloc_heap);
		uk_alloc_free(uk_malloc_heap, p);
	}
}

FOR_LIBC void *calloc(size_t nb, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(nb, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	void *p = heap_alloc(UK_ALLOC_ALIGN, bytes);

	return p ? memset(p, 0, bytes) : NULL;
}

FOR_LIBC void *realloc(void *p, size_t size)
{
	if (!p)
		return heap_alloc(UK_ALLOC_ALIGN, size);
	UK_ASSERT(uk_malloc_heap);

	void *q = uk_alloc_move(uk_malloc_heap, p, size);

	if (!q)
		errno = ENOMEM;
	return q;
}

/* What is no power of two is refused, as musl does; the size may be any. */
void *aligned_alloc(size_t align, size_t size)
{
	if (align == 0 || (align & (align - 1))) {
		errno = EINVAL;
		return NULL;
	}
	return heap_alloc(align, size);
}

void *memalign(size_t align, size_t size)
{
	return aligned_alloc(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
	if (align < sizeof(void *) || (align & (align - 1)))
		return EINVAL;

	int before = errno;
	void *p = heap_alloc(align, size);

	errno = before; /* POSIX: the result is the error, errno is left alone */
	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}

size_t malloc_usable_size(void *p)
{
	return p ? uk_alloc_usable(uk_malloc_heap, p) : 0;
}

void *__libc_malloc(size_t size)
{
	return heap_alloc(UK_ALLOC_ALIGN, size);
}

void *__libc_calloc(size_t nb, size_t size)
{
	return calloc(nb, size);
}

void *__libc_realloc(void *p, size_t size)
{
	return realloc(p, size);
}

void __libc_free(void *p)
{
	free(p);
}
