/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "nf-apps/element/queue/pktring.h"

#define PACKETS 4096

static struct uk_netbuf packets[PACKETS];

/* What the ring has to hold: the oldest first. */
struct model {
	struct uk_netbuf *v[PACKETS];
	uint32_t len, capacity;
};

static void model_take(struct model *m, uint32_t from, uint32_t n)
{
	for (uint32_t i = from; i + n < m->len; i++)
		m->v[i] = m->v[i + n];
	m->len -= n;
}

static void do_push(struct nf_pktring *r, struct model *m, uint16_t n, uint32_t *next)
{
	struct uk_netbuf *v[UK_BURST_MAX];
	uint32_t room = m->capacity - m->len;

	for (uint16_t i = 0; i < n; i++)
		v[i] = &packets[(*next)++ % PACKETS];
	assert_int_equal(nf_pktring_push(r, v, n), n < room ? n : room);
	for (uint16_t i = 0; i < n && m->len < m->capacity; i++)
		m->v[m->len++] = v[i];
}

static void do_pull(struct nf_pktring *r, struct model *m, uint16_t n, bool newest)
{
	struct uk_netbuf *v[UK_BURST_MAX];
	uint32_t want = n < m->len ? n : m->len, from = newest ? m->len - want : 0;

	n = newest ? nf_pktring_pull_newest(r, v, n) : nf_pktring_pull(r, v, n);
	assert_int_equal(n, want);
	for (uint16_t i = 0; i < n; i++)
		assert_ptr_equal(v[i], m->v[from + i]);
	model_take(m, from, want);
}

static void do_push_front(struct nf_pktring *r, struct model *m, uint32_t *next)
{
	struct uk_netbuf *p = &packets[(*next)++ % PACKETS];
	bool room = m->len < m->capacity;

	assert_int_equal(nf_pktring_push_front(r, p), room);
	if (!room)
		return;
	for (uint32_t i = m->len++; i > 0; i--)
		m->v[i] = m->v[i - 1];
	m->v[0] = p;
}

static void do_resize(struct nf_pktring *r, struct model *m, uint32_t capacity)
{
	if (capacity < m->len)
		capacity = m->len;
	assert_int_equal(nf_pktring_resize(r, capacity), 0);
	m->capacity = capacity;
}

static uint32_t draw(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

static void test_as_model(void **state)
{
	static struct model m;
	struct nf_pktring r;
	uint32_t seed = 7, next = 0;

	m = (struct model){ .capacity = 37 };
	assert_int_equal(nf_pktring_init(&r, m.capacity), 0);
	for (int i = 0; i < 100000; i++) {
		uint16_t n = (uint16_t)(1 + draw(&seed, UK_BURST_MAX));

		switch (draw(&seed, 100)) {
		case 0:
			do_resize(&r, &m, draw(&seed, 300));
			break;
		case 1 ... 10:
			do_push_front(&r, &m, &next);
			break;
		case 11 ... 20:
			do_pull(&r, &m, n, true);
			break;
		case 21 ... 60:
			do_pull(&r, &m, n, false);
			break;
		default:
			do_push(&r, &m, n, &next);
		}
		assert_int_equal(r.len, m.len);
		assert_int_equal(r.capacity, m.capacity);
	}
	while (m.len > 0)
		do_pull(&r, &m, UK_BURST_MAX, false);
	nf_pktring_free(&r);
}

static void test_no_capacity(void **state)
{
	struct uk_netbuf *v[1] = { &packets[0] };
	struct nf_pktring r;

	assert_int_equal(nf_pktring_init(&r, 0), 0);
	assert_int_equal(nf_pktring_push(&r, v, 1), 0);
	assert_false(nf_pktring_push_front(&r, v[0]));
	assert_int_equal(nf_pktring_pull(&r, v, 1), 0);
	assert_int_equal(nf_pktring_pull_newest(&r, v, 1), 0);
	nf_pktring_free(&r);
	nf_pktring_free(&r); /* zeros are fine */
}

static void test_free_gives_back(void **state)
{
	struct uk_netbuf_pool *pool = uk_netbuf_pool_create(8, 64, 0);
	struct uk_netbuf *v[8];
	struct nf_pktring r;

	assert_non_null(pool);
	assert_int_equal(nf_pktring_init(&r, 5), 0);
	assert_int_equal(uk_netbuf_alloc_burst(pool, v, 8), 8);
	assert_int_equal(nf_pktring_push(&r, v, 8), 5);
	uk_netbuf_free_burst(v + 5, 3);
	nf_pktring_free(&r);
	assert_int_equal(pool->nb_free, 8);
	assert_int_equal(uk_netbuf_pool_destroy(pool), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_model),
		cmocka_unit_test(test_no_capacity),
		cmocka_unit_test(test_free_gives_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
