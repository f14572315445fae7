/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dataplane/netbuf.h"

static struct uk_netbuf_pool *pool;

static int setup(void **state)
{
	(void)state;
	pool = uk_netbuf_pool_create(16, 256, 24);
	return pool == NULL;
}

static int teardown(void **state)
{
	(void)state;
	return uk_netbuf_pool_destroy(pool); /* every test gives everything back */
}

static struct uk_netbuf *filled(uint32_t len, uint8_t first)
{
	struct uk_netbuf *nb = uk_netbuf_alloc(pool);

	assert_non_null(nb);
	assert_int_equal(uk_netbuf_trailer(nb, (int32_t)len), 0);
	for (uint32_t i = 0; i < len; i++)
		nb->data[i] = (uint8_t)(first + i);
	return nb;
}

/* A packet of `parts` parts of `len` bytes that count on. */
static struct uk_netbuf *chain(unsigned parts, uint32_t len)
{
	struct uk_netbuf *head = filled(len, 0);

	for (unsigned i = 1; i < parts; i++)
		uk_netbuf_append(head, filled(len, (uint8_t)(i * len)));
	return head;
}

static void expect_counting(const struct uk_netbuf *nb, uint32_t len)
{
	uint8_t copy[2048];

	assert_int_equal(uk_netbuf_pkt_len(nb), len);
	assert_int_equal(uk_netbuf_read(nb, 0, copy, sizeof(copy)), len);
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(copy[i], (uint8_t)i);
}

static void test_pool_layout(void **state)
{
	struct uk_netbuf *v[16], *last = NULL;

	(void)state;
	assert_int_equal(
		pool->stride % (2 * UK_CACHE_LINE), UK_CACHE_LINE); /* an odd number of lines */
	assert_true(uk_netbuf_pool_bytes(16, 256, 24) >= 16u * pool->stride);
	assert_int_equal(uk_netbuf_alloc_burst(pool, v, 16), 16);
	assert_null(uk_netbuf_alloc(pool));
	assert_int_equal(pool->nb_empty, 1);
	for (unsigned i = 0; i < 16; i++) {
		assert_true(uk_netbuf_tailroom(v[i]) >= 256);
		assert_int_equal(uk_netbuf_headroom(v[i]), UK_NETBUF_HEADROOM);
		/* virtio-net's header, in front of the frame, starts the cache line. */
		assert_int_equal((uintptr_t)v[i]->data % UK_CACHE_LINE, 12);
		assert_non_null(v[i]->priv);
		assert_true((uint8_t *)v[i]->priv + 24 <= v[i]->buf);
		assert_true(v[i]->buf + v[i]->buflen <= (uint8_t *)v[i] + pool->stride);
		assert_true(uk_netbuf_is_simple(v[i]));
		assert_true(v[i] != last);
		last = v[i];
		memset(v[i]->priv, 0xff, 24);
		memset(v[i]->buf, 0xff, v[i]->buflen);
	}
	assert_int_equal(uk_netbuf_pool_destroy(pool), -EBUSY);
	uk_netbuf_free_burst(v, 16);
	assert_int_equal(pool->nb_free, 16);
}

/* What a loop frees in one burst comes back in the same order in the next. */
static void test_pool_order(void **state)
{
	struct uk_netbuf *a[8], *b[8], *one;

	(void)state;
	assert_int_equal(uk_netbuf_alloc_burst(pool, a, 8), 8);
	uk_netbuf_free_burst(a, 8);
	assert_int_equal(uk_netbuf_alloc_burst(pool, b, 8), 8);
	assert_memory_equal(a, b, sizeof(a));
	uk_netbuf_free_burst(b, 8);
	one = uk_netbuf_alloc(pool);
	assert_ptr_equal(one, b[7]); /* the last in is the first out */
	uk_netbuf_free(one);
	assert_int_equal(uk_netbuf_alloc_burst(pool, b, 8), 8);
	assert_int_equal(uk_netbuf_pool_alloc_rxpkts(pool, a, 8), 8);
	assert_int_equal(uk_netbuf_pool_alloc_rxpkts(pool, a, 8), 0);
	uk_netbuf_free_burst(a, 8);
	uk_netbuf_free_burst(b, 8);
}

