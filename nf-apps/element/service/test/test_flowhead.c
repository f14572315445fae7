/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams put together again, against a model in which the byte that came first counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/element/service/flowhead.h"

#define HEAD 300u

struct model {
	uint8_t byte[HEAD], got[HEAD];
	bool have[HEAD];
	uint32_t pos;
};

static void take(void *arg, const uint8_t *data, uint32_t len, uint32_t pos)
{
	struct model *m = arg;

	assert_int_equal(pos, m->pos);
	assert_true(len > 0 && pos + len <= HEAD);
	memcpy(m->got + pos, data, len);
	m->pos += len;
}

static void one_stream(struct nf_flowhead_pool *p, uint32_t base)
{
	struct nf_flowhead h = { 0 };
	struct model m = { 0 };

	nf_flowhead_start(p, &h, base);
	for (unsigned i = 0; i < 60; i++) {
		uint8_t data[80];
		uint32_t at = (uint32_t)rand() % (HEAD + 40), len = (uint32_t)rand() % 80, end = 0;

		at -= 20;
		for (uint32_t k = 0; k < len; k++) {
			data[k] = (uint8_t)rand();
			if (at + k < HEAD && !m.have[at + k]) {
				m.have[at + k] = true;
				m.byte[at + k] = data[k];
			}
		}
		assert_true(nf_flowhead_feed(p, &h, base + at, data, len, take, &m));
		while (end < HEAD && m.have[end])
			end++;
		assert_int_equal(m.pos, end);
		assert_int_equal(h.pos, end);
		assert_memory_equal(m.got, m.byte, end);
		assert_int_equal(nf_flowhead_is_done(p, &h), end == HEAD);
	}
	nf_flowhead_end(p, &h);
}

static void test_random(void **state)
{
	struct nf_flowhead_pool p;

	srand(2);
	assert_int_equal(nf_flowhead_pool_init(&p, 2, HEAD), 0);
	for (unsigned i = 0; i < 500; i++) {
		one_stream(&p, i % 3 == 0 ? UINT32_MAX - 100 : (uint32_t)rand());
		assert_int_equal(p.nb_free, 2);
	}
	assert_true(p.nb_conflicts > 0);
	nf_flowhead_pool_free(&p);
}

static void test_full(void **state)
{
	struct nf_flowhead a = { 0 }, b = { 0 };
	struct nf_flowhead_pool p;
	struct model m = { 0 };
	const uint8_t *x = (const uint8_t *)"abcdef";

	assert_int_equal(nf_flowhead_pool_init(&p, 1, HEAD), 0);
	nf_flowhead_start(&p, &a, 1);
	nf_flowhead_start(&p, &b, 1);
	assert_true(nf_flowhead_feed(&p, &a, 3, x + 2, 1, take, &m));
	assert_false(nf_flowhead_feed(&p, &b, 3, x + 2, 1, take, &m));
	assert_true(nf_flowhead_feed(&p, &a, 1, x, 2, take, &m));
	assert_int_equal(m.pos, 3);
	assert_memory_equal(m.got, "abc", 3);
	assert_int_equal(p.nb_free, 1);
	/* behind the head: nothing is kept */
	assert_true(nf_flowhead_feed(&p, &b, 1 + HEAD, x, 6, take, &m));
	assert_int_equal(p.nb_free, 1);
	/* met in the middle: begins with what it sees */
	a = (struct nf_flowhead){ 0 };
	m = (struct model){ 0 };
	assert_true(nf_flowhead_feed(&p, &a, 77, x, 6, take, &m));
	assert_int_equal(m.pos, 6);
	nf_flowhead_pool_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
