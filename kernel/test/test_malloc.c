/* SPDX-License-Identifier: BSD-3-Clause */
/* kernel/malloc.c under other names, since the test itself lives on the host's malloc(). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/test/alloc_model.h"
#include "kernel/tlsf.h"

void *k_malloc(size_t size);
void k_free(void *p);
void *k_calloc(size_t nb, size_t size);
void *k_realloc(void *p, size_t size);
void *k_aligned_alloc(size_t align, size_t size);
void *k_memalign(size_t align, size_t size);
int k_posix_memalign(void **out, size_t align, size_t size);
size_t k_malloc_usable_size(void *p);

#define malloc             k_malloc
#define free               k_free
#define calloc             k_calloc
#define realloc            k_realloc
#define aligned_alloc      k_aligned_alloc
#define memalign           k_memalign
#define posix_memalign     k_posix_memalign
#define malloc_usable_size k_malloc_usable_size
#define __libc_malloc      k_libc_malloc
#define __libc_calloc      k_libc_calloc
#define __libc_realloc     k_libc_realloc
#define __libc_free        k_libc_free
#include "kernel/malloc.c"

static struct model_subject tlsf = { &uk_tlsf_ops, uk_tlsf_check };
static struct model *model;

static int setup(void **state)
{
	(void)state;
	model = model_new(&tlsf, 1 << 20, 0);
	uk_malloc_init(model->a);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	MODEL_CHECK(uk_malloc_heap->used_bytes == 0);
	model_walk(model);
	model_delete(model);
	uk_malloc_init(NULL);
	return 0;
}

#define ASSERT_NO_MEMORY(call)                                                                     \
	do {                                                                                       \
		errno = 0;                                                                         \
		assert_null(call);                                                                 \
		assert_int_equal(errno, ENOMEM);                                                   \
	} while (0)

/* Sizes the compiler can not see, lest it warns of what is tried here on purpose. */
static volatile size_t huge = SIZE_MAX, half = (size_t)1 << 32;

static void test_no_heap(void **state)
{
	(void)state;
	ASSERT_NO_MEMORY(k_malloc(1));
	ASSERT_NO_MEMORY(k_calloc(1, 1));
	ASSERT_NO_MEMORY(k_realloc(NULL, 1));
	k_free(NULL);
	assert_int_equal(k_malloc_usable_size(NULL), 0);
}

static void test_basic(void **state)
{
	(void)state;
	char *p = k_malloc(100), *zero = k_malloc(0), *q = k_libc_malloc(10);

	assert_non_null(p);
	assert_non_null(zero);
	assert_ptr_not_equal(p, zero);
	assert_true(k_malloc_usable_size(p) >= 100);
	memset(p, 1, k_malloc_usable_size(p));
	k_free(p);
	k_free(zero);
	k_libc_free(q);
}

static void test_no_memory(void **state)
{
	(void)state;
	void *p = k_malloc(10);

	ASSERT_NO_MEMORY(k_malloc(huge));
	ASSERT_NO_MEMORY(k_malloc(2 << 20));
	ASSERT_NO_MEMORY(k_calloc(huge, 2));
	ASSERT_NO_MEMORY(k_calloc(half, half));
	ASSERT_NO_MEMORY(k_calloc(half + 1, half));
	ASSERT_NO_MEMORY(k_libc_calloc(half, half));
	ASSERT_NO_MEMORY(k_realloc(p, huge));
	ASSERT_NO_MEMORY(k_aligned_alloc(16, huge));
	ASSERT_NO_MEMORY(k_aligned_alloc((huge >> 1) + 1, 1));
	k_free(p);
}

/* Memory that was dirty comes out of calloc() as zeros. */
static void test_zeroed(void **state)
{
	(void)state;
	for (size_t n = 1; n < 300; n++) {
		unsigned char *p = k_malloc(n * 7);

		memset(p, 0xee, n * 7);
		k_free(p);
		p = n % 2 ? k_calloc(n, 7) : k_libc_calloc(7, n);
		for (size_t i = 0; i < n * 7; i++)
			assert_int_equal(p[i], 0);
		k_free(p);
	}
}

/* Contents survive growing, moving and shrinking. */
static void test_growing(void **state)
{
	(void)state;
	unsigned char *p = k_realloc(NULL, 1), *wall[40];

	p[0] = 0;
	for (unsigned int i = 0; i < 40; i++) {
		wall[i] = k_malloc(1);
		p = i % 2 ? k_realloc(p, 1 + (i + 1) * 100) : k_libc_realloc(p, 1 + (i + 1) * 100);
		for (unsigned int j = i * 100 + 1; j < (i + 1) * 100 + 1; j++)
			p[j] = (unsigned char)(j * 31);
		for (unsigned int j = 0; j < (i + 1) * 100 + 1; j++)
			assert_int_equal(p[j], (unsigned char)(j * 31));
	}
	p = k_realloc(p, 1234);
	for (unsigned int j = 0; j < 1234; j++)
		assert_int_equal(p[j], (unsigned char)(j * 31));
	k_free(p);
	for (unsigned int i = 0; i < 40; i++)
		k_free(wall[i]);
}

static void test_align(void **state)
{
	(void)state;
	for (size_t align = 8; align <= 65536; align *= 2) {
		void *p = k_aligned_alloc(align, 100), *q = k_memalign(align, 1), *r = NULL;

		errno = 77;
		assert_int_equal(k_posix_memalign(&r, align, 3), 0);
		assert_int_equal(errno, 77);
		assert_int_equal(((uintptr_t)p | (uintptr_t)q | (uintptr_t)r) % align, 0);
		k_free(p);
		k_free(q);
		k_free(r);
	}
}

static void test_align_refused(void **state)
{
	(void)state;
	static const size_t bad[] = { 0, 3, 24, 4095 };
	void *p = model;

	for (unsigned int i = 0; i < UK_ARRAY_SIZE(bad); i++) {
		errno = 0;
		assert_null(k_aligned_alloc(bad[i], 10));
		assert_int_equal(errno, EINVAL);
		assert_int_equal(k_posix_memalign(&p, bad[i], 10), EINVAL);
	}
	assert_int_equal(k_posix_memalign(&p, 4, 10), EINVAL);
	errno = 77;
	assert_int_equal(k_posix_memalign(&p, 64, huge), ENOMEM);
	assert_int_equal(errno, 77);
	assert_ptr_equal(p, model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_heap),
		cmocka_unit_test_setup_teardown(test_basic, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_zeroed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_growing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_align, setup, teardown),
		cmocka_unit_test_setup_teardown(test_align_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