static void test_room(void **state)
{
	struct uk_netbuf *nb = filled(100, 0);
	uint32_t tail = uk_netbuf_tailroom(nb);

	(void)state;
	assert_int_equal(uk_netbuf_header(nb, UK_NETBUF_HEADROOM + 1), -ENOSPC);
	assert_int_equal(uk_netbuf_header(nb, UK_NETBUF_HEADROOM), 0);
	assert_int_equal(nb->len, 100 + UK_NETBUF_HEADROOM);
	assert_int_equal(uk_netbuf_headroom(nb), 0);
	assert_int_equal(uk_netbuf_header(nb, -UK_NETBUF_HEADROOM), 0);
	assert_int_equal(nb->data[0], 0);
	assert_int_equal(uk_netbuf_header(nb, -101), -ENOSPC);
	assert_int_equal(uk_netbuf_header(nb, INT32_MIN), -ENOSPC);
	assert_int_equal(uk_netbuf_trailer(nb, INT32_MAX), -ENOSPC);
	assert_int_equal(uk_netbuf_trailer(nb, INT32_MIN), -ENOSPC);
	assert_int_equal(uk_netbuf_trailer(nb, (int32_t)tail + 1), -ENOSPC);
	assert_int_equal(uk_netbuf_trailer(nb, (int32_t)tail), 0);
	assert_int_equal(uk_netbuf_tailroom(nb), 0);
	assert_int_equal(uk_netbuf_trailer(nb, -(int32_t)tail - 100), 0);
	assert_int_equal(nb->len, 0);
	uk_netbuf_free(nb);
}

static void test_chain(void **state)
{
	struct uk_netbuf *nb = chain(5, 40);
	uint8_t got[100];

	(void)state;
	expect_counting(nb, 200);
	assert_false(uk_netbuf_is_simple(nb));
	assert_int_equal(uk_netbuf_read(nb, 35, got, 50), 50);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(got[i], 35 + i);
	assert_int_equal(uk_netbuf_read(nb, 190, got, 50), 10);
	assert_int_equal(uk_netbuf_read(nb, 200, got, 50), 0);
	assert_int_equal(uk_netbuf_read(nb, UINT32_MAX, got, 50), 0);
	assert_int_equal(pool->nb_free, 11);
	uk_netbuf_free(nb);
	assert_int_equal(pool->nb_free, 16);
}

static void test_ref(void **state)
{
	struct uk_netbuf *nb = chain(3, 10);

	(void)state;
	uk_netbuf_ref(nb);
	assert_int_equal(nb->plain, 0);
	uk_netbuf_free(nb);
	assert_int_equal(pool->nb_free, 13);
	assert_int_equal(nb->plain, 1);
	expect_counting(nb, 30);
	uk_netbuf_free(nb);
	assert_int_equal(pool->nb_free, 16);
}

