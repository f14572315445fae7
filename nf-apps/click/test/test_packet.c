/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets: room before and behind, copies, chains made flat, and where buffers end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "nf-apps/click/test/engine.h"

static struct engine eng;

static int pk_setup(void **state)
{
	engine_begin(&eng);
	return 0;
}

static int pk_teardown(void **state)
{
	return engine_stop(&eng);
}

static struct uk_netbuf *pk_make(uint32_t len)
{
	struct uk_netbuf *p = nf_packet_alloc(&eng.pools, 0, len);

	assert_non_null(p);
	for (uint32_t i = 0; i < len; i++)
		p->data[i] = (uint8_t)(i * 7);
	return p;
}

static void pk_check(const struct uk_netbuf *p, uint32_t len)
{
	assert_int_equal(p->len, len);
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(p->data[i], (uint8_t)(i * 7));
}

static void test_alloc(void **state)
{
	static const uint32_t lens[] = { 0, 1, 60, 1500, 1780, 1900, 2000, 9000, 65535 };

	for (unsigned i = 0; i < UK_ARRAY_SIZE(lens); i++) {
		struct uk_netbuf *p = pk_make(lens[i]);

		pk_check(p, lens[i]);
		assert_true(uk_netbuf_headroom(p) >= UK_NETBUF_HEADROOM);
		assert_null(nf_packet_l2(p));
		assert_null(nf_packet_l3(p));
		assert_null(nf_packet_l4(p));
		assert_int_equal(nf_packet_anno(p)->time_ns, 0);
		uk_netbuf_free(p);
	}
	assert_null(nf_packet_alloc(&eng.pools, 0, NF_PACKET_LARGE_BYTES + 1));
	assert_null(nf_packet_alloc(&eng.pools, 0, UINT32_MAX));
	assert_null(nf_packet_alloc(&eng.pools, UINT32_MAX, 60));
	assert_null(nf_packet_alloc(&eng.pools, UINT32_MAX - 10, 60));
}

static void test_alloc_all(void **state)
{
	struct uk_netbuf *v[257];
	unsigned nb = 0;

	while (nb < 257 && (v[nb] = nf_packet_alloc(&eng.pools, 0, 60)) != NULL)
		nb++;
	assert_int_equal(nb, 256);
	while (nb > 0)
		uk_netbuf_free(v[--nb]);
}

static void test_shift(void **state)
{
	struct uk_netbuf *p = pk_make(100);
	uint32_t all = p->buflen;

	nf_packet_set_l3(p, p->data + 20);
	assert_true(nf_packet_shift(p, all - 100, 0));
	assert_int_equal(uk_netbuf_headroom(p), all - 100);
	pk_check(p, 100);
	assert_ptr_equal(nf_packet_l3(p), p->data + 20);
	assert_true(nf_packet_shift(p, 0, all - 100));
	assert_int_equal(uk_netbuf_tailroom(p), all - 100);
	pk_check(p, 100);
	assert_ptr_equal(nf_packet_l3(p), p->data + 20);
	assert_false(nf_packet_shift(p, all - 99, 0));
	assert_false(nf_packet_shift(p, 0, all - 99));
	assert_false(nf_packet_shift(p, UINT32_MAX, UINT32_MAX));
	pk_check(p, 100);
	uk_netbuf_free(p);
}

static void test_push_put(void **state)
{
	struct uk_netbuf *p = pk_make(100);
	uint32_t all = p->buflen;

	assert_true(nf_packet_push(p, 14));
	nf_packet_set_l2(p, p->data);
	nf_packet_pull(p, 14);
	pk_check(p, 100);
	assert_int_equal(nf_packet_left(p, nf_packet_l2(p)), 0); /* before the data */
	assert_int_equal(nf_packet_left(p, p->data), 100);
	assert_int_equal(nf_packet_left(p, p->data + 99), 1);
	assert_int_equal(nf_packet_left(p, p->data + 100), 0);
	assert_true(nf_packet_put(p, all - 100)); /* moves it to the front */
	assert_false(nf_packet_put(p, 1));
	assert_false(nf_packet_push(p, 1));
	nf_packet_take(p, all - 100);
	pk_check(p, 100);
	uk_netbuf_free(p);
}

static void test_copy(void **state)
{
	struct uk_netbuf *p = pk_make(100), *c;

	assert_true(nf_packet_push(p, 14));
	memset(p->data, 0xee, 14);
	nf_packet_set_l2(p, p->data);
	nf_packet_pull(p, 14);
	nf_packet_set_l3(p, p->data);
	nf_packet_set_l4(p, p->data + 20);
	nf_packet_set_anno_u32(p, NF_ANNO_AGGREGATE, 0x12345678);
	nf_packet_anno(p)->time_ns = 99;
	c = nf_packet_copy(&eng.pools, p);
	assert_non_null(c);
	pk_check(c, 100);
	assert_ptr_equal(nf_packet_l2(c), c->data - 14);
	assert_int_equal(nf_packet_l2(c)[3], 0xee);
	assert_ptr_equal(nf_packet_l3(c), c->data);
	assert_ptr_equal(nf_packet_l4(c), c->data + 20);
	assert_int_equal(nf_packet_anno_u32(c, NF_ANNO_AGGREGATE), 0x12345678);
	assert_int_equal(nf_packet_anno(c)->time_ns, 99);
	c->data[0] = 0xff;
	pk_check(p, 100);
	uk_netbuf_free(c);
	uk_netbuf_free(p);
	p = pk_make(65535);
	c = nf_packet_copy(&eng.pools, p);
	assert_non_null(c);
	pk_check(c, 65535);
	assert_null(nf_packet_copy(&eng.pools, p)); /* there are two large ones */
	uk_netbuf_free(c);
	uk_netbuf_free(p);
}

static void test_flatten(void **state)
{
	struct uk_netbuf *a = pk_make(100), *b = pk_make(1700), *c = pk_make(5), *flat;

	assert_ptr_equal(nf_packet_flatten(&eng.pools, a), a);
	b->next = c;
	a->next = b;
	flat = nf_packet_flatten(&eng.pools, a);
	assert_non_null(flat);
	assert_null(flat->next);
	assert_int_equal(flat->len, 1805);
	assert_int_equal(flat->data[99], (uint8_t)(99 * 7));
	assert_int_equal(flat->data[100 + 1699], (uint8_t)(1699 * 7));
	assert_int_equal(flat->data[1804], 4 * 7);
	uk_netbuf_free(flat);
}

/* What no buffer can take is freed. */
static void test_flatten_too_long(void **state)
{
	struct uk_netbuf *head = pk_make(1700), *last = head;

	for (unsigned i = 0; i < 39; i++) {
		last->next = pk_make(1700);
		last = last->next;
	}
	assert_null(nf_packet_flatten(&eng.pools, head));
	assert_int_equal(eng.pools.small->nb_free, eng.pools.small->nb_total);
}

#define PK_TEST(f) cmocka_unit_test_setup_teardown(f, pk_setup, pk_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PK_TEST(test_alloc),
		PK_TEST(test_alloc_all),
		PK_TEST(test_shift),
		PK_TEST(test_push_put),
		PK_TEST(test_copy),
		PK_TEST(test_flatten),
		PK_TEST(test_flatten_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