/* Whoever frees first: data stays as long as one of them is there. */
static void test_clone(void **state)
{
	(void)state;
	for (unsigned order = 0; order < 6; order++) {
		static const uint8_t orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
			{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
		struct uk_netbuf *v[3] = { chain(2, 30) };

		v[0]->gso_size = 7;
		v[0]->flags |= UK_NETBUF_F_PARTIAL_CSUM;
		v[1] = uk_netbuf_clone(v[0], pool);
		v[2] = uk_netbuf_clone(v[1], pool); /* a clone's clone shares the same data */
		assert_ptr_equal(v[2]->parent, v[0]);
		assert_int_equal(v[1]->gso_size, 7);
		assert_int_equal(v[1]->flags, UK_NETBUF_F_PARTIAL_CSUM | UK_NETBUF_F_INDIRECT);
		assert_ptr_equal(v[1]->data, v[0]->data);
		assert_int_equal(uk_netbuf_header(v[1], -5), 0); /* offsets are its own */
		assert_int_equal(v[0]->len, 30);
		assert_int_equal(uk_netbuf_header(v[1], 5), 0);
		for (unsigned i = 0; i < 3; i++) {
			expect_counting(v[orders[order][i]], 60);
			uk_netbuf_free(v[orders[order][i]]);
			if (i < 2)
				expect_counting(v[orders[order][2]], 60);
		}
		assert_int_equal(pool->nb_free, 16);
	}
}

static void test_clone_empty(void **state)
{
	struct uk_netbuf *nb = chain(6, 10), *v[9];

	(void)state;
	assert_int_equal(uk_netbuf_alloc_burst(pool, v, 5), 5);
	assert_null(uk_netbuf_clone(nb, pool)); /* five left, six wanted */
	assert_int_equal(pool->nb_free, 5);
	assert_int_equal(nb->plain, 1);
	expect_counting(nb, 60);
	uk_netbuf_free_burst(v, 5);
	uk_netbuf_free(nb);
}

static void test_copy(void **state)
{
	struct uk_netbuf *nb = chain(8, 100), *copy;

	(void)state;
	nb->csum_start = 34;
	nb->port = 3;
	copy = uk_netbuf_copy(nb, pool);
	assert_non_null(copy);
	assert_int_equal(copy->csum_start, 34);
	assert_int_equal(copy->port, 3);
	uk_netbuf_free(nb);
	expect_counting(copy, 800);
	uk_netbuf_free(copy);
}

static void test_copy_empty(void **state)
{
	struct uk_netbuf *nb = chain(10, 250), *none;

	(void)state;
	none = uk_netbuf_copy(nb, pool); /* 2,500 bytes, six buffers of less than 400 */
	assert_null(none);
	assert_int_equal(pool->nb_free, 6);
	uk_netbuf_free(nb);
}

static unsigned nb_told;

static void tell_and_free(struct uk_netbuf *nb)
{
	nb_told++;
	uk_netbuf_free(nb); /* the destructor was taken off: back to the pool */
}

static void test_dtor(void **state)
{
	struct uk_netbuf *nb = filled(50, 0), *c;

	(void)state;
	nb_told = 0;
	uk_netbuf_dtor_set(nb, tell_and_free, NULL);
	assert_int_equal(nb->plain, 0);
	c = uk_netbuf_clone(nb, pool);
	uk_netbuf_free(nb);
	assert_int_equal(nb_told, 0);
	uk_netbuf_free(c);
	assert_int_equal(nb_told, 1);
	assert_int_equal(pool->nb_free, 16);
}

static void tell(struct uk_netbuf *nb)
{
	*(unsigned *)nb->dtor_arg += 1;
}

static void test_prepare(void **state)
{
	static uint8_t memory[512];
	struct uk_netbuf own, *c;
	unsigned told = 0;

	(void)state;
	uk_netbuf_prepare(&own, memory, sizeof(memory), 64, tell, &told);
	assert_int_equal(uk_netbuf_headroom(&own), 64);
	assert_int_equal(uk_netbuf_tailroom(&own), 448);
	assert_false(uk_netbuf_is_simple(&own));
	assert_int_equal(uk_netbuf_trailer(&own, 448), 0);
	c = uk_netbuf_clone(&own, pool);
	assert_non_null(c);
	uk_netbuf_free(&own);
	assert_int_equal(told, 0);
	uk_netbuf_free(c);
	assert_int_equal(told, 1);
}

static void hand(struct uk_netbuf *nb, uint8_t from, uint8_t to)
{
	uk_netbuf_own(nb, from, to);
}

/* Debug builds notice a buffer that is freed twice or used after it was given away. */
static void test_owner(void **state)
{
	struct uk_netbuf *nb = filled(20, 0);

	(void)state;
	hand(nb, UK_NETBUF_OWNER_APP, UK_NETBUF_OWNER_DRIVER);
	expect_assert_failure(uk_netbuf_free(nb));
	hand(nb, UK_NETBUF_OWNER_DRIVER, UK_NETBUF_OWNER_APP);
	uk_netbuf_free(nb);
	assert_int_equal(nb->data[3], 0xa5); /* poisoned */
	expect_assert_failure(uk_netbuf_free(nb));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pool_layout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pool_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ref, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clone_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copy_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dtor, setup, teardown),
		cmocka_unit_test_setup_teardown(test_prepare, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owner, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
